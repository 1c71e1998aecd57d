import type { LinkSettings } from "./link/settings.ts";
import type { Namespaces } from "./namespaces.ts";
import {
  addFilterCounters,
  type FilterCounters,
  filterCounters,
  NOTHING_DROPPED,
  senderCounters,
} from "./plan/counters.ts";
import { offloadLines } from "./plan/devices.ts";
import type { PathPlan } from "./plan/plan.ts";
import { directionOf } from "./plan/script.ts";
import { filterLine, needsFilter, netemLine, tableOf, tbfLine } from "./plan/shaping.ts";
import { requirePrograms } from "./programs.ts";
import { runLines } from "./shell.ts";
import type { LabDirection } from "./status.ts";

/** What a link tells about one direction of itself. */
export type LinkCounters = Omit<LabDirection, "asked">;

/** What was sent by the time of the status before. */
interface Reading {
  readonly atMs: number;
  readonly bytes: number;
}

/** The link-layer header that the counters of an interface include. */
const ETHERNET_HEADER = 14;

/** A link that the kernel makes: a veth pair with `tc` at the senders and `nft` at the receivers. */
export class ShapedLink {
  readonly #namespaces: Namespaces;
  readonly #path: PathPlan;
  readonly #veth: boolean;
  readonly #before = new Map<"up" | "down", Reading>();
  readonly #settings: Record<"up" | "down", LinkSettings>;
  /** What the rules of former settings dropped: their counters went with them. */
  readonly #former: Record<"up" | "down", FilterCounters> = { up: NOTHING_DROPPED, down: NOTHING_DROPPED };

  /** A link that is up with its settings in force. */
  constructor(
    namespaces: Namespaces,
    path: PathPlan,
    veth: boolean,
    settings: { readonly up: LinkSettings; readonly down: LinkSettings },
  ) {
    this.#namespaces = namespaces;
    this.#path = path;
    this.#veth = veth;
    this.#settings = { ...settings };
  }

  /** Puts other settings of one direction in force. */
  async set(way: "up" | "down", settings: LinkSettings): Promise<void> {
    const direction = directionOf(this.#path, way);
    const had = needsFilter(this.#settings[way], this.#veth);
    const wants = needsFilter(settings, this.#veth);
    await requirePrograms(wants ? ["tc", "ethtool", "nft"] : ["tc", "ethtool"]);
    const former = await this.#dropped(way);
    await runLines(this.#namespaces, [
      ...offloadLines(this.#path, false, true),
      this.#veth ? tbfLine(direction, settings) : netemLine(direction, settings),
      ...(had || wants ? [filterLine(direction, settings, this.#veth)] : []),
    ], `Cannot change ${this.#path.name}`);
    this.#former[way] = former;
    this.#settings[way] = settings;
  }

  /** What happened so far in one direction. */
  async counters(way: "up" | "down"): Promise<LinkCounters> {
    const { host, device } = directionOf(this.#path, way).from;
    const [link, qdisc, dropped] = await Promise.all([
      this.#namespaces.output(undefined, ["ip", "-n", host, "-s", "-j", "link", "show", "dev", device]),
      this.#namespaces.output(undefined, ["tc", "-n", host, "-s", "-j", "qdisc", "show", "dev", device]),
      this.#dropped(way),
    ]);
    const sent = senderCounters(link, qdisc);
    const bytes = Math.max(0, sent.bytes - ETHERNET_HEADER * sent.packets - dropped.bytes);
    // The queue of netem counts the packets that it lost as asked among those that it dropped.
    const mixed = !this.#veth && this.#settings[way].loss.kind !== "none";
    return {
      packets: Math.max(0, sent.packets - dropped.lost - dropped.swallowed),
      bytes,
      droppedByQueue: mixed ? null : sent.dropped,
      droppedByLoss: mixed ? null : dropped.lost,
      droppedByBlackhole: dropped.swallowed,
      droppedByOverload: null,
      rateBps: this.#rate(way, bytes),
      delayUs: null,
      latenessUs: null,
    };
  }

  /** What the receiver dropped since the start. */
  async #dropped(way: "up" | "down"): Promise<FilterCounters> {
    if (!needsFilter(this.#settings[way], this.#veth)) return this.#former[way];
    const direction = directionOf(this.#path, way);
    const argv = ["nft", "-j", "list", "table", "netdev", tableOf(direction)];
    const text = await this.#namespaces.output(direction.to.host, argv);
    return addFilterCounters(this.#former[way], filterCounters(text));
  }

  #rate(way: "up" | "down", bytes: number): number | null {
    const atMs = performance.now();
    const before = this.#before.get(way);
    this.#before.set(way, { atMs, bytes });
    if (before === undefined || atMs <= before.atMs) return null;
    return Math.max(0, bytes - before.bytes) * 8000 / (atMs - before.atMs);
  }
}

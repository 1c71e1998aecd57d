import type { Emulator } from "./emulator/emulator.ts";
import type { LinkStatus } from "./emulator/status_codec.ts";
import type { Namespaces } from "./namespaces.ts";
import { changedDemand, type Demand, needsDelayLine, settingsOf } from "./plan/demand.ts";
import { faultsOf } from "./plan/faults.ts";
import type { LinkKind, PathChange } from "./plan/options.ts";
import { type PathPlan, vethCannot } from "./plan/plan.ts";
import { clientLines, type ClientState } from "./plan/routes.ts";
import type { RouterFaults } from "./middleboxes.ts";
import { type LinkCounters, ShapedLink } from "./shaped_link.ts";
import { runLines } from "./shell.ts";
import type { LabDirection, LabPath } from "./status.ts";

type Way = "up" | "down";
const WAYS: readonly Way[] = ["up", "down"];

/** What is asked of both directions of a path. */
type Demands = Readonly<Record<Way, Demand>>;

/** What carries the packets of a path. */
type Link =
  | { readonly kind: "veth" | "netem"; readonly shaped: ShapedLink }
  | { readonly kind: "emulated"; readonly emulator: Emulator };

/** A change that was found to be possible. */
export interface PathStep {
  readonly demands: Demands;
  readonly state: ClientState;
}

/** What else a status is made of. */
export interface PathFindings {
  readonly emulated: readonly LinkStatus[];
  readonly faults: RouterFaults;
  readonly rttMs: number | null;
}

/** One path of a running lab: what is asked of it, and how it is put in force. */
export class LabPathControl {
  /** What was planned. */
  readonly plan: PathPlan;
  readonly #namespaces: Namespaces;
  readonly #link: Link;
  #asked: Demands;
  #state: ClientState = { up: true, addressed: true };

  /** A path that is up as planned. */
  constructor(namespaces: Namespaces, plan: PathPlan, kind: LinkKind, emulator: Emulator | undefined) {
    this.plan = plan;
    this.#namespaces = namespaces;
    this.#asked = { up: plan.up, down: plan.down };
    this.#link = kind === "emulated" && emulator !== undefined ? { kind, emulator } : {
      kind: kind === "netem" ? "netem" : "veth",
      shaped: new ShapedLink(namespaces, plan, kind !== "netem", {
        up: settingsOf(plan.up, plan.mtu, plan.name),
        down: settingsOf(plan.down, plan.mtu, plan.name),
      }),
    };
  }

  /** What carries it. */
  get kind(): LinkKind {
    return this.#link.kind;
  }

  /** Whether packets can get through from the client. */
  get isReachable(): boolean {
    return this.#state.up && this.#state.addressed;
  }

  /** What the delays that are asked for take there and back at the most, in milliseconds. */
  get roundTripMs(): number {
    return WAYS.reduce((sum, way) => sum + this.#asked[way].delayMs + this.#asked[way].jitterMs, 0);
  }

  /**
   * What a change leads to; nothing is changed yet.
   *
   * @throws {MptError} `ERR_INVALID_VALUE` or `ERR_NOT_SUPPORTED` when the link cannot be like that.
   */
  step(change: PathChange): PathStep {
    const { direction = "both", state, address } = change;
    const next = (way: Way): Demand => {
      const before = this.#asked[way];
      if (direction !== "both" && direction !== way) return before;
      const demand = changedDemand(before, change);
      settingsOf(demand, this.plan.mtu, this.plan.name);
      if (this.#link.kind === "veth" && needsDelayLine(demand)) {
        throw vethCannot(this.plan, demand.delayMs > 0 ? "delayMs" : "burst");
      }
      return demand;
    };
    return {
      demands: { up: next("up"), down: next("down") },
      state: {
        up: state === undefined ? this.#state.up : state === "up",
        addressed: address === undefined ? this.#state.addressed : address === "present",
      },
    };
  }

  /** Puts a step in force. */
  async take(step: PathStep): Promise<void> {
    for (const way of WAYS) {
      if (!sameDemand(step.demands[way], this.#asked[way])) await this.#setLink(way, step.demands[way]);
    }
    if (step.state.up === this.#state.up && step.state.addressed === this.#state.addressed) return;
    const lines = clientLines(this.plan, step.state, this.kind !== "emulated");
    await runLines(this.#namespaces, lines, `Cannot change ${this.plan.name}`);
    this.#state = step.state;
  }

  /** How it is. */
  async status(findings: PathFindings): Promise<LabPath> {
    const { up, addressed } = this.#state;
    const state = up ? "up" : "down";
    const address = addressed ? "present" : "removed";
    const { resetNewFlows, rebinds } = findings.faults;
    const planned = (way: Way) => ({ planned: this.plan[way], asked: this.#asked[way] });
    return {
      name: this.plan.name,
      link: this.kind,
      state,
      address,
      backup: this.plan.backup,
      resetNewFlows,
      rebinds,
      rttMs: findings.rttMs,
      up: await this.#direction("up", findings.emulated),
      down: await this.#direction("down", findings.emulated),
      faults: faultsOf({ state, address, resetNewFlows, up: planned("up"), down: planned("down") }),
    };
  }

  async #setLink(way: Way, demand: Demand): Promise<void> {
    const settings = settingsOf(demand, this.plan.mtu, this.plan.name);
    if (this.#link.kind === "emulated") {
      // The MTU belongs to the devices, which stay as they are.
      const { mtu: _, ...change } = settings;
      await this.#link.emulator.set(this.plan.name, way, change);
    } else {
      await this.#link.shaped.set(way, settings);
    }
    this.#asked = { ...this.#asked, [way]: demand };
  }

  async #direction(way: Way, emulated: readonly LinkStatus[]): Promise<LabDirection> {
    const asked = this.#asked[way];
    if (this.#link.kind !== "emulated") return { asked, ...await this.#link.shaped.counters(way) };
    const found = emulated.find((link) => link.name === this.plan.name);
    return { asked, ...found === undefined ? UNKNOWN : emulatedCounters(found[way]) };
  }
}

const UNKNOWN: LinkCounters = {
  packets: 0,
  bytes: 0,
  droppedByQueue: null,
  droppedByLoss: null,
  droppedByBlackhole: null,
  droppedByOverload: null,
  rateBps: null,
  delayUs: null,
  latenessUs: null,
};

function emulatedCounters(status: LinkStatus[Way]): LinkCounters {
  const { packets, bytes, droppedByQueue, droppedByLoss, droppedByBlackhole } = status;
  const { droppedByOverload, rateBps, delayUs, latenessUs } = status;
  return {
    packets,
    bytes,
    droppedByQueue,
    droppedByLoss,
    droppedByBlackhole,
    droppedByOverload,
    rateBps,
    delayUs,
    latenessUs,
  };
}

function sameDemand(one: Demand, other: Demand): boolean {
  const others = new Map<string, unknown>(Object.entries(other));
  return Object.entries(one).every(([key, value]) => others.get(key) === value);
}

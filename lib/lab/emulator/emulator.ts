import { MptError } from "../../base/errors.ts";
import { quote } from "../../base/quote.ts";
import { changedSettings, type LinkDirection, type LinkSettings, linkSettings } from "../link/settings.ts";
import type { Namespaces } from "../namespaces.ts";
import { ownProgram } from "../own_program.ts";
import { checkDeviceNames, type DevicePlace } from "./device_names.ts";
import { Dialogue } from "./dialogue.ts";
import { EMULATOR_PROGRAM } from "./process.ts";
import { type Answer, type LinkDevices, MAX_LINKS, type StatusAnswer } from "./protocol.ts";
import { refusalError } from "./refusal.ts";
import type { LinkStatus } from "./status_codec.ts";

/** A link to emulate: two devices, and what happens between them. */
export interface EmulatorLink {
  /** Its name, for {@linkcode Emulator.set}. */
  readonly name: string;
  /** The end that `up` starts from. */
  readonly client: DevicePlace;
  /** The other end. */
  readonly far: DevicePlace;
  /** What happens to packets from the client. */
  readonly up: LinkSettings;
  /** What happens to packets to the client. */
  readonly down: LinkSettings;
}

/** Options of {@linkcode startEmulator}. */
export interface EmulatorOptions {
  /** The seed of loss and jitter, a whole number from 0 to 2^53 - 1. */
  readonly seed: number;
}

/** What an emulator has done. */
export interface EmulatorStatus {
  /** The links in the order in which they were given. */
  readonly links: readonly LinkStatus[];
  /** The part of one processor that the emulator took since the status before, or since its start. */
  readonly cpuShare: number;
  /** Whether the emulator runs before all programs of normal priority, which only root may have. */
  readonly realTime: boolean;
}

/** Packets that wait in a device for the emulator to wake up. The kernel's own 500 are 2 ms of small ones. */
const DEVICE_QUEUE = 4096;

/** Links between namespaces that a process of its own carries the packets of. */
export class Emulator implements AsyncDisposable {
  /** The id of the process; while it is stopped by SIGSTOP, nothing moves on any link. */
  readonly pid: number;
  /** Why the process ended; null when it was disposed of. Its devices are gone then. Never rejects. */
  readonly ended: Promise<string | null>;
  readonly #namespaces: Namespaces;
  /** With the settings in force. */
  readonly #links: EmulatorLink[];
  readonly #dialogue: Dialogue;
  #cpuUs = 0;
  #seenUs = 0;

  /** Use {@linkcode startEmulator}. */
  constructor(namespaces: Namespaces, links: readonly EmulatorLink[], dialogue: Dialogue) {
    this.pid = dialogue.pid;
    this.ended = dialogue.ended;
    this.#namespaces = namespaces;
    this.#links = [...links];
    this.#dialogue = dialogue;
  }

  /**
   * Changes a link from now on: what waits leaves at the new rate, what comes takes the new delay. Order is
   * kept, so packets after a shorter delay still come out behind those before it.
   *
   * @param link The name of the link.
   * @param direction Which direction of it.
   * @param change What is to differ. The queue keeps its bytes unless they are named.
   * @throws {MptError} `ERR_INVALID_VALUE` for an unknown link or impossible settings, which change nothing;
   *   `ERR_PROGRAM` if the emulator has ended.
   */
  async set(link: string, direction: LinkDirection | "both", change: Partial<LinkSettings>): Promise<void> {
    const index = this.#links.findIndex(({ name }) => name === link);
    const found = this.#links[index];
    if (found === undefined) {
      const names = this.#links.map(({ name }) => name).join(", ");
      throw new MptError("ERR_INVALID_VALUE", `Cannot change the link ${quote(link)}: there are ${names}`);
    }
    // Here, because what is no number would be null on its way.
    this.#links[index] = { ...found, ...changedDirections(found, direction, change) };
    const answer = await this.#dialogue.ask({ type: "change", link: index, direction, change });
    if (answer.type === "wrong") throw new MptError("ERR_INVALID_VALUE", answer.message);
    if (change.mtu !== undefined) await this.#setMtu(found, direction, change.mtu);
  }

  /**
   * Asks what happened so far.
   *
   * @returns Counters and times of each link and direction.
   * @throws {MptError} `ERR_PROGRAM` if the emulator has ended.
   */
  async status(): Promise<EmulatorStatus> {
    const answer = await this.#dialogue.ask({ type: "status" });
    if (answer.type !== "status") throw unexpected(answer);
    return { links: answer.links, cpuShare: this.#cpuShare(answer), realTime: answer.realTime };
  }

  /** Ends the process; its devices vanish. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dialogue[Symbol.asyncDispose]();
  }

  #cpuShare({ cpuUs, nowUs }: StatusAnswer): number {
    const share = (cpuUs - this.#cpuUs) / Math.max(1, nowUs - this.#seenUs);
    this.#cpuUs = cpuUs;
    this.#seenUs = nowUs;
    return share;
  }

  async #setMtu(
    { client, far }: EmulatorLink,
    direction: LinkDirection | "both",
    mtu: number,
  ): Promise<void> {
    const places = direction === "both" ? [client, far] : [direction === "up" ? client : far];
    for (const { namespace, device } of places) {
      await this.#namespaces.output(undefined, [
        ...["ip", "-netns", namespace, "link", "set", "dev", device, "mtu", String(mtu)],
      ]);
    }
  }
}

/**
 * Makes links between namespaces: a TUN device at each end, and a process that carries packets between them
 * with rate, delay, jitter, loss and a queue. It runs inside the private network and dies with its owner.
 *
 * @param namespaces Where; the namespaces of the devices exist there.
 * @param links The links; names differ.
 * @param options The seed.
 * @returns The emulator. The devices have their names and MTU; they are down and have no address. Dispose of
 *   it before the namespaces.
 * @throws {MptError} `ERR_INVALID_VALUE` for names or settings that are impossible, `ERR_NOT_SUPPORTED` where
 *   TUN devices are not to be had, with what mends it, `ERR_PROGRAM` if a device could not be moved.
 */
export async function startEmulator(
  namespaces: Namespaces,
  links: readonly EmulatorLink[],
  options: EmulatorOptions,
): Promise<Emulator> {
  checkLinks(links);
  const dialogue = new Dialogue([...namespaces.prefix(), ...ownProgram(EMULATOR_PROGRAM, ["--allow-ffi"])]);
  try {
    const answer = await dialogue.ask({
      type: "open",
      seed: options.seed,
      links: links.map(({ name, up, down }) => ({ name, up, down })),
    });
    if (answer.type === "refused") throw refusalError(answer.step, answer.errno);
    if (answer.type !== "opened") throw unexpected(answer);
    const commands = links.flatMap((link, index) => placing(link, answer.devices[index]));
    await namespaces.output(undefined, ["ip", "-batch", "-"], { stdin: commands.join("\n") });
    return new Emulator(namespaces, links, dialogue);
  } catch (error) {
    await dialogue[Symbol.asyncDispose]();
    throw error;
  }
}

/** The directions of a link that change. */
function changedDirections(
  { up, down }: EmulatorLink,
  direction: LinkDirection | "both",
  change: Partial<LinkSettings>,
): Partial<Pick<EmulatorLink, LinkDirection>> {
  return {
    ...(direction === "down" ? {} : { up: changedSettings(up, change) }),
    ...(direction === "up" ? {} : { down: changedSettings(down, change) }),
  };
}

function checkLinks(links: readonly EmulatorLink[]): void {
  if (links.length > MAX_LINKS) {
    throw new MptError(
      "ERR_INVALID_VALUE",
      `Cannot emulate ${links.length} links: ${MAX_LINKS} are the most`,
    );
  }
  const names = links.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) {
    throw new MptError("ERR_INVALID_VALUE", `Cannot emulate two links of the name ${quote(twice)}`);
  }
  checkDeviceNames(links.flatMap(({ client, far }) => [client, far]));
  for (const { up, down } of links) for (const settings of [up, down]) linkSettings(settings);
}

/** The commands of ip(8) that bring the devices of a link to their places. */
function placing(link: EmulatorLink, devices: LinkDevices | undefined): readonly string[] {
  const move = (made: string | undefined, { namespace, device }: DevicePlace, mtu: number): string =>
    `link set dev ${made} netns ${namespace} name ${device} mtu ${mtu} txqueuelen ${DEVICE_QUEUE}`;
  return [
    move(devices?.client, link.client, link.up.mtu),
    move(devices?.far, link.far, link.down.mtu),
  ];
}

function unexpected(answer: Answer): MptError {
  return new MptError("ERR_PROTOCOL", `Cannot understand the link emulator: it answered "${answer.type}"`);
}

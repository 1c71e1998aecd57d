/**
 * The program of the link emulator: it makes TUN devices, says their names, and carries packets between
 * them until its standard input ends. {@linkcode startEmulator} runs it inside the private network.
 *
 * @module
 */
import process from "node:process";
import {
  errnoName,
  makeTun,
  openTun,
  PacketMemory,
  readDescriptor,
  setRealTime,
  setTimerSlack,
  type TunDevice,
} from "../../../ffi/mod.ts";
import { DelayLine, memoryFor } from "../link/delay_line.ts";
import { MAX_PACKET_BYTES } from "../link/packet_ring.ts";
import { changedSettings, type LinkSettings } from "../link/settings.ts";
import { carry, clockUs, type Lane } from "./loop.ts";
import { warmUp } from "./warm_up.ts";
import {
  type Answer,
  type ChangeRequest,
  decodeRequest,
  type DeviceStep,
  encodeLine,
  type OpenLink,
  type OpenRequest,
} from "./protocol.ts";

/**
 * Where this program is. Naming it from here makes it a part of whatever imports this, so that an
 * installation from a registry has it, too.
 */
export const EMULATOR_PROGRAM: string = import.meta.url;

/** A link with its devices. */
interface OpenedLink {
  readonly name: string;
  readonly client: TunDevice;
  readonly far: TunDevice;
  readonly up: Lane;
  readonly down: Lane;
}

/** The kernel numbers the devices; their users give them other names. */
const DEVICE_NAME = "mpt%d";

function main(): void {
  // Else the kernel ends each wait up to 50 us late.
  setTimerSlack(1);
  // What it carries packets for may keep every processor busy. Only root may ask for this.
  const realTime = setRealTime(1) === 0;
  const lines = new LineBuffer();
  const first = firstRequest(lines);
  if (first === null) return;
  const links = openLinks(first);
  if (links === null) return;
  warmUp();
  answer({
    type: "opened",
    devices: links.map(({ client, far }) => ({ client: client.name, far: far.name })),
  });
  const lanes = links.flatMap(({ up, down }) => [up, down]);
  carry(lanes, new PacketMemory(MAX_PACKET_BYTES), (bytes) => {
    for (const line of lines.add(bytes)) answer(answerTo(line, links, realTime));
  });
}

/** Waits for the request that says which links; null when the input ends first. */
function firstRequest(lines: LineBuffer): OpenRequest | null {
  const bytes = new Uint8Array(65536);
  for (;;) {
    const length = readDescriptor(0, bytes);
    if (length <= 0) return null;
    for (const line of lines.add(bytes.subarray(0, length))) {
      const request = decodeRequest(line);
      if (request.type === "open") return request;
    }
  }
}

/** Makes the devices of all links; null when one was refused. */
function openLinks({ seed, links }: OpenRequest): readonly OpenedLink[] | null {
  const opened: OpenedLink[] = [];
  for (const [index, link] of links.entries()) {
    const client = openDevice();
    const far = client === null ? null : openDevice();
    if (client === null || far === null) return null;
    opened.push(connected(link, client, far, seed, index));
  }
  return opened;
}

function connected(
  link: OpenLink,
  client: TunDevice,
  far: TunDevice,
  seed: number,
  index: number,
): OpenedLink {
  const { name } = link;
  const up = laneOf(link.up, client, far, seed, 2 * index);
  const down = laneOf(link.down, far, client, seed, 2 * index + 1);
  return { name, client, far, up, down };
}

function laneOf(settings: LinkSettings, from: TunDevice, to: TunDevice, seed: number, stream: number): Lane {
  const memory = new PacketMemory(memoryFor(settings));
  return { line: new DelayLine(settings, memory.bytes, seed, stream), memory, from: from.fd, to: to.fd };
}

function openDevice(): TunDevice | null {
  const fd = openTun();
  if (fd < 0) return refused("open", fd);
  const device = makeTun(fd, DEVICE_NAME);
  return typeof device === "number" ? refused("make", device) : device;
}

function refused(step: DeviceStep, errno: number): null {
  answer({ type: "refused", step, errno: errnoName(-errno) });
  return null;
}

/** Whatever the line is, the links go on. */
function answerTo(line: string, links: readonly OpenedLink[], realTime: boolean): Answer {
  try {
    const request = decodeRequest(line);
    switch (request.type) {
      case "open":
        return { type: "wrong", message: "Cannot open the links: they are open" };
      case "change":
        return changed(request, links[request.link]);
      case "status":
        return statusOf(links, realTime);
      default:
        return request satisfies never;
    }
  } catch (error) {
    return { type: "wrong", message: error instanceof Error ? error.message : String(error) };
  }
}

/** @throws {MptError} `ERR_INVALID_VALUE`, before anything has changed. */
function changed({ direction, change }: ChangeRequest, link: OpenedLink | undefined): Answer {
  if (link === undefined) return { type: "wrong", message: "Cannot change a link: there is no such" };
  const lanes = direction === "both" ? [link.up, link.down] : [link[direction]];
  // Both directions or none.
  for (const { line } of lanes) changedSettings(line.settings, change);
  for (const lane of lanes) {
    lane.line.change(clockUs(), change);
    const wanted = lane.line.wantedBytes;
    if (wanted === null) continue;
    const memory = new PacketMemory(wanted);
    lane.line.moveTo(memory.bytes);
    lane.memory = memory;
  }
  return { type: "done" };
}

function statusOf(links: readonly OpenedLink[], realTime: boolean): Answer {
  const nowUs = clockUs();
  const { user, system } = process.cpuUsage();
  return {
    type: "status",
    nowUs,
    cpuUs: user + system,
    realTime,
    links: links.map(({ name, up, down }) => ({
      name,
      up: up.line.status(nowUs),
      down: down.line.status(nowUs),
    })),
  };
}

function answer(message: Answer): void {
  const bytes = new TextEncoder().encode(encodeLine(message));
  for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
}

/** Cuts what comes into lines. */
class LineBuffer {
  readonly #decoder = new TextDecoder();
  #rest = "";

  /** The lines that these bytes complete. */
  add(bytes: Uint8Array): readonly string[] {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }
}

if (import.meta.main) main();

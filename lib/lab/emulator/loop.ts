import { type PacketMemory, POLLERR, POLLIN, PollSet, readDescriptor } from "../../../ffi/mod.ts";
import type { DelayLine } from "../link/delay_line.ts";
import { MAX_PACKET_BYTES } from "../link/packet_ring.ts";

/** One direction of a link, from one device to another. */
export interface Lane {
  readonly line: DelayLine;
  /** Where the line's packets lie. */
  memory: PacketMemory;
  /** The descriptor of the device that packets come from; -1 once it is gone. */
  from: number;
  /** The descriptor of the device that they go to. */
  readonly to: number;
}

/**
 * While packets come, the loop sleeps this long between two looks: a wake-up for each packet would cost
 * more than all the rest. In microseconds.
 */
const NAP_US = 200;

/** Packets come out up to this much early: with a nap after it, they would be as much late. */
const EARLY_US = NAP_US / 2;

/** One device may not hold up the others for longer than this many packets take. */
const BATCH = 64;

const STDIN = 0;
const CONTROL_BYTES = 65536;

/** The time of this process in microseconds. */
export function clockUs(): number {
  return performance.now() * 1000;
}

/**
 * Carries packets between devices until the standard input ends. The loop blocks its thread: what it waits
 * for is a packet, the time of one, or the next line of the standard input.
 *
 * @param lanes Both directions of each link.
 * @param spare Memory for packets that no lane has room for.
 * @param heard Takes text of the standard input as it comes.
 */
export function carry(lanes: readonly Lane[], spare: PacketMemory, heard: (bytes: Uint8Array) => void): void {
  const waiting = new PollSet();
  const watch = (): void =>
    waiting.fill([
      { fd: STDIN, events: POLLIN },
      ...lanes.map(({ from }) => ({ fd: from, events: POLLIN })),
    ]);
  watch();
  const control = new Uint8Array(CONTROL_BYTES);
  let napped = false;
  let emptyUs = clockUs();
  // How much later than asked a wait ends, which it is therefore asked to end earlier.
  let lagUs = 0;
  for (;;) {
    const wokeUs = clockUs();
    // What came while nobody looked is taken to have come in the middle of that time.
    const arrivalUs = napped ? (emptyUs + wokeUs) / 2 : wokeUs;
    let most = 0;
    for (const lane of lanes) most = Math.max(most, receive(lane, spare, arrivalUs));
    emptyUs = clockUs();
    const dueUs = deliver(lanes, emptyUs);
    napped = most > 0;
    let ready: number;
    if (napped) {
      ready = waiting.block(most < BATCH ? NAP_US : 0, 1);
    } else {
      const endUs = Math.max(clockUs(), dueUs - lagUs);
      ready = waiting.block(endUs - clockUs());
      if (ready === 0) lagUs = Math.min(EARLY_US, lagUs + (clockUs() - endUs - lagUs) / 8);
    }
    if (ready <= 0) continue;
    if (waiting.ready(0) !== 0) {
      const length = readDescriptor(STDIN, control);
      if (length <= 0) return;
      heard(control.subarray(0, length));
    }
    if (!napped && forgetGone(lanes, waiting)) watch();
  }
}

/** Reads what there is; how many packets. */
export function receive(lane: Lane, spare: PacketMemory, arrivalUs: number): number {
  const { line, from } = lane;
  for (let count = 0; count < BATCH; count++) {
    const offset = line.room();
    const length = offset < 0
      ? spare.read(from, 0, MAX_PACKET_BYTES)
      : lane.memory.read(from, offset, MAX_PACKET_BYTES);
    if (length <= 0) return count;
    line.offer(arrivalUs, offset, length);
  }
  return BATCH;
}

/** Writes what is due; when the next packet will be. */
export function deliver(lanes: readonly Lane[], nowUs: number): number {
  let nextUs = Infinity;
  for (const { line, memory, to } of lanes) {
    while (line.dueUs <= nowUs + EARLY_US) {
      const written = memory.write(to, line.offset, line.length);
      line.shift(clockUs(), written > 0);
    }
    nextUs = Math.min(nextUs, line.dueUs);
  }
  return nextUs;
}

/** Devices that somebody removed would be reported as ready for ever. */
function forgetGone(lanes: readonly Lane[], waiting: PollSet): boolean {
  let some = false;
  for (const [index, lane] of lanes.entries()) {
    if (lane.from < 0 || (waiting.ready(index + 1) & POLLERR) === 0) continue;
    lane.from = -1;
    some = true;
  }
  return some;
}

import { close, eventDescriptor, PacketMemory, POLLIN, PollSet, wake } from "../../../ffi/mod.ts";
import { DelayLine, memoryFor } from "../link/delay_line.ts";
import { linkSettings } from "../link/settings.ts";
import { clockUs, deliver, type Lane, receive } from "./loop.ts";

/** After so many turns the compiler has seen what it needs; they take some 20 ms. */
const TURNS = 4000;

/** Every part of a line has something to do, and the packet is due at once. */
const SETTINGS = linkSettings({
  rateBps: 1e9,
  delayUs: 20,
  jitterUs: 10,
  loss: { kind: "burst", probability: 1e-9, meanBurst: 2 },
});

/**
 * Carries a packet to and fro between two descriptors that are no devices, until the code is compiled:
 * else the first packets of a lab would be milliseconds late.
 */
export function warmUp(): void {
  const [one, two] = [eventDescriptor(), eventDescriptor()];
  const lanes = [laneOf(one, two, 0), laneOf(two, one, 1)];
  const spare = new PacketMemory(8);
  const waiting = new PollSet();
  waiting.fill([{ fd: one, events: POLLIN }]);
  wake(one);
  for (let turn = 0; turn < TURNS; turn++) {
    for (const lane of lanes) receive(lane, spare, clockUs());
    deliver(lanes, clockUs());
    waiting.block(0, 1);
  }
  for (const { line } of lanes) line.status(clockUs());
  close(one);
  close(two);
}

function laneOf(from: number, to: number, stream: number): Lane {
  const memory = new PacketMemory(memoryFor(SETTINGS));
  return { line: new DelayLine(SETTINGS, memory.bytes, 1, stream), memory, from, to };
}

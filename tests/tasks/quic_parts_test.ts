import assert from "node:assert/strict";
import { timeOfParts } from "../../tasks/quic/parts.ts";
import type { CpuProfile } from "../../tasks/quic/profile.ts";

const FOLDER = "file:///home/somebody/mpt/";

/** A profile in which each function is sampled once, for as many microseconds as its number. */
function profile(
  nodes: readonly (readonly [name: string, url: string, children?: readonly number[]])[],
): CpuProfile {
  return {
    nodes: nodes.map(([functionName, url, children = []], id) => ({
      id,
      callFrame: {
        functionName,
        url: url === "" || url.startsWith("ext:") ? url : FOLDER + url,
        lineNumber: 1,
      },
      children,
    })),
    samples: nodes.map((_, id) => id),
    timeDeltas: nodes.map((_, id) => id),
  };
}

Deno.test("timeOfParts() adds up samples by the part of mpt, and leaves out where nobody is at work", () => {
  const times = timeOfParts(profile([
    ["(root)", "", [1, 2, 3, 4, 5, 6, 7]],
    ["(idle)", ""],
    ["seal", "ffi/cipher.ts"],
    ["copy", "lib/quic/streams/send_buffer.ts"],
    ["onAck", "lib/quic/recovery/loss_detector.ts"],
    ["build", "lib/quic/connection/datagram_builder.ts"],
    ["(garbage collector)", ""],
    ["setImmediate", "ext:deno_node/timers.ts"],
  ]));
  assert.deepEqual([...times].filter(([, us]) => us > 0), [
    ["AEAD and header protection", 2],
    ["copies of stream data", 3],
    ["garbage collection", 6],
    ["acknowledgments, loss, congestion, pacing", 4],
    ["packets and frames", 5],
    ["sockets, timers, event loop", 7],
  ]);
});

Deno.test("timeOfParts() counts a call that has no name of its own where it is called", () => {
  const times = timeOfParts(profile([
    ["(root)", "", [1, 3]],
    ["send", "ffi/datagram_sender.ts", [2]],
    ["", ""],
    ["seal", "ffi/cipher.ts", [4]],
    ["", ""],
  ]));
  assert.equal(times.get("kernel: sendmsg, recvmmsg"), 1 + 2);
  assert.equal(times.get("AEAD and header protection"), 3 + 4);
});

import { play } from "./play.ts";
import type { Script } from "./script.ts";

const FAIR = {
  delayUs: 500,
  jitterUs: 0,
  loss: 0,
  duplicate: 0,
  corrupt: 0,
  reorder: 0,
  reorderUs: 2_000,
  mtu: 1_472,
  rateBps: Infinity,
  queueBytes: Infinity,
};
const NARROW = { connected: true, streamWindow: 1_000, connectionWindow: 5_000, streams: 1 };

/** Runs that once went wrong, as small as they could be made. */
const SCRIPTS: readonly (readonly [string, Script])[] = [
  ["a reader that stops a stream whose end has arrived is done with it", {
    ...NARROW,
    seed: 0,
    network: FAIR,
    operations: [
      { op: "open", side: "server", direction: "bidirectional" },
      { op: "finish", side: "server", stream: 0 },
      { op: "read", side: "client", on: false },
      { op: "advance", ms: 1 },
      { op: "stop", side: "client", stream: 0 },
    ],
  }],
  ["a lost ServerHello is sent again although packets that the client cannot read yet fill the window", {
    ...NARROW,
    seed: 380_821,
    network: { ...FAIR, jitterUs: 4_000, loss: 0.24, corrupt: 0.04, rateBps: 20_000_000 },
    operations: [],
  }],
];

for (const [what, script] of SCRIPTS) Deno.test(`RFC 9000: ${what}`, () => play(script));

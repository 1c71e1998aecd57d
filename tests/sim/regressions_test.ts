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
  ["a PATH_ABANDON that answers another one is sent again when the path is already forgotten", {
    ...NARROW,
    seed: 0,
    network: { ...FAIR, loss: 0.01 },
    links: [{ loss: 0 }, { loss: 0.01 }],
    operations: [
      { op: "open-path", place: 0, backup: false },
      { op: "advance", ms: 0 },
      { op: "drop", side: "server", datagrams: 3 },
      { op: "abandon", side: "client", path: 3 },
      { op: "advance", ms: 28 },
    ],
  }],
  ["a path that was silent for long is asked again soon when the others become silent as well", {
    ...NARROW,
    seed: 0,
    network: { ...FAIR, loss: 0.01, corrupt: 0.01, reorder: 0.01 },
    links: [{ loss: 0, mtu: 1_200 }, { loss: 0 }],
    operations: [
      { op: "rebind" },
      { op: "open-path", place: 3, backup: false },
      { op: "fail", place: 0 },
      { op: "advance", ms: 2_911 },
      { op: "advance", ms: 87 },
      { op: "abandon", side: "server", path: 3 },
      { op: "advance", ms: 165 },
    ],
  }],
  [
    "two ends that suspect a path by turns, because answers for it take a slower one meanwhile, come to rest",
    {
      ...NARROW,
      seed: 282_500,
      network: FAIR,
      streamWindow: 60_000,
      streams: 2,
      links: [
        { delayUs: 120_000, rateBps: 20_000_000 },
        { delayUs: 120_000, rateBps: 2_000_000, mtu: 1_200 },
        { delayUs: 25_000, rateBps: 20_000_000, mtu: 1_200 },
      ],
      operations: [
        { op: "open-path", place: 5, backup: false },
        { op: "rebind" },
        { op: "open-path", place: 0, backup: true },
        { op: "advance", ms: 1_594 },
        { op: "advance", ms: 158 },
        { op: "datagram", side: "server", bytes: 836 },
        { op: "open-path", place: 4, backup: true },
      ],
    },
  ],
];

for (const [what, script] of SCRIPTS) Deno.test(what, () => play(script));

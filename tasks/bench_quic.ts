// deno-lint-ignore-file no-console
/**
 * Measures QUIC beside the QUIC inside Deno (quinn), two processes each, and prints the QUIC section of
 * docs/benchmarks.md: `deno task bench:quic [--runs 3] [--seconds 3]`. Progress goes to stderr.
 *
 * @module
 */
import { cpus, loadavg, release } from "node:os";
import { parseArgs } from "node:util";
import { median } from "../lib/base/statistics.ts";
import { figure, markdownTable, middle, ratio, ratioText } from "./bench_report.ts";
import type { StackName } from "./quic/ends.ts";
import { measure, type Measurement, type Outcome } from "./quic/measure.ts";
import { timeOfParts } from "./quic/parts.ts";
import type { CpuProfile } from "./quic/profile.ts";

/** Bytes of a full packet without UDP and IP headers, and what of it is data of the one stream. */
const PACKET_BYTES = 1452;
const PAYLOAD_BYTES = 1415;

const CONNECTIONS = 1000;
const STREAMS = [1000, 10_000] as const;

/** Who talks to whom, in a bulk transfer. */
interface Bulk {
  readonly what: string;
  readonly client: StackName;
  readonly server: StackName;
  readonly ffi: boolean;
}

const BULK: readonly Bulk[] = [
  { what: "mpt to mpt", client: "mpt", server: "mpt", ffi: true },
  { what: "Deno to Deno (quinn)", client: "deno", server: "deno", ffi: true },
  { what: "mpt to Deno", client: "mpt", server: "deno", ffi: true },
  { what: "Deno to mpt", client: "deno", server: "mpt", ffi: true },
  { what: "mpt to mpt without FFI", client: "mpt", server: "mpt", ffi: false },
];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { runs: { type: "string", default: "3" }, seconds: { type: "string", default: "3" } },
  });
  const runs = Number(values.runs);
  const model = cpus()[0]?.model ?? "unknown processor";
  const load = loadavg()[0]!.toFixed(2);
  console.log(
    `## QUIC\n\n\`\`\`console\nnpx -y deno@2.9.6 task bench:quic\n\`\`\`\n\n` +
      `Measured on ${
        new Date().toISOString().slice(0, 10)
      } with Linux ${release()}, ${cpus().length} ${model}, ` +
      `Deno ${Deno.version.deno}, load of the machine at the start ${load}. Both ends on the loopback interface, each in a ` +
      `process of its own; ${runs} runs, taken in turn. Medians with the smallest and the largest.\n`,
  );
  console.log(await bulk(runs, Number(values.seconds)));
  console.log(await handshakes(runs));
  console.log(await connections());
  console.log(await streams(runs));
  console.log(await profile(Number(values.seconds)));
}

/** One connection, one stream, one way. */
async function bulk(runs: number, seconds: number): Promise<string> {
  const outcomes = await inTurn(
    runs,
    BULK.map(({ what, client, server, ffi }) => ({
      what: `bulk, ${what}`,
      plan: { client, server, ffi, job: "upload" as const, amount: seconds },
    })),
  );
  const gbps = outcomes.map((all) => all.map(({ count, ms }) => count * 8 / ms / 1e6));
  const perGb = (pick: (outcome: Outcome) => number): readonly (readonly number[])[] =>
    outcomes.map((all) => all.map((each) => pick(each) / each.count * 1e6));
  const [sender, receiver] = [perGb(({ cpu_ms }) => cpu_ms), perGb(({ server_cpu_ms }) => server_cpu_ms)];
  const [ours, theirs] = [gbps[0]!, gbps[1]!];
  const rows = BULK.map(({ what }, index) => [
    what,
    figure(gbps[index]!),
    ratioText(gbps[index]!, theirs),
    middle(sender[index]!),
    middle(receiver[index]!),
  ]);
  const table = markdownTable([
    ["", "Gbit/s", "of quinn", "CPU s/GB, sender", "CPU s/GB, receiver"],
    ...rows,
  ]);
  const noFfi = (median(gbps[4]!) ?? 0) * 1000;
  return `### Bulk: one connection, one stream\n\n` +
    `${seconds} s after 2 s to warm up: V8 compiles what is used most. Goodput at the receiver.\n\n${table}\n\n` +
    `Goals: at least 0.5 of quinn with FFI (${ratio(ours, theirs).toFixed(2)}: ${
      met(ratio(ours, theirs) >= 0.5)
    }), the aim 1.0; at least 300 Mbit/s without FFI (${noFfi.toFixed(0)} Mbit/s: ${
      met(noFfi >= 300)
    }).\n\n` +
    `Without FFI every datagram is a system call and a promise, node:crypto protects the packets (ChaCha20, which ` +
    `takes it a third of the time of AES), and nothing can enlarge the kernel's receive buffer: some 90 packets fit ` +
    `into the usual one, and no more can be on their way. On a busy machine, where everybody waits for his turn, ` +
    `that is little.\n`;
}

async function handshakes(runs: number): Promise<string> {
  const stacks: readonly StackName[] = ["mpt", "deno"];
  const outcomes = await inTurn(
    runs,
    stacks.map((name) => ({
      what: `handshakes, ${name}`,
      plan: { client: name, server: name, job: "handshakes" as const, amount: 2 },
    })),
  );
  const perCore = (all: readonly Outcome[], pick: (outcome: Outcome) => number): readonly number[] =>
    all.map((each) => each.count * 1000 / pick(each));
  const rows = stacks.map((name, index) => [
    name === "mpt" ? "mpt" : "Deno (quinn)",
    figure(perCore(outcomes[index]!, ({ server_cpu_ms }) => server_cpu_ms)),
    figure(perCore(outcomes[index]!, ({ cpu_ms }) => cpu_ms)),
  ]);
  return `### Handshakes\n\n` +
    `Full handshakes (X25519, a certificate with an ECDSA key on P-256), connections one after the other, 2 s: how ` +
    `many one processor could make per second, by the processor time of each end.\n\n${
      markdownTable([["", "server, handshakes/s", "client, handshakes/s"], ...rows])
    }\n`;
}

async function connections(): Promise<string> {
  const rows: string[][] = [];
  for (const name of ["mpt", "deno"] as const) {
    console.error(`${CONNECTIONS} connections, ${name}`);
    const outcome = await measure({ client: name, server: name, job: "connections", amount: CONNECTIONS });
    const { before, after } = outcome;
    rows.push([
      name === "mpt" ? "mpt" : "Deno (quinn)",
      String(outcome.count),
      outcome.ms.toFixed(0),
      name === "mpt" ? ((after.heap_bytes - before.heap_bytes) / outcome.count / 1000).toFixed(1) : "-",
      ((after.rss_bytes - before.rss_bytes) / outcome.count / 1000).toFixed(1),
    ]);
  }
  return `### ${CONNECTIONS} connections at once\n\n` +
    `Each has asked once and had an answer; then nothing is said, and after a collection the server is weighed ` +
    `(JavaScript memory, typed arrays included, and resident memory, with which nothing is given back). The aim is ` +
    `30 kB. The clients are one process: those of mpt have a socket each, those of quinn share one.\n\n${
      markdownTable([[
        "",
        "connections",
        "opened in ms",
        "memory each, kB",
        "resident memory each, kB",
      ], ...rows])
    }\n`;
}

async function streams(runs: number): Promise<string> {
  const plans = STREAMS.flatMap((amount) =>
    (["mpt", "deno"] as const).map((name) => ({
      what: `${amount} streams, ${name}`,
      plan: { client: name, server: name, job: "streams" as const, amount },
    }))
  );
  const outcomes = await inTurn(runs, plans);
  const cost = outcomes.map((all) =>
    all.map(({ count, cpu_ms, server_cpu_ms }) => (cpu_ms + server_cpu_ms) * 1000 / count)
  );
  const rows = STREAMS.map((amount, index) => [
    String(amount),
    figure(cost[2 * index]!),
    figure(cost[2 * index + 1]!),
  ]);
  const growth = (median(cost[2]!) ?? NaN) / (median(cost[0]!) ?? NaN);
  return `### Streams\n\n` +
    `A question and an answer of 100 bytes on each stream of one connection, 100 at a time: processor time of both ` +
    `ends for a stream, in µs. Ten times as many cost ${growth.toFixed(2)} times as much each.\n\n${
      markdownTable([["streams", "mpt", "Deno (quinn)"], ...rows])
    }\n`;
}

/** Where the microseconds go: a bulk transfer once more, with both ends sampled. */
async function profile(seconds: number): Promise<string> {
  console.error("profile");
  const folder = await Deno.makeTempDir({ prefix: "mpt-bench-quic-" });
  try {
    const profiles = [`${folder}/server`, `${folder}/client`] as const;
    const { count } = await measure({
      client: "mpt",
      server: "mpt",
      job: "upload",
      amount: seconds,
      profiles,
    });
    const [receiver, sender] = await Promise.all(
      profiles.map(async (file) => timeOfParts(JSON.parse(await Deno.readTextFile(file)) as CpuProfile)),
    );
    const packets = count / PAYLOAD_BYTES;
    const total = (parts: ReadonlyMap<string, number>): number =>
      [...parts.values()].reduce((a, b) => a + b, 0);
    const cell = (us: number): string => (us / packets).toFixed(2);
    const rows = [...sender!.keys()].map((
      name,
    ) => [name, cell(sender!.get(name)!), cell(receiver!.get(name)!)]);
    return `### Where the microseconds go\n\n` +
      `µs of each end for a packet of ${PACKET_BYTES} bytes in a bulk transfer, by V8's profiler (every 250 µs); ` +
      `system calls and libcrypto count where they are called.\n\n${
        markdownTable([["", "sender", "receiver"], ...rows, [
          "together",
          cell(total(sender!)),
          cell(total(receiver!)),
        ]])
      }\n\n` +
      `A sender puts header protection on a batch with one call, a receiver takes it off packet by packet: with the ` +
      `pointers at hand that is a small part of its second row.\n`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Each plan once, and again, so that what else the machine does meets all of them. */
async function inTurn(
  runs: number,
  plans: readonly { readonly what: string; readonly plan: Measurement }[],
): Promise<readonly (readonly Outcome[])[]> {
  const outcomes: Outcome[][] = plans.map(() => []);
  for (let run = 0; run < runs; run++) {
    for (const [index, { what, plan }] of plans.entries()) {
      console.error(`${what}, run ${run + 1} of ${runs}`);
      outcomes[index]!.push(await measure(plan));
    }
  }
  return outcomes;
}

function met(isMet: boolean): string {
  return isMet ? "met" : "**not met**";
}

await main();

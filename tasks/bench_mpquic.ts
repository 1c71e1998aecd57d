// deno-lint-ignore-file no-console
/**
 * Measures multipath QUIC beside the kernel's MPTCP in networks of mpt lab, and prints a section of
 * docs/benchmarks.md: `deno task bench:mpquic [--seconds 5] [--loopback]`. Progress goes to stderr. All
 * but the last part, `--loopback`, needs root.
 *
 * @module
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { BenchResult, BenchRun } from "../lib/bench/mod.ts";
import { createLab, type Lab } from "../lib/lab/mod.ts";
import { output, start } from "../lib/io/process.ts";
import { mptArgv } from "./mpt_argv.ts";

const SERVER = "10.78.1.2:4433";

/** A network with two paths. */
interface Network {
  readonly what: string;
  readonly paths: readonly { readonly rateMbit: number; readonly delayMs?: number }[];
}

const NETWORKS: readonly Network[] = [
  { what: "20 + 10 Mbit/s", paths: [{ rateMbit: 20 }, { rateMbit: 10 }] },
  { what: "10 + 10 Mbit/s", paths: [{ rateMbit: 10 }, { rateMbit: 10 }] },
  {
    what: "50 Mbit/s 5 ms + 10 Mbit/s 100 ms",
    paths: [{ rateMbit: 50, delayMs: 5 }, { rateMbit: 10, delayMs: 100 }],
  },
  {
    what: "50 Mbit/s 5 ms + 2 Mbit/s 150 ms",
    paths: [{ rateMbit: 50, delayMs: 5 }, { rateMbit: 2, delayMs: 150 }],
  },
];

/** 10 ms each way: what a failure may cost is counted in round trips of 20 ms. */
const FAILING: Network = {
  what: "10 + 10 Mbit/s, round trip 20 ms",
  paths: [{ rateMbit: 10, delayMs: 10 }, { rateMbit: 10, delayMs: 10 }],
};

/** What is broken, and how the paths are used. */
const FAILURES: readonly { readonly what: string; readonly args: readonly string[] }[] = [
  { what: "the first path, both in use", args: ["--fail", "0@2"] },
  { what: "the second path, both in use", args: ["--fail", "1@2"] },
  {
    what: "the first path, the second a backup",
    args: ["--fail", "0@2", "--path", "local=10.77.1.1", "--path", "local=10.77.2.1,status=backup"],
  },
];

async function withServer<T>({ paths }: Network, work: (lab: Lab) => Promise<T>): Promise<T> {
  await using lab = await createLab({ paths, mptcp: "subflow" });
  const listen = ["--listen", "mptcp@[::]:4433", "--listen", "mpquic@[::]:4433"];
  await using server = lab.spawn("server", mptArgv(["serve", "--ndjson", ...listen]), {
    deadlineMs: 600_000,
  });
  await server.line(/"event":"syn-mirror"/);
  return await work(lab);
}

async function bench(lab: Lab, ...args: readonly string[]): Promise<BenchResult> {
  const argv = mptArgv(["bench", "--json", "--insecure", "--congestion", "cubic", ...args, SERVER]);
  const result: BenchResult = JSON.parse(await lab.output("client", argv, { deadlineMs: 300_000 }));
  return result;
}

function mbit(run: BenchRun | undefined): string {
  return run === undefined || run.error !== null ? "failed" : (run.goodput_bps / 1e6).toFixed(1);
}

async function aggregation(network: Network, seconds: string): Promise<string> {
  console.error(network.what);
  const { runs, aggregations } = await withServer(
    network,
    (lab) => bench(lab, "--duration", seconds, "-t", "tcp,mptcp,quic,mpquic"),
  );
  const of = (transport: string): readonly BenchRun[] => runs.filter((run) => run.transport === transport);
  const singles = (transport: string): string => of(transport).map(mbit).join(" + ");
  const ours = aggregations.find(({ transport }) => transport === "mpquic");
  const cells = [
    network.what,
    singles("tcp"),
    mbit(of("mptcp")[0]),
    singles("quic"),
    mbit(of("mpquic")[0]),
    ours === undefined ? "-" : (ours.multipath_bps / ours.best_single_bps).toFixed(2),
    ours === undefined ? "-" : ours.efficiency.toFixed(2),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The transfer that picoquic's tests have: 20 MB over the first network. */
async function twentyMegabytes(): Promise<string> {
  console.error("20 MB");
  const rates = await withServer(NETWORKS[0]!, async (lab) => {
    const found: number[] = [];
    for (let round = 0; round < 3; round++) {
      const { runs: [run] } = await bench(lab, "--bytes", "20M", "-t", "mpquic");
      if (run === undefined || run.error !== null) throw new Error("Cannot measure: the transfer failed");
      found.push(run.goodput_bps / 1e6);
    }
    return found.sort((a, b) => a - b);
  });
  const [least, median, most] = rates.map((rate) => rate.toFixed(1));
  return `20 MB over ${
    NETWORKS[0]!.what
  }, by mpquic alone: ${median} Mbit/s (${least} to ${most}; the goal is 28.3).`;
}

async function failures(): Promise<readonly string[]> {
  return await withServer(FAILING, async (lab) => {
    const rows: string[] = [];
    for (const { what, args } of FAILURES) {
      console.error(what);
      const stalls: number[] = [];
      for (let round = 0; round < 3; round++) {
        const { runs: [run] } = await bench(lab, "--duration", "4", "-t", "mpquic", ...args);
        if (run?.failure === undefined || run.failure === null) throw new Error("Cannot see the failure");
        stalls.push(run.failure.longest_stall_ms);
      }
      stalls.sort((a, b) => a - b);
      rows.push(
        `| ${what} | ${stalls[1]!.toFixed(0)} (${stalls[0]!.toFixed(0)} to ${stalls[2]!.toFixed(0)}) |`,
      );
    }
    return rows;
  });
}

/** Numbers of paths on loopback. */
const COUNTS = [1, 2, 4, 8] as const;

/** How often each is measured. */
const ROUNDS = 5;

/** What one run on loopback came to. */
interface Cost {
  readonly mbit: number;
  readonly perCpu: number;
  /** The second against that of one path in the same round: what else the machine does changes by the minute. */
  readonly ratio: number;
}

/** The same transfer over more and more paths of this machine, in turns: what a path costs. */
async function costs(seconds: string): Promise<readonly string[]> {
  await using server = start(mptArgv(["serve", "--ndjson", "--listen", "mpquic@127.0.0.1:0"]), {
    deadlineMs: 600_000,
  });
  const [, address = ""] = await server.line(/"event":"listening","address":"([^"]+)"/);
  const seen = new Map<number, Cost[]>(COUNTS.map((count) => [count, []]));
  for (let round = 1; round <= ROUNDS; round++) {
    let single = 0;
    for (const count of COUNTS) {
      console.error(`round ${round} of ${ROUNDS}: ${count} paths on loopback`);
      const { bytes, cpu_ms, duration_ms } = await onLoopback(count, address, seconds);
      const perCpu = bytes * 8 / 1000 / cpu_ms;
      if (count === 1) single = perCpu;
      seen.get(count)!.push({ mbit: bytes * 8 / 1000 / duration_ms, perCpu, ratio: perCpu / single });
    }
  }
  return [...seen].map(([count, all]) => {
    const of = (pick: (cost: Cost) => number): readonly number[] => all.map(pick).toSorted((a, b) => a - b);
    const middle = (sorted: readonly number[]): number => sorted[sorted.length >> 1]!;
    const ratios = of(({ ratio }) => ratio);
    const spread = `${middle(ratios).toFixed(2)} (${ratios[0]!.toFixed(2)} to ${ratios.at(-1)!.toFixed(2)})`;
    const cells = [
      count,
      middle(of(({ mbit }) => mbit)).toFixed(0),
      middle(of(({ perCpu }) => perCpu)).toFixed(0),
    ];
    return `| ${[...cells, spread].join(" | ")} |`;
  });
}

async function onLoopback(count: number, address: string, seconds: string): Promise<BenchRun> {
  const paths = [...Array(count).keys()].flatMap((index) => ["--path", `local=127.0.0.${index + 1}`]);
  const args = ["bench", "--json", "--insecure", "--duration", seconds, "-t", "mpquic"];
  const result: BenchResult = JSON.parse(
    await output(mptArgv([...args, "--scheduler", "round-robin", ...paths, address]), { deadlineMs: 60_000 }),
  );
  return result.runs[0]!;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seconds: { type: "string", default: "5" }, loopback: { type: "boolean", default: false } },
  });
  if (values.loopback) return await reportCosts(values.seconds);
  console.log("## Multipath QUIC\n\n```console\nnpx -y deno@2.9.6 task bench:mpquic\n```\n");
  console.log(
    "Two paths of `mpt lab` each, shaped by tbf or by the link emulator, downloads of " +
      `${values.seconds} s, CUBIC on every path, in Mbit/s. Load of the machine at the start: ` +
      `${loadavg()[0]!.toFixed(2)}.\n`,
  );
  const head = [
    "network (one-way delay)",
    "tcp, each path",
    "mptcp (kernel)",
    "quic, each path",
    "mpquic",
    "mpquic / best path",
    "mpquic / sum",
  ];
  console.log(`| ${head.join(" | ")} |\n| ${head.map(() => "---").join(" | ")} |`);
  for (const network of NETWORKS) console.log(await aggregation(network, values.seconds));
  console.log(`\n${await twentyMegabytes()}`);
  console.log(
    `\nA path falls silent in the middle of a download (${FAILING.what}): the longest time without a byte`,
  );
  console.log("at the receiver from then on, the median of three.\n");
  console.log("| what falls silent | ms |\n| --- | --- |");
  for (const row of await failures()) console.log(row);
  await reportCosts(values.seconds);
}

async function reportCosts(seconds: string): Promise<void> {
  console.log(
    `\nLoopback, one download, round robin over the paths, ${ROUNDS} rounds of each in turns; medians. CPU is that of ` +
      "the receiving end; the last column compares within a round.\n",
  );
  console.log("| paths | Mbit/s | Mbit per CPU second | against one path |\n| --- | --- | --- | --- |");
  for (const row of await costs(seconds)) console.log(row);
}

await main();

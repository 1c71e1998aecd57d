// deno-lint-ignore-file no-console
/**
 * Measures mpt beside its peers and prints the tables of docs/benchmarks.md:
 * `deno task bench [--runs 5] [--seconds 3] [shaped] [unshaped] [startup]`. Progress goes to stderr. Needs
 * root or unprivileged user namespaces, iperf3 and mptcpize.
 *
 * @module
 */
import { cpus, loadavg, release } from "node:os";
import { parseArgs } from "node:util";
import {
  atLeast,
  atLeastRatio,
  atMostRatio,
  below,
  NONE,
  renderSection,
  type Row,
  type Samples,
  type Section,
  type Target,
} from "./bench_report.ts";
import {
  iperf3Tool,
  mptTool,
  type TransferPlan,
  type TransferSample,
  type TransferTool,
} from "./bench_transfer.ts";
import { downloadDependencies, mptArgv } from "./mpt_argv.ts";
import { output } from "../lib/io/process.ts";
import { createLab, type Lab, type LabOptions, type PathOptions } from "../lib/lab/mod.ts";
import { hold } from "../lib/lab/namespaces.ts";

const DIRECTIONS = ["download", "upload"] as const;
const TRANSPORTS = ["tcp", "mptcp"] as const;

/** The congestion control that every Linux has. */
const CUBIC = "cubic";

const RATE_MBIT = 50;
const QUEUE_MS = 50;

/** Short programs are run this many times more often than transfers. */
const STARTUP_FACTOR = 4;

/** The addresses of {@linkcode twoPaths}. */
const CLIENT = "10.77.1.1";
const SERVERS = ["10.77.1.2", "10.77.2.2"] as const;

/** Two links between two hosts; the server announces its second address. */
function twoPaths(path: PathOptions): LabOptions {
  return { router: false, mptcp: "signal", paths: [path, { ...path, ipv6: false }] };
}

interface Settings {
  readonly runs: number;
  readonly seconds: number;
}

const SECTIONS: Readonly<Record<string, (settings: Settings) => Promise<readonly Section[]>>> = {
  shaped,
  unshaped,
  startup,
};

/** A transfer that every tool makes, and what it is called. */
interface Task {
  readonly what: string;
  readonly plan: TransferPlan;
}

/** Runs every task with every tool in turn, several times over, so that a busy minute disturbs all alike. */
async function interleaved(
  tools: readonly TransferTool[],
  tasks: readonly Task[],
  runs: number,
  bitsPerUnit: number,
): Promise<readonly (readonly Samples[])[]> {
  const seen = tasks.map(() => tools.map((): TransferSample[] => []));
  for (let run = 0; run < runs; run++) {
    for (const [index, { what, plan }] of tasks.entries()) {
      console.error(`run ${run + 1} of ${runs}: ${what}`);
      // The second in line may find the machine in another state than the first.
      const order = run % 2 === 0 ? [...tools.keys()] : [...tools.keys()].reverse();
      for (const tool of order) seen[index]![tool]!.push(await tools[tool]!.measure(plan));
    }
  }
  return seen.map((each) =>
    each.map((samples) => ({
      figures: samples.map(({ bps }) => bps / bitsPerUnit),
      cpuSecondsPerGb: samples.map(({ cpuSecondsPerGb }) => cpuSecondsPerGb),
    }))
  );
}

/** The rate of a path is that of its IP packets; here the whole frame counts, as tbf by itself has it. */
const FRAME_BYTES = 1514;
const PACKET_BYTES = 1500;

/** What several paths carry that are slower than the machine. */
async function shaped({ runs, seconds }: Settings): Promise<readonly Section[]> {
  const rateMbit = RATE_MBIT * PACKET_BYTES / FRAME_BYTES;
  await using network = await createLab(twoPaths({ rateMbit, queueMs: QUEUE_MS }));
  await using mpt = await mptTool(network);
  await using iperf3 = await iperf3Tool(network);
  const sections: Section[] = [];
  for (const congestion of [CUBIC, undefined]) {
    const name = congestion ?? `the system's congestion control (${await defaultCongestion()})`;
    const rows: Row[] = [];
    for (const direction of DIRECTIONS) {
      const [first, second] = SERVERS;
      const common = { side: "client", direction, congestion, seconds } as const;
      const singles = [first, second].map((address, index) => ({
        what: `tcp ${direction}, path ${index + 1}`,
        plan: { ...common, transport: "tcp", address } as const,
      }));
      const both = {
        what: `mptcp ${direction}`,
        plan: { ...common, transport: "mptcp", address: first },
      } as const;
      const [one, two, all] = await interleaved([mpt, iperf3], [...singles, both], runs, 1e6);
      rows.push(...[one!, two!].map((samples, index) => row(singles[index]!.what, "Mbit/s", samples)));
      const efficiency = all!.map((samples, tool) => efficiencyOf(samples, one![tool]!, two![tool]!));
      // A download cannot reach 94: Linux leaves 1420 bytes of a frame to an MPTCP sender that has received any.
      const wanted = direction === "upload"
        ? atLeast(all![0]!, 94, "Mbit/s")
        : atLeastRatio(all![0]!, all![1]!, 0.99, "iperf3");
      rows.push(
        row(both.what, "Mbit/s", all!, wanted),
        row(`mptcp ${direction} / sum of tcp`, "", efficiency, atLeast(efficiency[0]!, 0.94, "")),
      );
    }
    sections.push({
      title: `Two paths of ${RATE_MBIT} Mbit/s, ${name}`,
      text:
        `Two veth links shaped by tbf to ${RATE_MBIT} Mbit/s of frames both ways, with queues of ${QUEUE_MS} ms. ` +
        `${seconds} s a transfer, ${runs} runs. Goodput at the receiver.`,
      peers: ["iperf3"],
      rows,
    });
  }
  return sections;
}

/** What the program itself can move, when the network is no limit. */
async function unshaped({ runs, seconds }: Settings): Promise<readonly Section[]> {
  await using network = await createLab({ ...twoPaths({}), mptcp: "none" });
  await useCubic(network);
  await using mpt = await mptTool(network);
  await using iperf3 = await iperf3Tool(network);
  await using larger = await iperf3Tool(network, ["-l", "256K"]);
  const sections: Section[] = [];
  for (const place of ["loopback", "veth"]) {
    const tasks = TRANSPORTS.flatMap((transport) =>
      DIRECTIONS.map((direction): Task => ({
        what: `${transport} ${direction}`,
        plan: {
          side: place === "veth" ? "client" : "server",
          address: place === "veth" ? SERVERS[0] : "127.0.0.1",
          transport,
          direction,
          congestion: CUBIC,
          seconds,
        },
      }))
    );
    const seen = await interleaved([mpt, iperf3, larger], tasks, runs, 1e9);
    sections.push({
      title: `Unshaped ${place}, cubic`,
      text:
        `One path without a limit, ${seconds} s a transfer, ${runs} runs. iperf3 with its default blocks of ` +
        "128 KiB, and with 256 KiB.",
      peers: ["iperf3", "iperf3 -l 256K"],
      rows: tasks.map(({ what }, index) => {
        const samples = seen[index]!;
        return row(what, "Gbit/s", samples, atLeastRatio(samples[0]!, samples[1]!, 0.9, "iperf3"));
      }),
    });
  }
  return sections;
}

/**
 * Makes cubic the congestion control from the first packet on, also of accepted connections. A socket that
 * began with bbr and was switched, as servers do for their clients, goes on being paced by the kernel.
 */
async function useCubic(lab: Lab): Promise<void> {
  const link = (address: string): string =>
    `${address.replace(/\d+$/, "0")}/24 dev path1 proto kernel scope link src ${address}`;
  const loopback = "local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1";
  const routes = {
    client: [link(CLIENT), `default via ${SERVERS[0]} dev path1 table 101`, loopback],
    server: [link(SERVERS[0]), loopback],
  };
  for (const host of ["client", "server"] as const) {
    for (const route of routes[host]) {
      await lab.output(host, ["ip", "route", "change", ...route.split(" "), "congctl", CUBIC]);
    }
  }
}

/** How long short commands take from their start to their end. */
async function startup({ runs }: Settings): Promise<readonly Section[]> {
  await using network = await hold(["ip link set lo up"]);
  await using server = network.spawn(undefined, mptArgv(["serve", "--ndjson"]), { deadlineMs: 600_000 });
  await server.line(/"event":"listening"/);
  const probe = [...network.prefix(), ...mptArgv(["probe", "127.0.0.1:4433", "--json"])];
  const commands = {
    version: mptArgv(["--version"]),
    deno: [Deno.execPath(), "eval", ""],
    noWait: [...probe, "--join-timeout", "0"],
    noJoin: probe,
  };
  const times = await timed(commands, runs * STARTUP_FACTOR);
  const { version, deno, noWait, noJoin } = times;
  const limit = 300;
  return [{
    title: "Start-up",
    text: `Wall time from start to end, ${runs * STARTUP_FACTOR} interleaved runs. The probes ask an ` +
      "`mpt serve` on the loopback interface of a private network, where no further subflow can come.",
    peers: ["deno eval ''"],
    rows: [
      row("mpt --version", "ms", [version, deno], atMostRatio(version, deno, 2, "deno eval ''")),
      row("mpt probe --json --join-timeout 0", "ms", [noWait, NONE], below(noWait, limit, "ms")),
      row("mpt probe --json", "ms", [noJoin, NONE], below(noJoin, limit, "ms")),
    ],
  }];
}

async function timed<K extends string>(
  commands: Readonly<Record<K, readonly string[]>>,
  runs: number,
): Promise<Readonly<Record<K, Samples>>> {
  const entries = Object.entries<readonly string[]>(commands);
  const seen = new Map(entries.map(([name]) => [name, [] as number[]]));
  console.error(`${runs} runs of short commands`);
  for (let run = 0; run < runs; run++) {
    for (const [name, argv] of entries) {
      const started = performance.now();
      await output(argv);
      seen.get(name)!.push(performance.now() - started);
    }
  }
  const samples = [...seen].map(([name, figures]) => [name, { figures, cpuSecondsPerGb: [] }]);
  return Object.fromEntries(samples);
}

function row(what: string, unit: string, samples: readonly Samples[], target: Target | null = null): Row {
  const [mpt = NONE, ...peers] = samples;
  return { what, unit, mpt, peers, target };
}

/** Goodput over both paths as a part of what TCP had over each of them, run by run. */
function efficiencyOf(all: Samples, one: Samples, two: Samples): Samples {
  const figures = all.figures.map((figure, run) => figure / (one.figures[run]! + two.figures[run]!));
  return { figures, cpuSecondsPerGb: [] };
}

async function defaultCongestion(): Promise<string> {
  return (await Deno.readTextFile("/proc/sys/net/ipv4/tcp_congestion_control")).trim();
}

async function machine(): Promise<string> {
  const model = cpus()[0]?.model ?? "unknown processor";
  const [iperf3 = ""] = (await output(["iperf3", "--version"])).split("\n", 1);
  return `${new Date().toISOString().slice(0, 10)}, Linux ${release()}, ${cpus().length} x ${model}, ` +
    `Deno ${Deno.version.deno}, ${iperf3.trim()}, load at the start ${loadavg()[0]!.toFixed(2)}. ` +
    "Median (smallest to largest).";
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { runs: { type: "string", default: "5" }, seconds: { type: "string", default: "3" } },
    allowPositionals: true,
  });
  const names = positionals.length > 0 ? positionals : Object.keys(SECTIONS);
  const unknown = names.find((name) => !Object.hasOwn(SECTIONS, name));
  if (unknown !== undefined) {
    throw new Error(`Cannot measure ${unknown}: there is ${Object.keys(SECTIONS).join(", ")}`);
  }
  await downloadDependencies();
  console.log(await machine());
  for (const name of names) {
    const settings = { runs: Number(values.runs), seconds: Number(values.seconds) };
    for (const section of await SECTIONS[name]!(settings)) console.log(`\n${renderSection(section)}`);
  }
}

await main();

/**
 * One transfer by mpt and one by iperf3, with the same transport, direction and congestion control, and
 * the processor time of both their ends counted alike.
 *
 * @module
 */
import type { BenchResult } from "../lib/bench/mod.ts";
import { mptArgv } from "./mpt_argv.ts";
import type { RunningProcess } from "../lib/io/process.ts";
import type { Lab } from "../lib/lab/mod.ts";

/** What to transfer. */
export interface TransferPlan {
  /** Where the client runs; on `server` the transfer goes over the loopback interface. */
  readonly side: "client" | "server";
  /** The address of the server. */
  readonly address: string;
  readonly transport: "tcp" | "mptcp";
  readonly direction: "download" | "upload";
  /** The sender's congestion control; undefined for the system's. */
  readonly congestion?: string | undefined;
  readonly seconds: number;
}

/** What a transfer brought. */
export interface TransferSample {
  /** Payload at the receiver in bits per second. */
  readonly bps: number;
  /** Processor time of client and server, user and system, in seconds per gigabyte of payload. */
  readonly cpuSecondsPerGb: number;
}

/** A tool with its servers running on the server of the network. */
export interface TransferTool extends AsyncDisposable {
  /** Makes one transfer. */
  measure(plan: TransferPlan): Promise<TransferSample>;
}

/** How long everything around a transfer may take, in milliseconds. */
const MARGIN_MS = 60_000;

const FOREVER_MS = 24 * 3_600_000;

/** The part of iperf3's report that is used here. */
interface Iperf3Report {
  readonly end: {
    readonly sum_received: {
      readonly bytes: number;
      readonly seconds: number;
      readonly bits_per_second: number;
    };
    readonly cpu_utilization_percent: { readonly host_total: number };
  };
}

const IPERF3_PORTS = { tcp: "5201", mptcp: "5202" } as const;

/** Without `-m`, which is newer than Debian 12, iperf3 speaks MPTCP by LD_PRELOAD. */
const LAUNCHERS = { tcp: [], mptcp: ["mptcpize", "run"] } as const;

/**
 * mpt: `mpt serve` on the server, `mpt bench` for each transfer.
 *
 * @param network Where to run it.
 * @returns The tool; dispose of it.
 */
export async function mptTool(network: Lab): Promise<TransferTool> {
  const server = network.spawn("server", mptArgv(["serve", "--ndjson"]), { deadlineMs: FOREVER_MS });
  await server.line(/"event":"listening"/);
  return {
    async measure(plan: TransferPlan): Promise<TransferSample> {
      const { transport, direction, congestion, seconds } = plan;
      const argv = mptArgv([
        ...["bench", plan.address, "--transport", transport, "--direction", direction],
        ...["--duration", String(seconds), "--json"],
        ...(congestion === undefined ? [] : ["--congestion", congestion]),
      ]);
      const before = await cpuSeconds(server);
      const text = await network.output(plan.side, argv, { deadlineMs: seconds * 1000 + MARGIN_MS });
      const after = await cpuSeconds(server);
      const result: BenchResult = JSON.parse(text);
      const [run] = result.runs;
      if (run === undefined || run.error !== null) {
        throw new Error(`Cannot measure with mpt: ${run?.error?.message ?? "it made no run"}`);
      }
      if (run.transport_in_force !== transport) {
        throw new Error("Cannot measure with mpt: the connection fell back");
      }
      const cpu = run.cpu_ms / 1000 + after - before;
      return { bps: run.goodput_bps, cpuSecondsPerGb: cpu / (run.bytes / 1e9) };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/**
 * iperf3: a server for each transport, `iperf3 -c` for each transfer.
 *
 * @param network Where to run it.
 * @param args Further arguments of the client, such as `-l 256K`.
 * @returns The tool; dispose of it.
 */
export async function iperf3Tool(
  network: Lab,
  args: readonly string[] = [],
): Promise<TransferTool> {
  await using stack = new AsyncDisposableStack();
  const servers = new Map<string, RunningProcess>();
  for (const transport of ["tcp", "mptcp"] as const) {
    const port = (Number(IPERF3_PORTS[transport]) + 2 * args.length).toString();
    const argv = [...LAUNCHERS[transport], "iperf3", "-s", "-p", port, "--forceflush"];
    const server = stack.use(network.spawn("server", argv, { deadlineMs: FOREVER_MS }));
    await server.line(/Server listening/);
    servers.set(transport, server);
  }
  const kept = stack.move();
  return {
    async measure(plan: TransferPlan): Promise<TransferSample> {
      const { transport, direction, congestion, seconds } = plan;
      const server = servers.get(transport)!;
      const port = server.argv[server.argv.indexOf("-p") + 1]!;
      const argv = [
        ...LAUNCHERS[transport],
        ...["iperf3", "-c", plan.address, "-p", port, "-t", String(seconds), "-J"],
        ...(direction === "download" ? ["-R"] : []),
        ...(congestion === undefined ? [] : ["-C", congestion]),
        ...args,
      ];
      const before = await cpuSeconds(server);
      const text = await network.output(plan.side, argv, { deadlineMs: seconds * 1000 + MARGIN_MS });
      const after = await cpuSeconds(server);
      const { end }: Iperf3Report = JSON.parse(text);
      const { bytes, seconds: elapsed, bits_per_second: bps } = end.sum_received;
      const cpu = end.cpu_utilization_percent.host_total / 100 * elapsed + after - before;
      return { bps, cpuSecondsPerGb: cpu / (bytes / 1e9) };
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** USER_HZ, the unit of /proc/PID/stat: 100 on every architecture that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** Processor time of a running program so far, all its threads, user and system. */
async function cpuSeconds(program: RunningProcess): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${program.pid}/stat`);
  // The name in brackets may hold blanks; utime and stime are fields 14 and 15, the name is field 2.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

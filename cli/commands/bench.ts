import { Command, Option } from "@commander-js/extra-typings";
import type { BenchOptions, BenchResult } from "../../lib/bench/mod.ts";
import { defaultTransports, DIRECTIONS, failure, forMpquicOnly, TRANSPORTS } from "../bench_options.ts";
import { duration, integer, size, withCommonOptions } from "../common_options.ts";
import type { SchedulerName } from "../../lib/quic/mod.ts";
import { type PathChoice, pathChoice, target, transportsOf } from "../option_values.ts";
import { hasQuicOptions, quicChoice, withQuicOptions } from "../quic_options.ts";
import { runJob } from "../run_job.ts";

/** As in `schedulers` of the library, which is not loaded for this. */
const SCHEDULER_NAMES = [
  "earliest",
  "min-rtt",
  "round-robin",
  "weighted",
  "blest",
  "ecf",
  "redundant",
  "backup-only",
] as const satisfies readonly SchedulerName[];

/** `mpt bench`. */
export function benchCommand(): Command {
  const command = new Command("bench")
    .description(
      "what several paths are worth to an mpt serve: goodput, aggregation, stalls, per path over time; over quic " +
        "to any perf server",
    )
    .addArgument(
      target(
        "<host[:port]>",
        "[transport@]host[:port] of an mpt serve; port 4433 when none is given",
        TRANSPORTS,
      ),
    )
    .addOption(
      new Option("-t, --transport <list>", "transports to compare, separated by commas (default: tcp,mptcp)")
        .argParser(transportsOf(TRANSPORTS)),
    )
    .addOption(
      new Option("-d, --direction <way>", "which way the bytes go").choices(
        ["download", "upload", "both"] as const,
      )
        .default("download" as const),
    )
    .addOption(
      new Option("--duration <seconds>", "length of one run (default: 5)").argParser(duration).conflicts(
        "bytes",
      ),
    )
    .option("--bytes <size>", "bytes of one run, instead of a duration: 100M", size)
    .option("-n, --streams <n>", "connections at a time (default: 1)", integer(1, 128))
    .option("--interval <seconds>", "length of an interval (default: 0.5)", duration)
    .option("--congestion <name>", "congestion control, such as cubic")
    .option("--token <text>", "the server's token")
    .addOption(
      new Option(
        "--path <path>",
        "a path to measure alone, and to use over mpquic: local=IP, then any of ,remote=IP:PORT ,interface=NAME " +
          ",status=backup; repeatable (default: as the subflows go, or every local address)",
      ).argParser((
        text: string,
        earlier: readonly PathChoice[] | undefined,
      ) => [...earlier ?? [], pathChoice(text)]),
    )
    .addOption(
      new Option(
        "--scheduler <name>",
        "what chooses the path of the next data over mpquic (default: earliest)",
      )
        .choices(SCHEDULER_NAMES),
    )
    .addOption(
      new Option(
        "--fail <path@seconds>",
        "break a path of mpquic on purpose: 0@2 without a word, 0@2,close by closing its socket",
      )
        .argParser(failure),
    )
    .option("--connect-timeout <seconds>", "for one connect (default: 5)", duration)
    .option(
      "--try-fix",
      "where MPTCP is slower than its best path: make the path that holds it back a backup, for all of this host, " +
        "measure again, take it back",
    );
  return withCommonOptions(withQuicOptions(command)).action(async (endpoint, options) => {
    const asked = options.transport ?? defaultTransports(endpoint.transport, hasQuicOptions(options));
    const benchOptions: BenchOptions = {
      transports: asked,
      directions: DIRECTIONS[options.direction],
      ...(options.duration === undefined ? {} : { durationMs: options.duration }),
      ...(options.bytes === undefined ? {} : { bytes: options.bytes }),
      ...(options.streams === undefined ? {} : { streams: options.streams }),
      ...(options.interval === undefined ? {} : { intervalMs: options.interval }),
      ...(options.congestion === undefined ? {} : { congestion: options.congestion }),
      ...(options.token === undefined ? {} : { token: options.token }),
      ...(options.path === undefined ? {} : { paths: options.path }),
      ...(options.scheduler === undefined ? {} : { scheduler: options.scheduler }),
      ...(options.fail === undefined ? {} : { fail: options.fail }),
      ...(options.connectTimeout === undefined ? {} : { connectTimeoutMs: options.connectTimeout }),
      ...(options.tryFix === undefined ? {} : { tryFix: options.tryFix }),
    };
    await runJob<BenchResult>(options, {
      schema: "mpt.bench/1",
      run: async ({ signal, output }) => {
        forMpquicOnly(options, asked);
        const { bench } = await import("../../lib/bench/mod.ts");
        const { LiveBench } = await import("../render/bench_live.ts");
        const live = new LiveBench();
        const quic = await quicChoice(options, asked);
        return await bench(endpoint, { ...benchOptions, quic, signal }, (event) => {
          output.event(event);
          const note = live.note(event);
          if (note !== null && !options.json && !options.ndjson) output.note(note);
          output.status(live.status(event));
        });
      },
      render: async (result, output) => {
        const { renderBench } = await import("../render/bench.ts");
        return renderBench(result, output.paint, options.verbose ?? false);
      },
      exitCode: async (result) => {
        const { benchExitCode } = await import("../bench_exit.ts");
        return benchExitCode(result, options.transport?.includes("mptcp") ?? endpoint.transport === "mptcp");
      },
    });
  }) as unknown as Command;
}

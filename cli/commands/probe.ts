import { MptError } from "../../lib/base/errors.ts";
import { Command, Option } from "@commander-js/extra-typings";
import type { Transport } from "../../lib/base/transport.ts";
import type { ProbeOptions, ProbeResult } from "../../lib/probe/mod.ts";
import { duration, durationOrZero, withCommonOptions } from "../common_options.ts";
import { type PathChoice, pathChoice, target, transportsOf } from "../option_values.ts";
import { hasQuicOptions, quicChoice, type QuicCliOptions, withQuicOptions } from "../quic_options.ts";
import { runJob } from "../run_job.ts";

const TRANSPORTS = ["tcp", "mptcp", "quic", "mpquic"] as const;

/** What a prefix of the target asks for. */
const WITH_CONTROL: Readonly<Record<Transport, readonly Transport[]>> = {
  tcp: ["tcp"],
  mptcp: ["tcp", "mptcp"],
  quic: ["quic"],
  mpquic: ["quic", "mpquic"],
};

/** `mpt probe`. */
export function probeCommand(): Command {
  const command = new Command("probe")
    .description("which transports work to each address of a host, over how many paths, and if not why not")
    .addArgument(
      target("<host[:port]>", "[transport@]host[:port] to probe; port 443 when none is given", TRANSPORTS),
    )
    .addOption(
      new Option(
        "-t, --transport <list>",
        "transports to check, separated by commas (default: all four)",
      )
        .argParser(transportsOf(TRANSPORTS)),
    )
    .addOption(new Option("--require <transport>", "exit 1 when it does not work").choices(TRANSPORTS))
    .addOption(
      new Option("--data <kind>", "what to say to the server (default: by port)").choices(
        ["auto", "http", "tls", "none"] as const,
      ),
    )
    .option("--connect-timeout <seconds>", "for one connect (default: 5)", duration)
    .option("--data-timeout <seconds>", "for the server's answers (default: 5)", duration)
    .option(
      "--join-timeout <seconds>",
      "wait this long for further subflows and paths (default: 3)",
      durationOrZero,
    )
    .addOption(
      new Option("--path <path>", "first path: local=IP and interface=NAME, separated by commas").argParser(
        pathChoice,
      ),
    )
    .option("--congestion <name>", "congestion control of tcp and mptcp, such as cubic")
    .option(
      "--watch <seconds>",
      "then keep a connection this long and tell what happens to its paths",
      duration,
    )
    .option("--isolate", "wait until no other such probe counts in this network namespace");
  return withCommonOptions(withQuicOptions(command)).action(async (endpoint, options) => {
    const path: PathChoice = options.path ?? {};
    const required = options.require;
    const asked = askedFor(options, endpoint.transport);
    const probeOptions: ProbeOptions = {
      ...(asked === undefined ? {} : { transports: asked }),
      ...(options.data === undefined ? {} : { data: options.data }),
      ...(options.connectTimeout === undefined ? {} : { connectTimeoutMs: options.connectTimeout }),
      ...(options.dataTimeout === undefined ? {} : { dataTimeoutMs: options.dataTimeout }),
      ...(options.joinTimeout === undefined ? {} : { joinTimeoutMs: options.joinTimeout }),
      ...(path.local === undefined ? {} : { localAddress: path.local }),
      ...(path.interface === undefined ? {} : { interface: path.interface }),
      ...(options.watch === undefined ? {} : { watchMs: options.watch }),
      ...(options.isolate === undefined ? {} : { isolate: options.isolate }),
      ...(options.congestion === undefined ? {} : { congestion: options.congestion }),
    };
    await runJob<ProbeResult>(options, {
      schema: "mpt.probe/1",
      run: async ({ signal, output }) => {
        if (path.status !== undefined || path.remote !== undefined) {
          throw new MptError(
            "ERR_USAGE",
            "Cannot probe with this --path: only local and interface can be chosen here",
          );
        }
        if (
          options.congestion !== undefined && asked?.every((each) => each === "quic" || each === "mpquic")
        ) {
          throw new MptError(
            "ERR_USAGE",
            "Cannot use --congestion with quic: it is about tcp and mptcp here",
          );
        }
        const { probe } = await import("../../lib/probe/mod.ts");
        const { probeStatus } = await import("../render/probe.ts");
        const { watchLine } = await import("../render/watch.ts");
        const quic = await quicChoice(options, asked ?? TRANSPORTS);
        return await probe(endpoint, { ...probeOptions, quic, signal }, (event) => {
          output.event(event);
          if (event.event === "path-change" && output.human) {
            output.clearStatus();
            output.answer(watchLine(event.change, output.paint));
          } else output.status(probeStatus(event));
        });
      },
      render: async (result, output) => {
        const { renderProbe } = await import("../render/probe.ts");
        return renderProbe(result, output.paint, options.verbose ?? false);
      },
      exitCode: async (result) => {
        const { probeExitCode } = await import("../probe_exit.ts");
        return probeExitCode(result, required, options.watch !== undefined, asked);
      },
    });
  }) as unknown as Command;
}

/** The transports that were asked for by name, or by an option that is about one; undefined for none. */
function askedFor(
  options: QuicCliOptions & {
    readonly transport?: readonly Transport[] | undefined;
    readonly require?: Transport | undefined;
  },
  prefix: Transport | undefined,
): readonly Transport[] | undefined {
  const { transport, require: required } = options;
  const named = transport ?? (prefix === undefined ? undefined : WITH_CONTROL[prefix]);
  if (named === undefined) {
    return required === "quic" || required === "mpquic" || hasQuicOptions(options) ? TRANSPORTS : undefined;
  }
  // What is required is tested, whatever else was asked for
  return required === undefined || named.includes(required) ? named : [...named, required];
}

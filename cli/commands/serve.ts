import { Command, Option } from "@commander-js/extra-typings";
import { Endpoint } from "../../lib/base/endpoint.ts";
import type { Ip } from "../../lib/base/ip.ts";
import type { Listener } from "../../lib/io/connection.ts";
import type { ServeOptions, ServeResult } from "../../lib/serve/mod.ts";
import { duration, integer, size, withCommonOptions } from "../common_options.ts";
import { EXIT } from "../exit_codes.ts";
import { quicEnvironment } from "../quic_environment.ts";
import type { Reachable } from "../render/serve.ts";
import { readText } from "../read_text.ts";
import { runJob } from "../run_job.ts";
import { usage } from "../usage.ts";

/** `mpt serve`. */
export function serveCommand(): Command {
  const command = new Command("serve")
    .description("a test server: how it sees each connection, and bytes to measure with")
    .addOption(
      new Option(
        "-l, --listen <address>",
        "[transport@]host[:port] to listen on; repeatable (default: mptcp@[::]:4433, plain TCP too)",
      ).argParser(collectEndpoint),
    )
    .addOption(
      new Option("--fallback <transport>", "use this where the kernel has no MPTCP").choices(
        ["tcp"] as const,
      ),
    )
    .option("--once", "end after the first connection")
    .option("--token <text>", "let only clients that know it transfer data")
    .option("--congestion <name>", "congestion control, such as cubic")
    .option("--cert <file>", "certificate of quic listeners, as PEM (default: a self-signed one)")
    .option(
      "--key <file>",
      "its key, as PEM; without --cert that of the self-signed one (default: a new one)",
    )
    .addOption(
      new Option("--syn-mirror-port <port>", "port of the SYN mirror (default: any free one)")
        .argParser(integer(0, 65_535)).conflicts("synMirror"),
    )
    .option("--no-syn-mirror", "do not tell clients how their SYN arrived")
    .option("--max-connections <n>", "connections at a time (default: 256)", integer(1, 1_000_000))
    .option(
      "--max-per-address <n>",
      "connections of one address at a time (default: 64)",
      integer(1, 1_000_000),
    )
    .option("--max-bytes <size>", "bytes of one transfer (default: 100GB)", size)
    .option("--max-duration <seconds>", "life of one connection (default: 120)", duration)
    .option("--idle-timeout <seconds>", "reset a connection on which nothing moves (default: 30)", duration);
  return withCommonOptions(command).action(async (options) => {
    const serveOptions: ServeOptions = {
      ...(options.listen === undefined ? {} : { listen: options.listen }),
      ...(options.fallback === undefined ? {} : { fallback: options.fallback }),
      ...(options.token === undefined ? {} : { token: options.token }),
      ...(options.once === undefined ? {} : { once: options.once }),
      ...(options.congestion === undefined ? {} : { congestion: options.congestion }),
      ...synMirrorOf(options),
      ...(options.maxConnections === undefined ? {} : { maxConnections: options.maxConnections }),
      ...(options.maxPerAddress === undefined ? {} : { maxPerAddress: options.maxPerAddress }),
      ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
      ...(options.maxDuration === undefined ? {} : { maxDurationMs: options.maxDuration }),
      ...(options.idleTimeout === undefined ? {} : { idleTimeoutMs: options.idleTimeout }),
    };
    await runJob<ServeResult>(options, {
      schema: "mpt.serve/1",
      run: async ({ signal, output }) => {
        const { serve } = await import("../../lib/serve/mod.ts");
        const { renderServeEvent } = await import("../render/serve.ts");
        const identity = { ...await pem("cert", options.cert), ...await pem("key", options.key) };
        const server = await serve(
          { ...serveOptions, ...identity, ...quicEnvironment(), signal },
          (event) => {
            output.event(event);
            const line = output.human
              ? renderServeEvent(event, output.paint, output.options.verbose ?? false)
              : null;
            if (line !== null) output.answer(line);
          },
        );
        if (output.human) {
          const { howToUse } = await import("../render/serve.ts");
          const { outwardAddress } = await import("../outward_address.ts");
          output.answer(howToUse(server.listeners.map((each) => reachable(each, outwardAddress))));
        }
        return await server.finished;
      },
      render: (result, output) => {
        return output.paint.dim(
          `served ${result.connections} connections, refused ${result.refused}, in ${
            (result.duration_ms / 1000).toFixed(0)
          } s`,
        );
      },
      // A server that can listen no more has said why
      exitCode: ({ end }) => end.reason === "error" ? EXIT.untestable : EXIT.ok,
    });
  }) as unknown as Command;
}

/** What the other machine has to know of a listener. */
function reachable(listener: Listener, outwardAddress: (wildcard: Ip) => Ip | null): Reachable {
  const { local, transport } = listener;
  const address = local.ip?.isUnspecified ? outwardAddress(local.ip) : null;
  return {
    local,
    transport,
    ...("pin" in listener ? { pin: String(listener.pin) } : {}),
    ...(address === null ? {} : { address }),
  };
}

function synMirrorOf(
  { synMirror, synMirrorPort }: { readonly synMirror: boolean; readonly synMirrorPort?: number | undefined },
): Pick<ServeOptions, "synMirrorPort"> {
  if (!synMirror) return { synMirrorPort: null };
  return synMirrorPort === undefined ? {} : { synMirrorPort };
}

/** What a file with a certificate or a key holds. */
async function pem(
  option: "cert" | "key",
  file: string | undefined,
): Promise<Pick<ServeOptions, "cert" | "key">> {
  if (file === undefined) return {};
  return { [option]: await readText(file) };
}

function collectEndpoint(text: string, earlier: readonly Endpoint[] | undefined): readonly Endpoint[] {
  return usage(() => {
    const endpoint = Endpoint.parse(text, { allowPortZero: true, defaultPort: 4433 });
    return [...earlier ?? [], endpoint];
  });
}

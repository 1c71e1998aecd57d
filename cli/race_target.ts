import type { Command } from "@commander-js/extra-typings";
import { Endpoint } from "../lib/base/endpoint.ts";
import type { Transport } from "../lib/base/transport.ts";
import type { QuicChoice } from "../lib/quic/mod.ts";
import type { RaceTlsOptions } from "../lib/race/mod.ts";
import { transportsOf } from "./option_values.ts";

/** The transports that can be raced. */
export const RACE_TRANSPORTS: readonly Transport[] = ["tcp", "mptcp", "quic", "mpquic"];

/** The same trust for TLS over tcp and mptcp. Keys are pinned for quic alone. */
export function tlsOptions({ ca, serverName, insecure, alpn }: QuicChoice): RaceTlsOptions {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(insecure === undefined ? {} : { insecure }),
    ...(alpn === undefined ? {} : { alpn }),
  };
}

/** The one target of the command. */
export function targetOf(operands: readonly string[], self: Command): Endpoint {
  const [text, ...more] = operands;
  if (text === undefined) return self.error("error: missing required argument 'host[:port]'");
  if (more.length > 0) return self.error(`error: too many arguments behind ${text}: ${more.join(" ")}`);
  try {
    const endpoint = Endpoint.parse(text);
    if (endpoint.transport !== undefined) transportsOf(RACE_TRANSPORTS)(endpoint.transport);
    return endpoint;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return self.error(
      `error: command-argument value '${text}' is invalid for argument 'host[:port]'. ${reason}`,
    );
  }
}

import { Endpoint } from "../../lib/base/endpoint.ts";
import type { Transport } from "../../lib/base/transport.ts";
import { formatBytes, formatDuration } from "../../lib/base/units.ts";
import type { ServeEvent } from "../../lib/serve/mod.ts";
import type { Painter } from "./paint.ts";

/** A line for an event, or null when it is not worth one. */
export function renderServeEvent(event: ServeEvent, paint: Painter, verbose: boolean): string | null {
  switch (event.event) {
    case "listening": {
      const line = `listening on ${paint.bold(`${event.transport}@${event.address}`)}`;
      if (event.pin !== undefined) return `${line}, its key is --pin ${event.pin}`;
      return event.fallback === null ? line : `${line} ${paint.warn(`instead of mptcp: ${event.fallback}`)}`;
    }
    case "syn-mirror":
      return `SYN mirror on ${paint.bold(event.address)}: tells mpt probe what of its SYN arrives here`;
    case "syn": {
      if (!verbose) return null;
      const found = event.mp_capable === null
        ? "not kept"
        : event.mp_capable
        ? "with MPTCP"
        : "without MPTCP";
      return `${event.remote}  SYN ${found}`;
    }
    case "connection": {
      const transport = event.fallback
        ? `${event.transport} (the client did not use mptcp)`
        : event.transport;
      const paths = event.paths === 1 ? "1 path" : `${event.paths} paths`;
      const traffic = `${formatBytes(event.bytes_received)} in, ${formatBytes(event.bytes_sent)} out`;
      const line = `${event.remote}  ${transport}, ${paths}  ${event.protocol}  ${traffic}  ${
        formatDuration(event.duration_ms)
      }`;
      if (event.end === "done") return line;
      return `${line}  ${paint.warn(verbose && event.error !== null ? event.error.message : event.end)}`;
    }
    case "refused":
      return paint.warn(`${event.remote}  refused: ${event.reason}`);
    case "warning":
      return paint.warn(event.text);
    default:
      return event satisfies never;
  }
}

/** A listener, and the pin of its key if it has one. */
export interface Reachable {
  readonly local: Endpoint;
  readonly transport: Transport;
  readonly pin?: string;
}

/** What to type on the other machine: once for the kernel's transports, once for QUIC. */
export function howToUse(listeners: readonly Reachable[]): string {
  const [first] = listeners;
  if (first === undefined) return "";
  const kernel = listeners.find(({ pin }) => pin === undefined);
  const quic = listeners.find(({ pin }) => pin !== undefined);
  const commands = [kernel, quic].flatMap((listener) => listener === undefined ? [] : commandsFor(listener));
  const anywhere = [kernel, quic].some((listener) => listener?.local.ip?.isUnspecified === true);
  const where = anywhere ? "on the other machine, with this one's ADDRESS" : "on the other machine";
  return `${where}:\n${commands.map((command) => `  ${command}`).join("\n")}\nCtrl-C ends it.`;
}

function commandsFor({ local, transport, pin }: Reachable): readonly string[] {
  const port = local.port ?? 0;
  const address = local.ip?.isUnspecified === true
    ? `ADDRESS:${port}`
    : Endpoint.of(local.host, port).address;
  if (pin === undefined) return [`mpt probe ${address}`, `mpt bench ${address}`];
  return ["probe", "bench"].map((command) => `mpt ${command} --pin ${pin} ${transport}@${address}`);
}

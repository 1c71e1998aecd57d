import { Endpoint } from "../../lib/base/endpoint.ts";
import type { Ip } from "../../lib/base/ip.ts";
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
      // What this server ended itself was merely cancelled; its end says why
      const told = verbose && event.error !== null && event.error.code !== "ERR_ABORTED";
      return `${line}  ${paint.warn(told ? event.error.message : event.end)}`;
    }
    case "refused":
      return paint.warn(`${event.remote}  refused: ${event.reason}`);
    case "warning":
      return paint.warn(event.text);
    default:
      return event satisfies never;
  }
}

/** A listener as other machines see it. */
export interface Reachable {
  readonly local: Endpoint;
  readonly transport: Transport;
  /** The pin of its key if it has one. */
  readonly pin?: string;
  /** An address of this machine, for one that listens on all of them; absent where none is known. */
  readonly address?: Ip;
}

/** What to type on the other machine: once for the kernel's transports, once for QUIC. */
export function howToUse(listeners: readonly Reachable[]): string {
  const [first] = listeners;
  if (first === undefined) return "";
  const kernel = listeners.find(({ pin }) => pin === undefined);
  const quic = listeners.find(({ pin }) => pin !== undefined);
  const commands = [kernel, quic].flatMap((listener) => listener === undefined ? [] : commandsFor(listener));
  const where = whereToType([kernel, quic].filter((listener) => listener !== undefined));
  return `${where}:\n${commands.map((command) => `  ${command}`).join("\n")}\nCtrl-C ends it.`;
}

function whereToType(listeners: readonly Reachable[]): string {
  if (listeners.every(({ local }) => local.ip?.isLoopback)) return "on this machine";
  const everywhere = listeners.filter(({ local }) => local.ip?.isUnspecified);
  if (everywhere.some(({ address }) => address === undefined)) {
    return "on the other machine, with this one's ADDRESS";
  }
  return everywhere.length > 0
    ? "on the other machine, with this or another address of this one"
    : "on the other machine";
}

function commandsFor({ local, transport, pin, address: own }: Reachable): readonly string[] {
  const port = local.port ?? 0;
  const host = local.ip?.isUnspecified ? own : local.ip ?? local.host;
  const address = host === undefined ? `ADDRESS:${port}` : Endpoint.of(host, port).address;
  if (pin === undefined) return [`mpt probe ${address}`, `mpt bench ${address}`];
  return ["probe", "bench"].map((command) => `mpt ${command} --pin ${pin} ${transport}@${address}`);
}

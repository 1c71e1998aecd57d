import type { Ip } from "../base/ip.ts";
import type { Transport } from "../base/transport.ts";
import { deadline, orAborted } from "../io/deadline.ts";
import { type CheckAnswer, MAX_CHECK_BYTES, parseCheckAnswer } from "../protocol/check.ts";
import { furtherAddresses } from "../protocol/further_addresses.ts";
import { HQ_ALPN, hqGet } from "../protocol/hq.ts";
import { interfaceOf } from "../netlink/interface_of.ts";
import { managePaths } from "../quic/mod.ts";
import type { TransportConnectOptions } from "../transport/connect.ts";
import type { QuicTransport } from "../transport/quic.ts";
import { connectPerf, connectQuicOnly, lacksProtocol, withTrust } from "./connect_perf.ts";
import type { BenchSettings } from "./options.ts";
import type { BenchServer } from "./bench_server.ts";
import { spreadPaths } from "./spread.ts";
import { ANSWER_MS } from "./timing.ts";

/** How long paths may take to come up before the plan is made, in milliseconds: a server names dead addresses too. */
const DISCOVERY_MS = 2000;

/** Paths that are tried. */
const MAX_PATHS = 8;

/**
 * Looks for a server over QUIC: `mpt serve`, which tells about itself over hq-interop, or any other that speaks
 * perf, of which nothing more is known.
 *
 * @throws {MptError} Why there is none.
 */
export async function visitQuic(
  transport: Transport,
  ip: Ip,
  port: number,
  settings: BenchSettings,
  options: TransportConnectOptions,
): Promise<BenchServer> {
  // Which paths are opened is known when the server has told its addresses
  const alone = { ...options, quic: { paths: null } };
  // Whoever names an application protocol knows the server
  const check = settings.quic.alpn === undefined
    ? await askOverHq(transport, ip, port, settings, alone)
    : null;
  if (check !== null) return check;
  return await leave(
    await connectPerf(transport, ip, port, settings, alone),
    ip,
    port,
    null,
    settings,
    options,
  );
}

/** @returns Null for a server that is not `mpt serve`. */
async function askOverHq(
  transport: Transport,
  ip: Ip,
  port: number,
  settings: BenchSettings,
  options: TransportConnectOptions,
): Promise<BenchServer | null> {
  let connection: QuicTransport;
  try {
    const quic = { ...options.quic, ...settings.quic, alpn: [HQ_ALPN] };
    connection = await connectQuicOnly(transport, ip, port, { ...options, quic });
  } catch (error) {
    if (lacksProtocol(error)) return null;
    throw withTrust(error);
  }
  const check = await ask(connection, options.signal);
  const server = await leave(connection, ip, port, check, settings, options);
  return check === null ? null : server;
}

async function ask(connection: QuicTransport, signal: AbortSignal | undefined): Promise<CheckAnswer | null> {
  using limit = deadline(ANSWER_MS, signal);
  const answer = connection.openStream().then((stream) => hqGet(stream, "/", MAX_CHECK_BYTES));
  try {
    return parseCheckAnswer(await orAborted(answer, "get an answer", limit.signal));
  } catch {
    // Another server may answer as it likes: it is not ours
    return null;
  }
}

/** Opens a path from each address of this host to each one of the server's, and waits until they are there. */
async function openAll(
  { quic }: QuicTransport,
  check: CheckAnswer | null,
  signal: AbortSignal | undefined,
): Promise<void> {
  using limit = deadline(DISCOVERY_MS, signal);
  await using opening = managePaths(quic, { remotes: furtherAddresses(check), maxPaths: MAX_PATHS });
  // What is not there by then is not measured
  await orAborted(opening.settled, "open the paths", limit.signal).catch(() => {});
}

async function leave(
  connection: QuicTransport,
  ip: Ip,
  port: number,
  check: CheckAnswer | null,
  settings: BenchSettings,
  { signal }: TransportConnectOptions,
): Promise<BenchServer> {
  // Paths that were named are not looked for
  if (settings.paths.length === 0 && connection.isMultipath()) await openAll(connection, check, signal);
  const active = connection.paths().filter(({ state }) => state === "active");
  const paths = spreadPaths(
    active,
    (path) => path.interface ?? interfaceOf(path.local.ip) ?? path.local.host,
  );
  connection.abort();
  await connection.closed;
  return { ip, port, check, paths };
}

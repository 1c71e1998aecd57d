import type { Ip } from "../base/ip.ts";
import type { Transport } from "../base/transport.ts";
import { deadline, orAborted } from "../io/deadline.ts";
import { type CheckAnswer, MAX_CHECK_BYTES, parseCheckAnswer } from "../protocol/check.ts";
import { HQ_ALPN, hqGet } from "../protocol/hq.ts";
import type { TransportConnectOptions } from "../transport/connect.ts";
import type { QuicTransport } from "../transport/quic.ts";
import { connectPerf, connectQuicOnly, lacksProtocol, withTrust } from "./connect_perf.ts";
import type { BenchSettings } from "./options.ts";
import type { BenchServer } from "./bench_server.ts";
import { ANSWER_MS } from "./timing.ts";

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
  // Whoever names an application protocol knows the server
  const check = settings.quic.alpn === undefined
    ? await askOverHq(transport, ip, port, settings, options)
    : null;
  if (check !== null) return check;
  return await leave(await connectPerf(transport, ip, port, settings, options), ip, port, null);
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
    const quic = { ...settings.quic, alpn: [HQ_ALPN] };
    connection = await connectQuicOnly(transport, ip, port, { ...options, quic });
  } catch (error) {
    if (lacksProtocol(error)) return null;
    throw withTrust(error);
  }
  const check = await ask(connection, options.signal);
  const server = await leave(connection, ip, port, check);
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

async function leave(
  connection: QuicTransport,
  ip: Ip,
  port: number,
  check: CheckAnswer | null,
): Promise<BenchServer> {
  await connection.managed?.settled;
  const paths = connection.paths().filter(({ state }) => state === "active");
  connection.abort();
  await connection.closed;
  return { ip, port, check, paths };
}

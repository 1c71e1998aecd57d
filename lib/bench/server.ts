import type { Endpoint } from "../base/endpoint.ts";
import { Endpoint as EndpointValue } from "../base/endpoint.ts";
import { MptError, toMptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import { TOOL } from "../base/result.ts";
import type { Transport } from "../base/transport.ts";
import type { Connection, ConnectOptions } from "../io/connection.ts";
import { deadline, orAborted } from "../io/deadline.ts";
import { lookup } from "../io/lookup.ts";
import { waitForJoins } from "../mptcp/joins.ts";
import { mptcpProblem } from "../mptcp/state.ts";
import { type CheckAnswer, MAX_CHECK_BYTES, parseCheckAnswer } from "../protocol/check.ts";
import { HttpClient } from "../protocol/http_client.ts";
import { MAX_REPORT_BYTES, parsePerfReport, type PerfReport } from "../protocol/perf_report.ts";
import { connect } from "../transport/connect.ts";
import type { BenchServer } from "./bench_server.ts";
import { isQuic } from "./connect_perf.ts";
import { BENCH_PORT, type BenchSettings } from "./options.ts";
import { ANSWER_MS } from "./timing.ts";
import { visitQuic } from "./visit_quic.ts";

/** How long further subflows may take to come up before the plan is made, in milliseconds. */
const DISCOVERY_MS = 1000;

/**
 * Finds an address of the target where `mpt serve` answers, and the paths that lead there.
 *
 * @throws {MptError} Why there is none.
 */
export async function findServer(
  target: Endpoint,
  settings: BenchSettings,
  signal: AbortSignal | undefined,
): Promise<BenchServer> {
  const port = target.port ?? BENCH_PORT;
  let failure: MptError | undefined;
  for (const ip of await addressesOf(target, signal)) {
    let given = false;
    for (const transport of visitors(settings)) {
      if (given && !isQuic(transport)) continue;
      try {
        const server = await visit(transport, ip, port, settings, signal);
        return isQuic(transport) ? server : await withPathsOfQuic(server, settings, signal);
      } catch (error) {
        const reason = toMptError(error, `Cannot measure ${EndpointValue.of(ip, port).address}`);
        if (signal?.aborted) throw reason;
        // The first address is what most programs would have used: its reason is the one to tell.
        failure ??= reason;
        given = !mayBeTheTransport(reason);
      }
    }
  }
  throw failure ??
    new MptError("ERR_NAME_NOT_FOUND", `Cannot look up ${target.host}: the name has no address`);
}

/** Where the kernel has one path only, multipath QUIC may find several. */
async function withPathsOfQuic(
  server: BenchServer,
  settings: BenchSettings,
  signal: AbortSignal | undefined,
): Promise<BenchServer> {
  if (!settings.transports.includes("mpquic") || server.paths.length > 1) return server;
  try {
    const { paths } = await visit("mpquic", server.ip, server.port, settings, signal);
    return paths.length > 1 ? { ...server, paths } : server;
  } catch {
    // Its run will tell why there is none
    return server;
  }
}

/**
 * With which transports to look for the server: MPTCP finds the paths, TCP may get through without it, and over
 * UDP there may be another server.
 */
function visitors({ transports }: BenchSettings): readonly Transport[] {
  const withoutMptcp = mptcpProblem() !== null;
  const kernel = (["mptcp", "tcp"] as const).filter((each) => transports.includes(each))
    .map((each) => each === "mptcp" && withoutMptcp ? "tcp" : each);
  const quic = (["mpquic", "quic"] as const).filter((each) => transports.includes(each)).slice(0, 1);
  // What finds the paths goes first
  const kernelFindsPaths = kernel[0] === "mptcp" || quic[0] !== "mpquic";
  return [...new Set<Transport>(kernelFindsPaths ? [...kernel, ...quic] : [...quic, ...kernel])];
}

/** Whether something on the way may have taken offence at the options of MPTCP. */
function mayBeTheTransport(failure: MptError): boolean {
  return failure.code === "ERR_TIMED_OUT" || failure.code === "ERR_RESET" ||
    failure.code === "ERR_UNREACHABLE";
}

async function addressesOf(target: Endpoint, signal: AbortSignal | undefined): Promise<readonly Ip[]> {
  if (target.ip !== undefined) return [target.ip];
  const families = target.family === undefined ? [6, 4] as const : [target.family];
  const records = await Promise.all(families.map((family) => lookup(target.host, family, signal)));
  const ips = records.flatMap((record) => record.answers);
  const failed = records.find((record) => record.status === "error");
  if (ips.length === 0 && failed !== undefined) {
    throw new MptError(
      "ERR_NAME_LOOKUP",
      `Cannot look up ${target.host}: the resolver failed (${failed.error})`,
    );
  }
  return ips;
}

async function visit(
  transport: Transport,
  ip: Ip,
  port: number,
  settings: BenchSettings,
  signal: AbortSignal | undefined,
): Promise<BenchServer> {
  const [first] = settings.paths;
  const options: ConnectOptions = {
    timeoutMs: settings.connectTimeoutMs,
    ...(signal === undefined ? {} : { signal }),
    ...(first?.local === undefined ? {} : { localAddress: first.local }),
    ...(first?.interface === undefined ? {} : { interface: first.interface }),
  };
  if (isQuic(transport)) {
    return await visitQuic(
      transport,
      first?.remote?.ip ?? ip,
      first?.remote?.port ?? port,
      settings,
      options,
    );
  }
  const connection = await connect(
    transport,
    first?.remote?.ip ?? ip,
    first?.remote?.port ?? port,
    options,
  );
  const connectedAtMs = performance.now();
  try {
    const check = await askCheck(connection, signal);
    if (check === null) throw notOurs(connection.remote);
    const { paths } = transport === "mptcp" && connection.isMultipath()
      ? await waitForJoins(connection, { connectedAtMs, timeoutMs: DISCOVERY_MS, signal })
      : { paths: connection.paths() };
    await connection.close();
    return { ip, port, check, paths: paths.filter((path) => path.state === "active") };
  } finally {
    connection.abort();
    await connection.closed;
  }
}

async function askCheck(
  connection: Connection,
  signal: AbortSignal | undefined,
): Promise<CheckAnswer | null> {
  const client = new HttpClient(await connection.openStream(), connection.remote.address);
  using limit = deadline(ANSWER_MS, signal);
  try {
    const answer = await orAborted(client.get("/", MAX_CHECK_BYTES, AGENT), "get an answer", limit.signal);
    return answer.complete ? parseCheckAnswer(new TextDecoder().decode(answer.body)) : null;
  } catch (error) {
    if (limit.expired) throw notOurs(connection.remote, `it gave no answer in ${ANSWER_MS / 1000} s`);
    const failure = toMptError(error, "Cannot get an answer");
    if (failure.code === "ERR_PROTOCOL" || failure.code === "ERR_LIMIT") throw notOurs(connection.remote);
    if (failure.code === "ERR_CLOSED") throw notOurs(connection.remote, "it closed the connection instead");
    throw failure;
  }
}

function notOurs(remote: Endpoint, why: string = "it is another server"): MptError {
  return new MptError(
    "ERR_PROTOCOL",
    `Cannot measure ${remote.address}: mpt serve does not answer there (${why})`,
    { fix: "run mpt serve on that machine and measure its port" },
  );
}

/** The fields that every request of a benchmark carries. */
export const AGENT: Readonly<Record<string, string>> = { "User-Agent": `${TOOL.name}/${TOOL.version}` };

/** What the server saw of a transfer, or null when it does not tell (any more). */
export async function fetchReport(
  server: BenchServer,
  id: string,
  signal: AbortSignal | undefined,
): Promise<PerfReport | null> {
  using limit = deadline(ANSWER_MS, signal);
  try {
    await using connection = await connect("tcp", server.ip, server.port, {
      timeoutMs: ANSWER_MS,
      signal: limit.signal,
    });
    const client = new HttpClient(await connection.openStream(), connection.remote.address);
    const answer = await orAborted(
      client.get(`/perf/${id}`, MAX_REPORT_BYTES, AGENT),
      "get a report",
      limit.signal,
    );
    if (answer.head.status !== 200 || !answer.complete) return null;
    return parsePerfReport(new TextDecoder().decode(answer.body));
  } catch {
    // The run counts without it; what only the server knows is then null.
    return null;
  }
}

import { Endpoint } from "../../base/endpoint.ts";
import { MptError, toMptError } from "../../base/errors.ts";
import type { Tristate } from "../../base/path.ts";
import { deadline, orAborted } from "../../io/deadline.ts";
import { type CheckAnswer, MAX_CHECK_BYTES, parseCheckAnswer } from "../../protocol/check.ts";
import { furtherAddresses } from "../../protocol/further_addresses.ts";
import { HQ_ALPN, hqGet } from "../../protocol/hq.ts";
import type { DrivenConnection } from "../../quic/driver/connection.ts";
import { type ManagedPaths, managePaths } from "../../quic/driver/manage_paths.ts";
import type { MultipathDraft } from "../../quic/wire/multipath_drafts.ts";
import { pairText } from "../../quic/path_manager/pair.ts";
import type { PairInfo } from "../../quic/path_manager/path_manager.ts";
import { reasonOf, skippedCheck } from "../failure.ts";
import type { ProbePlan } from "../options.ts";
import type { CheckJson } from "../result.ts";
import { offersOf } from "./offers.ts";
import { withoutPaths } from "./outcome.ts";
import { pathsOf } from "./paths_of.ts";
import type { MpquicCheckJson, QuicWayJson } from "./result.ts";

/** Paths of one connection that a probe opens. */
export const MAX_PATHS = 8;

/**
 * Several paths over a connection whose handshake offered them: whether the server takes them, from which
 * addresses here to which there one comes up, and whether it carries data.
 *
 * @param quic What the check of QUIC said of this connection.
 * @param codePoints What the connection was told to use.
 */
export async function checkPaths(
  connection: DrivenConnection,
  plan: ProbePlan,
  quic: CheckJson,
  signal: AbortSignal | undefined,
  codePoints: MultipathDraft = "final",
): Promise<MpquicCheckJson> {
  if (!plan.transports.includes("mpquic")) return withoutPaths(skippedCheck("it was not asked for"));
  const max = connection.peerParameters?.initialMaxPathId ?? null;
  const offered = offersOf(connection.peerParameters, codePoints).map(({ drafts }) => drafts);
  if (!connection.multipath) {
    const reason = max === null ? notOffered(offered) : "the ends did not agree on several paths";
    const without = withoutPaths({ status: "no", reason, ms: null, detail: null, paths: [] });
    return { ...without, max_path_id: max, drafts_offered: offered };
  }
  const server = quic.detail?.server ?? null;
  const { ways, skipped } = plan.joinTimeoutMs === 0
    ? { ways: [], skipped: "the wait is 0" }
    : await openWays(connection, plan, server, signal);
  const view = server === null || ways.length === 0
    ? server
    : await askAgain(connection, plan, signal) ?? server;
  return {
    status: "yes",
    reason: null,
    ms: quic.ms,
    detail: { error: null, data: quic.detail?.data ?? null, server: view },
    paths: pathsOf(connection),
    max_path_id: max,
    code_points: codePoints,
    drafts_offered: offered,
    ways,
    ways_skipped: skipped,
  };
}

function notOffered(others: readonly string[]): string {
  return others.length === 0
    ? "the server does not offer several paths (initial_max_path_id)"
    : `the server offers several paths only as in ${
      others.join(" and ")
    }, whose frames are not those of today`;
}

async function openWays(
  connection: DrivenConnection,
  plan: ProbePlan,
  server: CheckAnswer | null,
  signal: AbortSignal | undefined,
): Promise<{ readonly ways: readonly QuicWayJson[]; readonly skipped: string | null }> {
  using limit = deadline(plan.joinTimeoutMs, signal);
  let managed: ManagedPaths;
  try {
    managed = managePaths(connection, { remotes: furtherAddresses(server), maxPaths: MAX_PATHS });
  } catch (error) {
    return { ways: [], skipped: reasonOf(toMptError(error, "Cannot open further paths")) };
  }
  await using opening = managed;
  await orAborted(opening.settled, "open further paths", limit.signal).catch(() => {});
  const { pairs, failures } = opening;
  const whys = new Map(failures.map(({ pair, reason }) => [pair, reason.replace(/^Cannot [^:]*: /, "")]));
  const ways = pairs.map(async (pair) => await wayOf(connection, pair, whys, plan, signal));
  return { ways: await Promise.all(ways), skipped: null };
}

async function wayOf(
  connection: DrivenConnection,
  info: PairInfo,
  whys: ReadonlyMap<string, string>,
  plan: ProbePlan,
  signal: AbortSignal | undefined,
): Promise<QuicWayJson> {
  const { local, remote } = info.pair;
  const path = info.pathId === null ? null : connection.path(info.pathId)?.info() ?? null;
  const active = path?.state === "active";
  const why = whys.get(pairText(info.pair)) ?? null;
  return {
    id: info.pathId,
    local: String(local.ip),
    remote: Endpoint.of(remote.ip, remote.port).address,
    interface: local.interface,
    validated: active ? "yes" : why === null ? "unknown" : "no",
    carries_data: active ? await carriesData(connection, info.pathId!, plan, signal) : "unknown",
    reason: active ? null : why ?? waiting(info, plan),
  };
}

function waiting({ state }: PairInfo, { joinTimeoutMs }: ProbePlan): string {
  return state === "idle" ? "it was not tried" : `nothing came back on it in ${joinTimeoutMs / 1000} s`;
}

/** Sends a question over a path: whether an answer comes. */
async function carriesData(
  connection: DrivenConnection,
  pathId: number,
  plan: ProbePlan,
  signal: AbortSignal | undefined,
): Promise<Tristate> {
  if (connection.alpn !== HQ_ALPN || plan.data === "none") return "unknown";
  try {
    await asked(connection, pathId, plan, signal);
    return "yes";
  } catch {
    return "unknown";
  }
}

/** How the server sees the connection with all its paths. */
async function askAgain(
  connection: DrivenConnection,
  plan: ProbePlan,
  signal: AbortSignal | undefined,
): Promise<CheckAnswer | null> {
  try {
    return parseCheckAnswer(await asked(connection, -1, plan, signal));
  } catch {
    return null;
  }
}

/** The answer to a question that goes over one path; -1 is over any. */
async function asked(
  connection: DrivenConnection,
  pathId: number,
  plan: ProbePlan,
  signal: AbortSignal | undefined,
): Promise<string> {
  using limit = deadline(plan.dataTimeoutMs, signal);
  const stream = await connection.openStream("bidirectional", limit.signal);
  if (pathId >= 0 && !connection.core.bindStream(stream.id, pathId)) {
    stream.abort();
    throw new MptError("ERR_CLOSED", "Cannot send over the path: it is over");
  }
  return await orAborted(hqGet(stream, "/", MAX_CHECK_BYTES), "get an answer", limit.signal);
}

import { type MptError, toMptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import type { PathInfo } from "../base/path.ts";
import { Endpoint } from "../base/endpoint.ts";
import type { Connection } from "../io/connection.ts";
import { sleep } from "../io/deadline.ts";
import { CounterWatch, type CounterWindow } from "../mptcp/counter_window.ts";
import type { DataOutcome, Evidence, SubflowEvidence, Tristate } from "../mptcp/diagnosis/mod.ts";
import { noEvidence } from "../mptcp/diagnosis/mod.ts";
import { inspectConnection, type MptcpInspection } from "../mptcp/inspect.ts";
import { type JoinWait, waitForJoins } from "../mptcp/joins.ts";
import type { SubflowJson } from "../mptcp/subflow_json.ts";
import type { CheckAnswer } from "../protocol/check.ts";
import { connectKernel } from "../transport/connect_kernel.ts";
import { connectOptions } from "./connect_options.ts";
import type { Control } from "./control.ts";
import { Conversation } from "./conversation.ts";
import { acked, bytesOf } from "./byte_evidence.ts";
import { connectOutcome } from "./data_outcome.ts";
import { failedCheck } from "./failure.ts";
import { hostEvidence, isOnThisHost } from "./host_evidence.ts";
import { joinControls } from "./join_controls.ts";
import type { ProbePlan } from "./options.ts";
import type { CheckJson, DataJson } from "./result.ts";
import { seeEvents, type SeenEvents } from "./seen_events.ts";
import { claimedAddresses, serverEvidence, subflowEvidence } from "./server_evidence.ts";
import { SubflowLog } from "./subflow_log.ts";

/** What an attempt tells while it runs. */
export interface AttemptHooks {
  readonly signal: AbortSignal | undefined;
  readonly onPath: (path: PathInfo) => void;
}

/** One MPTCP connection and everything that was seen of it. */
export interface Attempt {
  readonly evidence: Evidence;
  /** The failed connect; null when there was a connection. */
  readonly failed: CheckJson | null;
  readonly connectMs: number | null;
  readonly data: DataJson | null;
  readonly server: CheckAnswer | null;
  readonly paths: readonly PathInfo[];
  readonly wait: JoinWait | null;
  readonly window: CounterWindow | null;
  /** Why the path manager's events were not heard; null when they were. */
  readonly eventsSkipped: string | null;
}

/** Opens an MPTCP connection, lets data flow and subflows come, and gathers what both ends know. */
export async function attemptMptcp(
  ip: Ip,
  plan: ProbePlan,
  control: Promise<Control>,
  hooks: AttemptHooks,
): Promise<Attempt> {
  await using events = seeEvents();
  const counters = CounterWatch.start();
  const base: Evidence = { ...noEvidence(Endpoint.of(ip, plan.port).address), host: hostEvidence(null) };
  const setting: Setting = { ip, plan, control, hooks, events, counters, base };
  const startedMs = performance.now();
  let connection: Connection;
  try {
    connection = await connectKernel("mptcp", ip, plan.port, connectOptions(plan, hooks.signal));
  } catch (error) {
    return await failedAttempt(setting, toMptError(error, "Cannot connect"), performance.now() - startedMs);
  }
  try {
    return await connectedAttempt(setting, connection);
  } finally {
    connection.abort();
    await connection.closed;
  }
}

/** What stands from before the connect on. */
interface Setting {
  readonly ip: Ip;
  readonly plan: ProbePlan;
  readonly control: Promise<Control>;
  readonly hooks: AttemptHooks;
  readonly events: SeenEvents;
  readonly counters: CounterWatch | null;
  readonly base: Evidence;
}

async function failedAttempt(setting: Setting, failure: MptError, ms: number): Promise<Attempt> {
  const { ip, counters, base, hooks: { signal } } = setting;
  const window = counters === null ? null : await settledWindow(counters, ip);
  const tcp = await setting.control;
  const after = await tcp.askAgain();
  const outcome = connectOutcome(failure.code, signal);
  const failed = failedCheck(failure, signal);
  const ours = outcome === "failed-here" || outcome === "unknown";
  const evidence: Evidence = {
    ...base,
    host: { ...base.host, reason: ours ? failed.reason : null },
    tcp: { ...tcp.evidence, resent: tcp.resent() },
    mptcp: { ...base.mptcp, outcome, ms, data: "not-sent", transfer: "not-sent" },
    client: { ...base.client, counters: counterEvidence(window) },
    server: serverEvidence({ ...NO_ANSWERS, before: tcp.first, after }),
  };
  return {
    evidence,
    failed,
    window,
    connectMs: null,
    data: null,
    server: null,
    paths: [],
    wait: null,
    eventsSkipped: setting.events.reason,
  };
}

async function connectedAttempt(setting: Setting, connection: Connection): Promise<Attempt> {
  const { ip, plan, events, counters, base, hooks } = setting;
  const connectedAtMs = performance.now();
  const afterConnect = connection.isMultipath();
  const token = inspectConnection(connection)?.token ?? null;
  connection.paths();
  const conversation = await Conversation.begin(connection, plan, hooks.signal);
  const { phase } = conversation;
  const speaks = connection.isMultipath();
  const log = new SubflowLog();
  // A connection whose first data got no answer gets no further subflows either.
  const wait = speaks && phase.outcome !== "silent"
    ? await waitForJoins(connection, {
      connectedAtMs,
      timeoutMs: plan.joinTimeoutMs,
      signal: hooks.signal,
      onPath: hooks.onPath,
      onLook: () => log.see(inspectConnection(connection, token)),
    })
    : null;
  const server = (speaks ? await conversation.askAgain() : null) ?? phase.check;
  const joined = inspectConnection(connection, token);
  const vanished = log.vanished(joined);
  // Before the transfer: it fills queues, and the round-trip times with them.
  const paths = connection.paths();
  let last = joined;
  const look = (): MptcpInspection | null => {
    // When the last subflow goes, the connection goes from the kernel's tables, and not from the program's.
    last = inspectConnection(connection, token) ?? last;
    return last;
  };
  const transfer = await conversation.transfer(() => acked(look()));
  const stopped = transfer !== "answered" && transfer !== "not-sent";
  const atEnd = connection.isMultipath();
  look();
  const tokens = [token, server?.mptcp?.token ?? null].filter((each) => each !== null);
  const window = counters?.window(own(ip, tokens)) ?? null;
  const tcp = await setting.control;
  // What a transfer over plain TCP does is worth knowing only where MPTCP's stopped.
  const compared: DataOutcome = stopped ? await tcp.transfer() : "not-sent";
  const told = serverEvidence({
    before: tcp.first,
    after: await tcp.askAgain(),
    own: server,
    name: serverName(phase.data) ?? serverName(tcp.check.detail?.data ?? null),
    answered: phase.outcome === "answered" || tcp.evidence.data === "answered",
  });
  const evidence: Evidence = {
    ...base,
    tcp: { ...tcp.evidence, transfer: compared, resent: tcp.resent() },
    mptcp: {
      outcome: "connected",
      ms: connection.connectMs ?? "unknown",
      data: phase.outcome,
      transfer,
      afterConnect: fact(afterConnect),
      afterData: phase.outcome === "answered" ? fact(speaks) : speaks ? "unknown" : "no",
      atEnd: fact(atEnd),
    },
    client: {
      counters: counterEvidence(window),
      // As they were when all had come; where the transfer stopped, what it left them in.
      subflows: subflowsOf(stopped ? last : joined, wait, vanished),
      // What went wrong before the transfer would show in its bytes as well.
      bytes: last === null ? "unknown" : bytesOf(last, phase.outcome === "answered" ? joined : null),
    },
    server: told,
    joins: {
      waitedMs: wait === null ? 0 : plan.joinTimeoutMs,
      controls: [],
      announced: announcedTo(setting, token, server, told),
      lost: lostPaths(joined, last),
    },
    events: events.about(token),
  };
  const controls = wait === null ? [] : await joinControls(evidence, plan, server, hooks.signal);
  const subflows = stopped
    ? evidence.client.subflows
    : answeredLate(evidence.client.subflows, inspectConnection(connection, token), connection.paths());
  await conversation.leave();
  return {
    evidence: {
      ...evidence,
      client: { ...evidence.client, subflows },
      joins: { ...evidence.joins, controls },
    },
    failed: null,
    connectMs: connection.connectMs,
    data: phase.data,
    server,
    paths,
    wait,
    window,
    eventsSkipped: events.reason,
  };
}

/** How long a socket that was given up may stay in the kernel's tables, in milliseconds. */
const LINGER_MS = 200;

/** The counters once the socket of the failed connect is gone, whose token nobody knows. */
async function settledWindow(watch: CounterWatch, ip: Ip): Promise<CounterWindow> {
  const until = performance.now() + LINGER_MS;
  for (;;) {
    const window = watch.window(own(ip, []));
    if (window.shared !== "yes" || performance.now() >= until) return window;
    await sleep(10);
  }
}

const NO_ANSWERS = { before: null, after: null, own: null, name: null, answered: false } as const;

/** What is our own in the counters. To an address of this host both ends count in one namespace. */
function own(ip: Ip, tokens: readonly number[]): Parameters<CounterWatch["window"]>[0] {
  const both = isOnThisHost(ip.toString().replace(/%.*$/, ""));
  return { tokens: both ? tokens : tokens.slice(0, 1), connects: 1, accepts: both ? 1 : 0 };
}

function counterEvidence(window: CounterWindow | null): Evidence["client"]["counters"] {
  if (window === null || window.counters.size === 0) return "unknown";
  return { moved: Object.fromEntries(window.counters), shared: window.shared };
}

function subflowsOf(
  seen: MptcpInspection | null,
  wait: JoinWait | null,
  vanished: readonly SubflowEvidence[],
): Evidence["client"]["subflows"] {
  if (seen === null) return "unknown";
  const present = seen.subflows.map((subflow, index) => ({
    ...subflowEvidence(subflow, index),
    ...timesOf(subflow, wait),
  }));
  return [...present, ...vanished];
}

/** What the kernel's events told, and what the server claims; unknown where neither says anything. */
function announcedTo(
  { events, ip, plan }: Setting,
  token: number | null,
  server: CheckAnswer | null,
  told: Evidence["server"],
): readonly string[] | "unknown" {
  const heard = events.announced(token, plan.port);
  const claimed = claimedAddresses(server, told.counters, Endpoint.of(ip, plan.port));
  if (heard === "unknown") return claimed ?? heard;
  return [...new Set([...heard, ...claimed ?? []])];
}

/** This side's addresses of paths that were complete before the transfer, and are gone. */
function lostPaths(before: MptcpInspection | null, after: MptcpInspection | null): readonly string[] {
  if (before === null || after === null) return [];
  return before.subflows
    .filter(({ tcp_state, fully_established }) => tcp_state === "established" && fully_established === true)
    .filter((one) =>
      !after.subflows.some(({ local, remote }) => local === one.local && remote === one.remote)
    )
    .map(({ local }) => Endpoint.parse(local).host);
}

/** Joins whose answer came after the wait: their way is slow, and not dead. */
function answeredLate(
  subflows: Evidence["client"]["subflows"],
  later: MptcpInspection | null,
  paths: readonly PathInfo[],
): Evidence["client"]["subflows"] {
  if (subflows === "unknown" || later === null) return subflows;
  return subflows.map((before) => {
    if (before.role !== "join" || before.state !== "syn-sent") return before;
    const isSame = ({ local, remote }: { readonly local: string; readonly remote: string }): boolean =>
      local === before.local && remote === before.remote;
    const now = later.subflows.find(isSame);
    if (now?.tcp_state !== "established") return before;
    const path = paths.find(({ local, remote }) => isSame({ local: local.address, remote: remote.address }));
    return {
      ...subflowEvidence(now, 1),
      heldMs: before.heldMs,
      rttMs: path?.minRttMs ?? path?.rttMs ?? "unknown",
    };
  });
}

/** How long a path waited, and how far it is to the other end. */
function timesOf(
  subflow: SubflowJson,
  wait: JoinWait | null,
): Pick<SubflowEvidence, "heldMs" | "rttMs"> {
  const path = wait?.paths.find(({ local, remote }) =>
    local.address === subflow.local && remote.address === subflow.remote
  );
  return {
    heldMs: wait?.heldMs.get(path?.id ?? -1) ?? "unknown",
    rttMs: path?.minRttMs ?? path?.rttMs ?? "unknown",
  };
}

function fact(value: boolean): Tristate {
  return value ? "yes" : "no";
}

/** `HTTP 200 from nginx/1.22.1` names the server. */
function serverName(data: DataJson | null): string | null {
  return /^HTTP \d+ from (.+)$/.exec(data?.text ?? "")?.[1] ?? null;
}

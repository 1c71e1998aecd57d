import { Endpoint } from "../base/endpoint.ts";
import type { CounterEvidence, ServerEvidence, SubflowEvidence, Tristate } from "../mptcp/diagnosis/mod.ts";
import type { SubflowJson } from "../mptcp/subflow_json.ts";
import type { CheckAnswer } from "../protocol/check.ts";

/** What the server said, and when. */
export interface ServerAnswers {
  /** On the plain TCP connection, before the MPTCP connection was opened; null without an answer. */
  readonly before: CheckAnswer | null;
  /** On the same connection, at the end. */
  readonly after: CheckAnswer | null;
  /** On the MPTCP connection, or what became of it. */
  readonly own: CheckAnswer | null;
  /** What another server calls itself; null when it does not say. */
  readonly name: string | null;
  /** Whether any server answered at all. */
  readonly answered: boolean;
}

/** The other end as far as it told. All of this is its claim. */
export function serverEvidence(answers: ServerAnswers): ServerEvidence {
  const { before, after, own } = answers;
  const any = own ?? after ?? before;
  const initial = any?.path_manager?.allow_join_initial_address ?? null;
  return {
    kind: any !== null ? "mpt" : answers.answered ? "other" : "unknown",
    name: any === null ? answers.name : `${any.server.name} serve ${any.server.version}`,
    listener: transportOf(any?.listener ?? null),
    inForce: own === null ? "unknown" : transportOf(own.transport),
    seesClientAt: own?.remote ?? null,
    deferAccept: tristate(any?.defer_accept ?? null),
    initialJoins: tristate(initial),
    counters: counters(answers),
    subflows: own?.subflows === null || own?.subflows === undefined
      ? "unknown"
      : own.subflows.map(subflowEvidence),
    bytes: "unknown",
  };
}

/**
 * The counters of the server over the time of the attempt, handshake included: the difference of two answers on
 * the control connection. Without that, those of the last seconds.
 */
function counters({ before, after, own }: ServerAnswers): CounterEvidence | "unknown" {
  if (before !== null && after !== null && sameServer(before, after) === "yes") {
    const names = Object.keys(after.counters).filter((name) => Object.hasOwn(before.counters, name));
    if (names.length === 0) return "unknown";
    const moved = Object.fromEntries(
      names.map((name) => [name, after.counters[name]! - before.counters[name]!]),
    );
    return { moved, shared: sharedBy(moved, before) };
  }
  const window = own?.counter_window ?? null;
  if (window === null || Object.keys(window.counters).length === 0) return "unknown";
  return { moved: window.counters, shared: window.shared };
}

/** The kernel has no more endpoints; a server that claims more is not believed. */
const MAX_ANNOUNCED = 64;

/**
 * The addresses that the server says it announces, with the connection's port where they have none. It announces
 * one after the other: where it counted fewer announcements than it has addresses, nobody knows which; null then.
 */
export function claimedAddresses(
  own: CheckAnswer | null,
  counters: CounterEvidence | "unknown",
  target: Endpoint,
): readonly string[] | null {
  const manager = own?.path_manager ?? null;
  const sent = counters === "unknown" ? undefined : counters.moved["MPTcpExtAddAddrTx"];
  if (manager === null || sent === undefined) return null;
  const announced = manager.endpoints.filter(({ flags }) => flags.includes("signal"))
    .filter(({ address }) => address.includes(":") === target.host.includes(":"))
    .map(({ address, port }) => Endpoint.of(address, port ?? target.port ?? 0).address)
    .filter((address) => address !== target.address);
  return announced.length <= Math.min(sent, MAX_ANNOUNCED) ? announced : null;
}

/** One SYN with the option may have been ours; more were not, nor were connections that were there before. */
function sharedBy(moved: Readonly<Record<string, number>>, before: CheckAnswer): Tristate {
  const arrived = moved["MPTcpExtMPCapableSYNRX"];
  // A gauge: the connections that the server has.
  const established = before.counters["MPTcpExtMPCurrEstab"];
  if ((arrived ?? 0) > 1 || (established ?? 0) > 0) return "yes";
  return arrived === undefined || established === undefined ? "unknown" : "no";
}

/** Whether two answers come from one program; `no` only where both say which they are. */
export function sameServer(one: CheckAnswer, other: CheckAnswer): Tristate {
  const [a, b] = [one.server.instance, other.server.instance];
  return a === null || b === null ? "unknown" : a === b ? "yes" : "no";
}

/** A subflow for the diagnosis. */
export function subflowEvidence(subflow: SubflowJson, index: number): SubflowEvidence {
  const resent = subflow.retransmits === null && subflow.backoff === null
    ? null
    : (subflow.retransmits ?? 0) + (subflow.backoff ?? 0) > 0;
  return {
    local: subflow.local,
    remote: subflow.remote,
    role: (subflow.join ?? index > 0) ? "join" : "first",
    state: stateOf(subflow.tcp_state),
    complete: tristate(subflow.fully_established),
    retransmitting: tristate(resent),
    resent: tristate(subflow.total_retransmits === null ? null : subflow.total_retransmits > 0),
    heldMs: "unknown",
    rttMs: "unknown",
  };
}

function stateOf(state: SubflowJson["tcp_state"]): SubflowEvidence["state"] {
  switch (state) {
    case "syn-sent":
    case "established":
      return state;
    case "unknown":
    case "syn-recv":
    case "listen":
      return "unknown";
    default:
      return "closing";
  }
}

function transportOf(transport: string | null): "tcp" | "mptcp" | "unknown" {
  return transport === "tcp" || transport === "mptcp" ? transport : "unknown";
}

function tristate(fact: boolean | null): Tristate {
  return fact === null ? "unknown" : fact ? "yes" : "no";
}

import { count, ok, unknown, warn } from "../check.ts";
import type { Facts } from "../facts.ts";
import type { Check } from "../result.ts";

type Get = (name: string) => number;

/** A pattern of counters that has one meaning: the check when it is there, else null. */
type Story = (get: Get, facts: Facts) => Check | null;

/** What happened to MPTCP in this network namespace since it began, as far as the counters tell. */
export function counterChecks(facts: Facts): readonly Check[] {
  const { counters } = facts;
  if (!counters.known) return [unknown("counters", "What happened to MPTCP so far", counters)];
  const get: Get = (name) => counters.value.get(`MPTcpExt${name}`) ?? 0;
  const known = [...counters.value.keys()].some((name) => name.startsWith("MPTcpExt"));
  // A kernel without MPTCP has no such counters, and another check says so
  if (!known) return [];
  return [summary(get), ...STORIES.map((story) => story(get, facts)).filter((check) => check !== null)];
}

function summary(get: Get): Check {
  const [asked, agreed, served] = [get("MPCapableSYNTX"), get("MPCapableSYNACKRX"), get("MPCapableACKRX")];
  const text = asked + served === 0
    ? "No MPTCP connection was made since this network namespace began."
    : `Since this network namespace began, ${agreed} of ${
      count(asked, "outgoing connection")
    } got MPTCP, and ${count(served, "incoming one")} used it.`;
  return ok("counters", text, `${agreed}/${asked} out, ${served} in`);
}

const blackhole: Story = (get, facts) => {
  const [declared, skipped] = [get("Blackhole"), get("MPCapableSYNTXDisabled")];
  if (declared + skipped === 0) return null;
  const timeout = facts.sysctls["net/mptcp/blackhole_timeout"];
  const seconds = timeout.known && timeout.value !== null ? timeout.value : "3600";
  return warn(
    "counter-blackhole",
    `MPTCP was switched off for a while because SYNs with MPTCP got no answer (${
      count(declared, "time")
    }), and ${count(skipped, "connection")} went without it. It may be off now.`,
    `Blackhole ${declared}, MPCapableSYNTXDisabled ${skipped}`,
    // Writing the value resets the state, also when it does not change
    `sysctl -w net.mptcp.blackhole_timeout=${seconds}`,
  );
};

const unansweredJoins: Story = (get) => {
  const [sent, answered] = [get("MPJoinSynTx"), get("MPJoinSynAckRx")];
  const missing = sent - answered;
  if (missing <= 0) return null;
  return warn(
    "counter-join-unanswered",
    `${missing} of ${
      count(sent, "further subflow")
    } that this host asked for got no answer: the path was dead, ` +
      "or something on it removes MP_JOIN, or the server refused.",
    `MPJoinSynTx ${sent}, MPJoinSynAckRx ${answered}`,
  );
};

const joinBindErrors: Story = (get) => {
  const errors = get("MPJoinSynTxBindErr");
  if (errors === 0) return null;
  return warn(
    "counter-join-bind",
    `${
      count(errors, "further subflow")
    } could not be opened: the address of the endpoint was not on this host.`,
    `MPJoinSynTxBindErr ${errors}`,
    "ip mptcp endpoint show",
  );
};

const joinConnectErrors: Story = (get) => {
  const errors = get("MPJoinSynTxConnectErr") + get("MPJoinSynTxCreatSkErr");
  if (errors === 0) return null;
  return warn(
    "counter-join-connect",
    `${
      count(errors, "further subflow")
    } could not be opened: there was no route from the endpoint's address.`,
    `MPJoinSynTxConnectErr ${get("MPJoinSynTxConnectErr")}, MPJoinSynTxCreatSkErr ${
      get("MPJoinSynTxCreatSkErr")
    }`,
    "ip mptcp endpoint show",
  );
};

const droppedAddresses: Story = (get) => {
  const dropped = get("AddAddrDrop");
  if (dropped === 0) return null;
  return warn(
    "counter-add-addr-dropped",
    `${
      count(dropped, "announced address", "announced addresses")
    } were not used, because the limit add_addr_accepted was reached.`,
    `AddAddrDrop ${dropped}`,
    "ip mptcp limits set add_addr_accepted 2",
  );
};

const rejectedJoins: Story = (get) => {
  const rejected = get("MPJoinRejected");
  if (rejected === 0) return null;
  return warn(
    "counter-join-rejected",
    `This host refused ${count(rejected, "subflow")} of its clients: the limit of subflows was reached.`,
    `MPJoinRejected ${rejected}`,
    "ip mptcp limits set subflows 8",
  );
};

const joinsNotCompleted: Story = (get) => {
  const [asked, done] = [get("MPJoinSynRx"), get("MPJoinAckRx")];
  const lost = asked - done - get("MPJoinRejected") - get("MPJoinNoTokenFound") -
    get("MPJoinAckHMacFailure");
  if (lost <= 0) return null;
  return warn(
    "counter-join-incomplete",
    `${lost} of ${count(asked, "subflow")} that clients opened to this host were not completed. A listener ` +
      "with TCP_DEFER_ACCEPT holds joins up, as Apache httpd's do by default: AcceptFilter http none.",
    `MPJoinSynRx ${asked}, MPJoinAckRx ${done}`,
  );
};

const strayJoins: Story = (get) => {
  const stray = get("MPJoinNoTokenFound");
  if (stray === 0) return null;
  return warn(
    "counter-join-stray",
    `${
      count(stray, "subflow")
    } came here for connections that this host does not have: a load balancer sent ` +
      "them to the wrong server, or the connection had ended.",
    `MPJoinNoTokenFound ${stray}`,
  );
};

const hmacFailures: Story = (get) => {
  const failures = get("MPJoinSynAckHMacFailure") + get("MPJoinAckHMacFailure");
  if (failures === 0) return null;
  return warn(
    "counter-join-hmac",
    `${
      count(failures, "subflow")
    } failed the proof of belonging to its connection: a proxy or a load balancer ` +
      "stands on the path.",
    `MPJoinSynAckHMacFailure ${get("MPJoinSynAckHMacFailure")}, MPJoinAckHMacFailure ${
      get("MPJoinAckHMacFailure")
    }`,
  );
};

const strippedLater: Story = (get) => {
  const [first, later] = [get("MPCapableDataFallback"), get("DssFallback")];
  const lost = first + later;
  // Connections that are cut off right after the handshake leave a few behind on any host
  const isRare = lost * 100 < get("MPCapableSYNACKRX") + get("MPCapableACKRX");
  if (lost === 0 || isRare) return null;
  return warn(
    "counter-options-stripped",
    `${
      count(lost, "connection")
    } lost MPTCP after the handshake: something on the path removes its options from ` +
      "later packets.",
    `MPCapableDataFallback ${first}, DssFallback ${later}`,
  );
};

const changedData: Story = (get) => {
  const errors = get("DataCsumErr");
  if (errors === 0) return null;
  return warn(
    "counter-data-changed",
    `${count(errors, "segment")} arrived with changed payload: something on the path rewrites data.`,
    `DataCsumErr ${errors}`,
  );
};

const STORIES: readonly Story[] = [
  blackhole,
  unansweredJoins,
  joinBindErrors,
  joinConnectErrors,
  droppedAddresses,
  rejectedJoins,
  joinsNotCompleted,
  strayJoins,
  hmacFailures,
  strippedLater,
  changedData,
];

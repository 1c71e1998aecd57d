import { fail, ok, unknown, warn } from "../check.ts";
import type { CheckCode } from "../codes.ts";
import type { Facts, SysctlPath } from "../facts.ts";
import type { Check } from "../result.ts";

/** A numeric setting: what a value means, and to what it is set when that is no good. */
interface Setting {
  readonly code: CheckCode;
  readonly path: SysctlPath;
  readonly isGood: (value: number) => boolean;
  readonly meaning: (value: number, facts: Facts) => string;
  /** The value to advise when the present one is not good. */
  readonly advice: number;
}

const always = (): boolean => true;

const SETTINGS: readonly Setting[] = [
  {
    code: "checksum",
    path: "net/mptcp/checksum_enabled",
    isGood: always,
    meaning: (value) =>
      value === 0
        ? "Data is sent without the MPTCP checksum, as is usual (net.mptcp.checksum_enabled)."
        : "Data is sent with the MPTCP checksum: changed payload is noticed, at the cost of throughput.",
    advice: 0,
  },
  {
    code: "join-initial-address",
    path: "net/mptcp/allow_join_initial_addr_port",
    isGood: (value) => value === 1,
    meaning: (value) =>
      value === 1
        ? "Clients may join on the address that they connected to."
        : "Clients are told not to join on the address that they connected to: they need an announced one. " +
          "That is right behind a load balancer only.",
    advice: 1,
  },
  {
    code: "blackhole-timeout",
    path: "net/mptcp/blackhole_timeout",
    isGood: always,
    meaning: (value) =>
      value === 0
        ? "Where MPTCP SYNs are dropped, every connection waits anew before it falls back to TCP " +
          "(net.mptcp.blackhole_timeout is 0)."
        : `Where MPTCP SYNs are dropped, MPTCP is switched off for all connections of this host, for ${value} s ` +
          "at first (net.mptcp.blackhole_timeout).",
    advice: 3600,
  },
  {
    code: "syn-retransmissions",
    path: "net/mptcp/syn_retrans_before_tcp_fallback",
    isGood: (value) => value <= 4,
    meaning: (value, facts) =>
      `A connection falls back to TCP after ${value} MPTCP SYNs were sent again without an answer, which takes ` +
      `${secondsOfSyns(value, linearTimeouts(facts))} s.`,
    advice: 2,
  },
  {
    code: "stale-loss-count",
    path: "net/mptcp/stale_loss_cnt",
    isGood: (value) => value > 0,
    meaning: (value) =>
      value > 0
        ? `A path is set aside after ${value} timeouts without progress.`
        : "A path that does not answer is never set aside: its data waits until the path ends " +
          "(net.mptcp.stale_loss_cnt is 0).",
    advice: 4,
  },
];

/**
 * How long it takes until a SYN that was sent again so often is sent once more, in seconds. RFC 6298 5.5 and 5.7: the
 * first wait is 1 s, and they double; Linux since 6.5 lets the first timeouts go by without (tcp_syn_linear_timeouts).
 */
function secondsOfSyns(again: number, linear: number): number {
  let [seconds, wait] = [0, 1];
  for (let timeouts = 1; timeouts <= again + 1; timeouts++) {
    seconds += wait;
    if (timeouts > linear) wait *= 2;
  }
  return seconds;
}

function linearTimeouts({ sysctls }: Facts): number {
  const fact = sysctls["net/ipv4/tcp_syn_linear_timeouts"];
  return fact.known && fact.value !== null ? Number(fact.value) : 0;
}

/** The settings in net.mptcp. */
export function sysctlChecks(facts: Facts): readonly Check[] {
  return [...enabled(facts), ...SETTINGS.flatMap((each) => setting(facts, each)), ...scheduler(facts)];
}

/** Whether a program decides about subflows, and not the kernel; null when it is not known. */
export function isUserspaceManaged(facts: Facts): boolean | null {
  const manager = facts.sysctls["net/mptcp/path_manager"];
  // Since Linux 6.15 by name; before, net.mptcp.pm_type says the same with a number
  if (manager.known && manager.value !== null) return manager.value !== "kernel";
  const type = facts.sysctls["net/mptcp/pm_type"];
  if (type.known && type.value !== null) return type.value !== "0";
  return manager.known && type.known ? false : null;
}

function enabled(facts: Facts): readonly Check[] {
  const { mptcpSocket } = facts;
  // Of a socket that was refused for this reason another check tells
  if (mptcpSocket.known && mptcpSocket.value?.code === "ERR_MPTCP_DISABLED") return [];
  const fact = facts.sysctls["net/mptcp/enabled"];
  const code = "enabled";
  if (!fact.known) return [unknown(code, "net.mptcp.enabled", fact)];
  if (fact.value === null) return [];
  return [
    fact.value === "1" ? ok(code, "New MPTCP sockets are allowed (net.mptcp.enabled).", 1) : fail(
      code,
      `New MPTCP sockets are refused: net.mptcp.enabled is ${fact.value}.`,
      Number(fact.value),
      "sysctl -w net.mptcp.enabled=1",
    ),
  ];
}

/** A setting that this kernel does not have is no finding; kernels without MPTCP have none of them. */
function setting(facts: Facts, { code, path, isGood, meaning, advice }: Setting): readonly Check[] {
  const fact = facts.sysctls[path];
  const name = path.replaceAll("/", ".");
  if (!fact.known) return [unknown(code, name, fact)];
  if (fact.value === null || !/^\d+$/.test(fact.value)) return [];
  const value = Number(fact.value);
  if (isGood(value)) return [ok(code, meaning(value, facts), value)];
  return [warn(code, meaning(value, facts), value, `sysctl -w ${name}=${advice}`)];
}

function scheduler(facts: Facts): readonly Check[] {
  const fact = facts.sysctls["net/mptcp/scheduler"];
  if (!fact.known) return [unknown("scheduler", "net.mptcp.scheduler", fact)];
  if (fact.value === null) return [];
  return [ok("scheduler", `The packet scheduler is ${fact.value} (net.mptcp.scheduler).`, fact.value)];
}

import type { Tristate } from "../../base/path.ts";

/** How a connect ended. `not-tried` and `unknown` say nothing about the network. */
export type ConnectOutcome =
  | "connected"
  | "refused"
  | "timed-out"
  | "unreachable"
  | "reset"
  | "failed-here"
  | "not-tried"
  | "unknown";

/** How an exchange of data ended. `silent` is no answer by the deadline. */
export type DataOutcome = "answered" | "silent" | "closed" | "reset" | "not-sent" | "unknown";

/** One connection attempt and what came of its data. */
export interface AttemptEvidence {
  /** How the connect ended. */
  readonly outcome: ConnectOutcome;
  /** How long the connect took until it succeeded or failed, in milliseconds. */
  readonly ms: number | "unknown";
  /** The first request and its answer. */
  readonly data: DataOutcome;
  /** The longer transfer after it. */
  readonly transfer: DataOutcome;
}

/** Plain TCP beside it. */
export interface ControlEvidence extends AttemptEvidence {
  /** Whether either end had to send its SYN or much of its data again: the way loses packets, whatever they carry. */
  readonly resent: Tristate;
}

/** The MPTCP attempt. */
export interface MptcpEvidence extends AttemptEvidence {
  /** Whether both ends spoke MPTCP right after the connect. */
  readonly afterConnect: Tristate;
  /** Whether they did after the first answer. */
  readonly afterData: Tristate;
  /** Whether they did at the end of the probe. */
  readonly atEnd: Tristate;
}

/** Why MPTCP can or cannot be used on this host. */
export type KernelMptcp = "usable" | "disabled" | "missing" | "forbidden" | "unknown";

/** An address that this host's path manager opens subflows from. */
export interface LocalEndpoint {
  /** The id by which `ip mptcp endpoint` knows it. */
  readonly id: number;
  /** The address without a port. */
  readonly address: string;
  /** The address family. */
  readonly family: 4 | 6;
  /** The interface it is bound to; null without one. */
  readonly interface: string | null;
  /** Subflows are opened from it. */
  readonly subflow: boolean;
  /** It is announced to the other end. */
  readonly signal: boolean;
  /** Subflows are opened from it to every address of the other end. */
  readonly fullmesh: boolean;
  /** Its subflows are backups. */
  readonly backup: boolean;
  /** Whether an interface of this host holds the address. */
  readonly onHost: Tristate;
}

/** What this host's path manager is set to. */
export interface PathManagerEvidence {
  /** Who decides about subflows. */
  readonly kind: "kernel" | "userspace" | "unknown";
  /** Further subflows that a connection may have. */
  readonly subflows: number;
  /** Announced addresses that a connection may use. */
  readonly addAddrAccepted: number;
  /** The addresses. */
  readonly endpoints: readonly LocalEndpoint[];
}

/** This host. */
export interface HostEvidence {
  /** Whether MPTCP can be used. */
  readonly mptcp: KernelMptcp;
  /** The reason in words, where there is one. */
  readonly reason: string | null;
  /** The path manager's settings. */
  readonly pathManager: PathManagerEvidence | "unknown";
  /** `net.mptcp.blackhole_timeout` in seconds; 0 is off. */
  readonly blackholeTimeoutS: number | "unknown";
  /** Its addresses on interfaces that are up, without those of loopback and of one link alone. */
  readonly addresses: readonly HostAddress[] | "unknown";
}

/** An address of this host. */
export interface HostAddress {
  /** The address without a port. */
  readonly address: string;
  /** The address family. */
  readonly family: 4 | 6;
  /** The interface that holds it. */
  readonly interface: string;
}

/** Counters of a network namespace over the time of the attempt, by the names that `nstat` prints. */
export interface CounterEvidence {
  /** By how much each moved; a counter that this kernel does not have is absent. */
  readonly moved: Readonly<Record<string, number>>;
  /** Whether other MPTCP connections were counted as well. */
  readonly shared: Tristate;
}

/** One subflow as one end sees it. */
export interface SubflowEvidence {
  /** Address and port on the side of that end. */
  readonly local: string;
  /** Address and port of the other side. */
  readonly remote: string;
  /** The first subflow, or one that joined. */
  readonly role: "first" | "join";
  /** The state of the TCP socket. */
  readonly state: "syn-sent" | "established" | "closing" | "gone" | "unknown";
  /** Whether its MPTCP handshake is complete, so that it carries data. */
  readonly complete: Tristate;
  /** Whether it waits for the acknowledgement of data that it sent again. */
  readonly retransmitting: Tristate;
  /** Whether it ever sent anything again, its SYN included. */
  readonly resent: Tristate;
  /** For how long it was seen waiting before it could carry data, in milliseconds: at least so long. */
  readonly heldMs: number | "unknown";
  /** The shortest round-trip time of its way, in milliseconds. */
  readonly rttMs: number | "unknown";
}

/** Bytes of a connection on its subflows and at the level of MPTCP. */
export interface ByteEvidence {
  /** Acknowledged by TCP, over all subflows. */
  readonly subflowsAcked: number;
  /** Acknowledged by MPTCP. */
  readonly connectionAcked: number;
  /** Received by TCP, over all subflows. */
  readonly subflowsReceived: number;
  /** Received by MPTCP. */
  readonly connectionReceived: number;
}

/** What one end knows of the connection. */
export interface EndEvidence {
  /** Its counters. */
  readonly counters: CounterEvidence | "unknown";
  /** The subflows, also those that came and went, as far as they were seen. */
  readonly subflows: readonly SubflowEvidence[] | "unknown";
  /** Bytes at its end. */
  readonly bytes: ByteEvidence | "unknown";
}

/** The other end; its claims are a stranger's. */
export interface ServerEvidence extends EndEvidence {
  /** `mpt serve`, or another program. */
  readonly kind: "mpt" | "other" | "unknown";
  /** What it calls itself; null when it does not say. */
  readonly name: string | null;
  /** The transport of its listener. */
  readonly listener: "tcp" | "mptcp" | "unknown";
  /** The transport in force as it sees it. */
  readonly inForce: "tcp" | "mptcp" | "unknown";
  /** The client's address and port of the first path as they arrived there; null when it does not say. */
  readonly seesClientAt: string | null;
  /** Whether its listener hands out connections only once they have data (TCP_DEFER_ACCEPT). */
  readonly deferAccept: Tristate;
  /** Whether it lets further subflows come to its first address (`net.mptcp.allow_join_initial_addr_port`). */
  readonly initialJoins: Tristate;
}

/** A SYN of this host as it arrived at the SYN mirror of the other end. */
export interface MirrorEvidence {
  /** Whether it carried MP_CAPABLE. */
  readonly option: Tristate;
  /** How many NOP options in a row it had at most: 4 stand where an MPTCP option was blanked out. */
  readonly nops: number;
  /** The TTL or hop limit that was left. */
  readonly ttl: number | "unknown";
  /** This end's address and port of that connection. */
  readonly local: string;
  /** The same as they arrived there. */
  readonly seenAs: string;
  /** Whether the maximum segment size arrived as it was sent. A proxy sends its own. */
  readonly sameMss: Tristate;
}

/** A plain TCP connection over the way of a join. */
export interface JoinControl {
  /** The local address without a port. */
  readonly local: string;
  /** The remote address and port. */
  readonly remote: string;
  /** How its connect ended. */
  readonly outcome: ConnectOutcome;
  /** Whether the same program answered there as on the first path. */
  readonly sameServer: Tristate;
  /** Whether either end had to send its SYN or much of its data again. */
  readonly resent: Tristate;
}

/** An event of the kernel's path manager that is about this connection. */
export interface EventEvidence {
  /** What happened. */
  readonly kind: "established" | "announced" | "removed" | "subflow-established" | "subflow-closed" | "other";
  /** This side's address without a port; null when the event has none. */
  readonly local: string | null;
  /** The other side's. */
  readonly remote: string | null;
  /** The name of the errno of a subflow that closed, such as `ECONNREFUSED`; null without one. */
  readonly error: string | null;
  /** The reason of a reset (RFC 8684 3.6); null without one. */
  readonly resetReason: number | null;
  /** Whether the other end denies joins to its first address. */
  readonly denyInitialJoins: Tristate;
}

/** What the wait for further subflows was. */
export interface JoinWaitEvidence {
  /** How long the probe looked for them, in milliseconds; 0 is not at all. */
  readonly waitedMs: number;
  /** Plain TCP over the way of joins that came to nothing. */
  readonly controls: readonly JoinControl[];
  /** Addresses that the other end announced: those of which the kernel told, and those that the server claims. */
  readonly announced: readonly string[] | "unknown";
  /** This side's address of each path that carried data before the transfer, and was gone after it. */
  readonly lost: readonly string[];
}

/** Everything that either end knows about one attempt to use MPTCP to one address. */
export interface Evidence {
  /** Address and port of the target. */
  readonly target: string;
  /** This host. */
  readonly host: HostEvidence;
  /** Plain TCP, the control. */
  readonly tcp: ControlEvidence;
  /** MPTCP. */
  readonly mptcp: MptcpEvidence;
  /** This end of the MPTCP connection. */
  readonly client: EndEvidence;
  /** The other end of it. */
  readonly server: ServerEvidence;
  /** The SYN of an MPTCP socket at the mirror. */
  readonly mirror: MirrorEvidence | "unknown";
  /** The SYN of a plain TCP socket at the mirror. */
  readonly plainMirror: MirrorEvidence | "unknown";
  /** The wait for further subflows. */
  readonly joins: JoinWaitEvidence;
  /** The path manager's events; they need CAP_NET_ADMIN. */
  readonly events: readonly EventEvidence[] | "unknown";
}

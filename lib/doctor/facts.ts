import type { MptErrorCode } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import type { DatagramBackend } from "../io/datagram_socket.ts";
import type { Counters } from "../mptcp/counters.ts";
import type { LocalAddress } from "../netlink/interfaces.ts";
import type { Link } from "../netlink/link.ts";
import type { PathManager } from "../netlink/path_manager.ts";
import type { Fact } from "./fact.ts";

/** The settings of the kernel that are looked at, by their paths below /proc/sys. */
export const SYSCTLS = [
  "net/mptcp/enabled",
  "net/mptcp/checksum_enabled",
  "net/mptcp/allow_join_initial_addr_port",
  "net/mptcp/blackhole_timeout",
  "net/mptcp/syn_retrans_before_tcp_fallback",
  "net/mptcp/path_manager",
  "net/mptcp/pm_type",
  "net/mptcp/scheduler",
  "net/mptcp/stale_loss_cnt",
  "net/ipv4/tcp_congestion_control",
  "net/ipv4/tcp_syn_linear_timeouts",
] as const;

/** The path of a setting below /proc/sys. */
export type SysctlPath = typeof SYSCTLS[number];

/** Why an MPTCP socket could not be opened. */
export interface SocketProblem {
  readonly code: MptErrorCode;
  readonly reason: string;
  readonly errno: string | null;
  readonly fix: string | null;
}

/** How packets from one address leave this host. */
export interface SourceRoute {
  readonly address: LocalAddress;
  /** Where the packets were asked about: an address of documentation that is on no link here. */
  readonly destination: Ip;
  /** The interface that packets from the address leave by; null when there is no route. */
  readonly interfaceIndex: number | null;
  /** The same for a socket that is bound to the address's own interface. */
  readonly boundInterfaceIndex: number | null;
  /** Whether some default route leads through the address's own interface. */
  readonly hasDefaultRoute: boolean;
  /** The router of that default route; null when there is none or it needs none. */
  readonly gateway: Ip | null;
}

/** The routes of this host, as far as they matter here. */
export interface Routing {
  readonly sources: readonly SourceRoute[];
  /** The interface that connections leave by when nobody chooses; null when there is no route. */
  readonly defaultInterface: { readonly 4: number | null; readonly 6: number | null };
  /** The numbers of tables that have routes or rules, so that an advice does not take one of them. */
  readonly usedTables: readonly number[];
}

/** How far Deno lets this program go. */
export type Grant = "granted" | "partial" | "missing";

/** The permissions that mpt uses. */
export const PERMISSIONS = ["net", "ffi", "sys", "env", "write"] as const;

/** The name of a permission of Deno. */
export type PermissionName = typeof PERMISSIONS[number];

/** Everything that the checks look at. */
export interface Facts {
  /** As Deno names it. */
  readonly os: string;
  readonly kernelRelease: Fact<string>;
  /** Null when an MPTCP socket can be opened. */
  readonly mptcpSocket: Fact<SocketProblem | null>;
  /** Whether `MPTCP_FULL_INFO` exists, the one atomic picture of all subflows (Linux 6.5). */
  readonly fullInfo: Fact<boolean>;
  /** Whether MPTCP sockets can be listed (CONFIG_INET_MPTCP_DIAG). */
  readonly sockDiag: Fact<boolean>;
  /** Each value; null when this kernel does not have the setting. */
  readonly sysctls: Readonly<Record<SysctlPath, Fact<string | null>>>;
  readonly pathManager: Fact<PathManager>;
  readonly links: Fact<readonly Link[]>;
  readonly addresses: Fact<readonly LocalAddress[]>;
  readonly routing: Fact<Routing>;
  /** `rp_filter` of `all` and of each interface by name. */
  readonly reversePathFilter: Fact<ReadonlyMap<string, number>>;
  readonly counters: Fact<Counters>;
  readonly permissions: Readonly<Record<PermissionName, Grant>>;
  /** What protects the packets of QUIC, and why it is nothing faster; null for the fastest. */
  readonly packetProtection: { readonly backend: string; readonly reason: string | null };
  /** What sends the datagrams of QUIC, and why it is nothing faster; null for the fastest. */
  readonly datagramSockets: { readonly backend: DatagramBackend; readonly reason: string | null };
  /** How much of what QUIC asks for the kernel gives to a UDP socket, in bytes. */
  readonly udpBuffers: Fact<{ readonly receive: number; readonly send: number; readonly wanted: number }>;
  /** The errno of switching an offload of UDP on; null when it works. */
  readonly udpOffload: Fact<{ readonly gso: string | null; readonly gro: string | null }>;
}

/** A level of socket options and its number. */
export type SockoptLevel = "SOL_SOCKET" | "SOL_TCP" | "SOL_IP" | "SOL_IPV6";

/** The numbers of the levels. */
export const LEVELS: Readonly<Record<SockoptLevel, number>> = {
  SOL_SOCKET: 1,
  SOL_TCP: 6,
  SOL_IP: 0,
  SOL_IPV6: 41,
};

/** An option to try: what it is called, its number, and how to set it without harm. */
export interface SockoptRow {
  readonly level: SockoptLevel;
  readonly option: string;
  readonly number: number;
  /** What to set it to; null for options that can only be read. */
  readonly value: Uint8Array<ArrayBuffer> | null;
  /** Whether it can be read. */
  readonly readable: boolean;
  readonly note: string | null;
}

type Value = number | Uint8Array<ArrayBuffer> | null;

interface Extra {
  readonly readable?: boolean;
  readonly note?: string;
}

function row(
  level: SockoptLevel,
  option: string,
  number: number,
  value: Value,
  extra: Extra = {},
): SockoptRow {
  return {
    level,
    option,
    number,
    value: typeof value === "number" ? int(value) : value,
    readable: extra.readable ?? true,
    note: extra.note ?? null,
  };
}

function int(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

function text(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(value);
}

/** `struct tcp_md5sig` for 127.0.0.1: sockaddr_storage, flags, prefix length, u16 key length @130, key @136. */
function md5Key(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(216);
  bytes.set([2, 0, 0, 0, 127, 0, 0, 1]);
  bytes[130] = 4;
  bytes.set(text("key!"), 136);
  return bytes;
}

/**
 * The options that programs set on TCP sockets, with the numbers of asm-generic (x86-64, arm64). Values are the
 * defaults, or such as leave a connection on loopback alone.
 */
export const SOCKOPTS: readonly SockoptRow[] = [
  row("SOL_SOCKET", "SO_REUSEADDR", 2, 1),
  row("SOL_SOCKET", "SO_REUSEPORT", 15, 1),
  row("SOL_SOCKET", "SO_KEEPALIVE", 9, 1),
  row("SOL_SOCKET", "SO_LINGER", 13, new Uint8Array(8)),
  row("SOL_SOCKET", "SO_SNDBUF", 7, 65536),
  row("SOL_SOCKET", "SO_RCVBUF", 8, 65536),
  row("SOL_SOCKET", "SO_SNDBUFFORCE", 32, 65536, { readable: false }),
  row("SOL_SOCKET", "SO_RCVBUFFORCE", 33, 65536, { readable: false }),
  row("SOL_SOCKET", "SO_RCVLOWAT", 18, 1),
  row("SOL_SOCKET", "SO_RCVTIMEO", 20, new Uint8Array(16)),
  row("SOL_SOCKET", "SO_SNDTIMEO", 21, new Uint8Array(16)),
  row("SOL_SOCKET", "SO_OOBINLINE", 10, 0),
  row("SOL_SOCKET", "SO_PRIORITY", 12, 0),
  row("SOL_SOCKET", "SO_MARK", 36, 0),
  row("SOL_SOCKET", "SO_BINDTODEVICE", 25, text("lo\0")),
  row("SOL_SOCKET", "SO_BINDTOIFINDEX", 62, 0),
  row("SOL_SOCKET", "SO_TIMESTAMP", 29, 0),
  row("SOL_SOCKET", "SO_TIMESTAMPING", 37, 0),
  row("SOL_SOCKET", "SO_INCOMING_CPU", 49, 0),
  row("SOL_SOCKET", "SO_BUSY_POLL", 46, 0),
  row("SOL_SOCKET", "SO_MAX_PACING_RATE", 47, -1, { note: "iperf3 --fq-rate" }),
  row("SOL_SOCKET", "SO_ZEROCOPY", 60, 1, { note: "programs that send with MSG_ZEROCOPY" }),
  row("SOL_SOCKET", "SO_PEEK_OFF", 42, -1),
  row("SOL_SOCKET", "SO_TXREHASH", 74, 1),
  row("SOL_SOCKET", "SO_PROTOCOL", 38, null, { note: "says 262 after a fallback to TCP too" }),

  row("SOL_TCP", "TCP_NODELAY", 1, 1),
  row("SOL_TCP", "TCP_CORK", 3, 0),
  row("SOL_TCP", "TCP_MAXSEG", 2, 1000, {
    note: "refused by Linux 6.12 and older: programs that lower the segment size",
  }),
  row("SOL_TCP", "TCP_KEEPIDLE", 4, 60),
  row("SOL_TCP", "TCP_KEEPINTVL", 5, 60),
  row("SOL_TCP", "TCP_KEEPCNT", 6, 5),
  row("SOL_TCP", "TCP_CONGESTION", 13, text("reno")),
  row("SOL_TCP", "TCP_NOTSENT_LOWAT", 25, -1),
  row("SOL_TCP", "TCP_INQ", 36, 1),
  row("SOL_TCP", "TCP_DEFER_ACCEPT", 9, 1, {
    note:
      "accepted, but delays every join: Apache httpd's AcceptFilter, nginx deferred, HAProxy defer-accept",
  }),
  row("SOL_TCP", "TCP_FASTOPEN", 23, 5),
  row("SOL_TCP", "TCP_FASTOPEN_CONNECT", 30, 1),
  row("SOL_TCP", "TCP_FASTOPEN_NO_COOKIE", 34, 0),
  row("SOL_TCP", "TCP_USER_TIMEOUT", 18, 30000, { note: "Tailscale's derper; HAProxy tcp-ut" }),
  row("SOL_TCP", "TCP_SYNCNT", 7, 6),
  row("SOL_TCP", "TCP_LINGER2", 8, 60),
  row("SOL_TCP", "TCP_WINDOW_CLAMP", 10, 65536),
  row("SOL_TCP", "TCP_QUICKACK", 12, 1, { note: "HAProxy, which goes on without it" }),
  row("SOL_TCP", "TCP_THIN_LINEAR_TIMEOUTS", 16, 0),
  row("SOL_TCP", "TCP_TIMESTAMP", 24, 0),
  row("SOL_TCP", "TCP_SAVE_SYN", 27, 1, { note: "HAProxy fingerprints, which go on without it" }),
  row("SOL_TCP", "TCP_TX_DELAY", 37, 0),
  row("SOL_TCP", "TCP_RTO_MAX_MS", 44, 120000),
  row("SOL_TCP", "TCP_MD5SIG", 14, md5Key(), {
    readable: false,
    note: "BGP daemons: GoBGP and Go's MD5 option",
  }),
  row("SOL_TCP", "TCP_REPAIR", 19, 1, { note: "CRIU, which moves connections between machines" }),
  row("SOL_TCP", "TCP_ULP", 31, text("tls\0"), { note: "kernel TLS" }),
  row("SOL_TCP", "TCP_INFO", 11, null, { note: "tells of the first subflow only" }),
  row("SOL_TCP", "TCP_CC_INFO", 26, null, { note: "tells of the first subflow only" }),
  row("SOL_TCP", "TCP_ZEROCOPY_RECEIVE", 35, null),
  row("SOL_TCP", "TCP_IS_MPTCP", 43, null, {
    note: "says 1 before the connection is made, whatever comes of it",
  }),

  row("SOL_IP", "IP_TOS", 1, 0),
  row("SOL_IP", "IP_TTL", 2, 64),
  row("SOL_IP", "IP_MINTTL", 21, 0, { note: "BGP daemons: TTL security" }),
  row("SOL_IP", "IP_MTU", 14, null),
  row("SOL_IP", "IP_MTU_DISCOVER", 10, 1),
  row("SOL_IP", "IP_RECVERR", 11, 0),
  row("SOL_IP", "IP_RECVTOS", 13, 0),
  row("SOL_IP", "IP_PKTINFO", 8, 0),
  row("SOL_IP", "IP_FREEBIND", 15, 1),
  row("SOL_IP", "IP_TRANSPARENT", 19, 1),
  row("SOL_IP", "IP_BIND_ADDRESS_NO_PORT", 24, 1),
  row("SOL_IP", "IP_LOCAL_PORT_RANGE", 51, 0),
  row("SOL_IP", "IP_UNICAST_IF", 50, 0),

  row("SOL_IPV6", "IPV6_V6ONLY", 26, 1),
  row("SOL_IPV6", "IPV6_TCLASS", 67, 0, { note: "OpenSSH IPQoS over IPv6, which goes on without it" }),
  row("SOL_IPV6", "IPV6_UNICAST_HOPS", 16, 64),
  row("SOL_IPV6", "IPV6_MTU", 24, null),
  row("SOL_IPV6", "IPV6_MTU_DISCOVER", 23, 1),
  row("SOL_IPV6", "IPV6_ADDR_PREFERENCES", 72, 2),
  row("SOL_IPV6", "IPV6_FREEBIND", 78, 1),
  row("SOL_IPV6", "IPV6_TRANSPARENT", 75, 1),
];

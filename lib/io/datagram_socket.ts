import type { Endpoint } from "../base/endpoint.ts";
import type { Ip } from "../base/ip.ts";

/** What a datagram socket is made of: system calls, `Deno.listenDatagram`, or `node:dgram`. */
export type DatagramBackend = "ffi" | "deno" | "node";

/**
 * The two bits of RFC 3168 5: 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE; -1 where the backend cannot tell.
 */
export type EcnMark = -1 | 0 | 1 | 2 | 3;

/** What a backend can do beyond sending and receiving; where it cannot, the option of `send` does nothing. */
export interface DatagramFeatures {
  /** Whether a batch of equal segments is one system call. */
  readonly segmentation: boolean;
  /** Whether marks are set and told. */
  readonly ecn: boolean;
  /** Whether a socket on a wildcard address tells which address a datagram came to, and can answer from it. */
  readonly packetInfo: boolean;
  /** Whether IP fragmentation is off, so that a datagram larger than the path's MTU is lost and not cut. */
  readonly dontFragment: boolean;
  /** Whether a socket with a `remote` hears that nobody listens there. */
  readonly reports: boolean;
}

/**
 * Takes one datagram: the bytes `[start, end)` of the buffer, which are valid inside the call only and may be
 * changed in place.
 *
 * @param buffer A buffer of the socket.
 * @param start Where the datagram begins.
 * @param end Where it ends.
 * @param remote Who sent it. The same peer mostly gives the same object; compare by `equals` all the same.
 * @param local The address it came to; that of the socket where the backend cannot tell.
 * @param ecn Its mark.
 * @param interfaceIndex The index of the interface it came by; 0 where the backend cannot tell.
 */
export type DatagramHandler = (
  buffer: Uint8Array<ArrayBuffer>,
  start: number,
  end: number,
  remote: Endpoint,
  local: Endpoint,
  ecn: EcnMark,
  interfaceIndex: number,
) => void;

/** Options of one {@linkcode DatagramSocket.send}. */
export interface DatagramSendOptions {
  /** The bytes are a batch of datagrams of this size, the last one may be shorter. @default {0} one datagram */
  readonly segmentBytes?: number;
  /** The mark, 0 to 3. @default {0} */
  readonly ecn?: 0 | 1 | 2 | 3;
  /** The address of this host to send from, as a datagram's `local` told. @default {undefined} the socket's */
  readonly from?: Endpoint;
}

/**
 * What became of a send:
 *
 * - `sent`: the kernel has taken all of it.
 * - `blocked`: it has no room. Wait for `writable()`, then send what is left.
 * - `too-large`: larger than the MTU of the interface, or than any datagram can be.
 * - `unreachable`: this host has no route to it.
 * - `denied`: a firewall rule of this host, or a missing privilege.
 * - `bad-source`: the address to send from is not, or no longer, on this host.
 * - `dropped`: the kernel was out of memory; to the peer it is a lost packet.
 */
export type SendOutcome =
  | "sent"
  | "blocked"
  | "too-large"
  | "unreachable"
  | "denied"
  | "bad-source"
  | "dropped";

/**
 * What came back for an earlier datagram: `refused` (nobody listens on that port), `unreachable`, `denied`.
 * ICMP is not authenticated, so this is a hint and no verdict.
 */
export type DatagramReport = "refused" | "unreachable" | "denied";

/** Options of {@linkcode openDatagramSocket}. */
export interface DatagramSocketOptions {
  /** The address to bind to; `0.0.0.0` or `::` are all of this host. */
  readonly address: Ip;
  /** The port, 0 for any free one. @default {0} */
  readonly port?: number;
  /** The only peer. The kernel then passes on what ICMP says about it. @default {undefined} any */
  readonly remote?: Endpoint;
  /** Whether a socket on `::` also takes IPv4. @default {true} */
  readonly dualStack?: boolean;
  /** Bind to this interface (SO_BINDTODEVICE), such as `wlan0`; FFI only. @default {undefined} any */
  readonly interface?: string;
  /** Whether IP may fragment what is too large for the path; FFI only. @default {false} */
  readonly fragment?: boolean;
  /** Wanted size of the kernel's receive buffer in bytes; it gives what it may. @default {4194304} */
  readonly receiveBufferBytes?: number;
  /** Wanted size of the kernel's send buffer in bytes; it gives what it may. @default {4194304} */
  readonly sendBufferBytes?: number;
  /** Shortest time between two wakes under a stream of datagrams, in microseconds; 0 is none. @default {300} */
  readonly wakeIntervalUs?: number;
  /** Use this backend and no other. @default {undefined} the best one there is */
  readonly backend?: DatagramBackend;
}

/** The defaults of the options above. */
export const DEFAULT_BUFFER_BYTES = 4_194_304;
export const DEFAULT_WAKE_INTERVAL_US = 300;

/**
 * A UDP socket for a protocol that paces, batches and reads without garbage: `while (await socket.readable())
 * socket.receive(handler);`. All backends behave alike; they differ in speed and in `features`.
 */
export interface DatagramSocket extends AsyncDisposable {
  /** What it is made of. */
  readonly backend: DatagramBackend;
  /** Why it is not made of something better, in words; null for the best, and for one that was asked for. */
  readonly backendReason: string | null;
  /** What it can do. A batch that the network card refuses turns `segmentation` off. */
  readonly features: DatagramFeatures;
  /** The address and the port, the real one where 0 was asked for. */
  readonly local: Endpoint;
  /** Size of the kernel's receive buffer in bytes, or null where the backend cannot tell. */
  readonly receiveBufferBytes: number | null;
  /** How many datagrams came and found no room, or null where the backend cannot tell. */
  readonly dropped: number | null;
  /** How many bytes the last `send` handed over: all of them, or those of the first datagrams of a batch. */
  readonly sentBytes: number;

  /**
   * Hands over what has arrived, until there is no more or a bounded number of datagrams was handed over. It
   * never waits. An exception of the handler goes through; the rest of the batch is then lost.
   *
   * @param onDatagram Takes each datagram. It may call anything but `receive`.
   * @returns How many it was; 0 when nothing is there or the socket is closed.
   * @throws {MptError} `ERR_USAGE` when the handler calls it.
   */
  receive(onDatagram: DatagramHandler): number;

  /**
   * Waits until there may be datagrams or a report; there may as well be none. Under a stream of datagrams it
   * also waits for a few more of them.
   *
   * @param signal Ends the wait.
   * @returns True, or false when the socket was closed or the signal aborted.
   */
  readable(signal?: AbortSignal): Promise<boolean>;

  /**
   * Sends one datagram, or a batch of them to one peer. It never waits, and the bytes may change afterwards.
   *
   * @param buffer Holds the bytes. The fewer different buffer objects are used, the faster.
   * @param start Where they begin.
   * @param end Where they end.
   * @param remote The peer, as an address with a port. The fewer different objects, the faster.
   * @param options Batch, mark, source.
   * @returns What became of it; see {@linkcode DatagramSocket.sentBytes} for a batch that was cut short.
   * @throws {MptError} `ERR_CLOSED`, `ERR_NET_PERMISSION`, `ERR_INVALID_VALUE` for a range outside the buffer
   *   or segments of no size, `ERR_INVALID_ADDRESS` for a peer of another address family than the socket's.
   */
  send(
    buffer: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    remote: Endpoint,
    options?: DatagramSendOptions,
  ): SendOutcome;

  /** Waits until there may be room for a send. True, or false when closed or aborted. */
  writable(signal?: AbortSignal): Promise<boolean>;

  /** What came back for an earlier datagram since the last call, or null. */
  takeReport(): DatagramReport | null;

  /** Closes it; waits that are under way end with false. */
  close(): Promise<void>;
}

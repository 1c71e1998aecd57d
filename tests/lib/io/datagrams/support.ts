import assert from "node:assert/strict";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { MptError, type MptErrorCode } from "../../../../lib/base/errors.ts";
import { Ip } from "../../../../lib/base/ip.ts";
import type {
  DatagramBackend,
  DatagramSendOptions,
  DatagramSocket,
  DatagramSocketOptions,
  EcnMark,
} from "../../../../lib/io/datagram_socket.ts";
import { deadline } from "../../../../lib/io/deadline.ts";
import { openDatagramSocket } from "../../../../lib/io/open_datagram_socket.ts";
import type { Need } from "../../../support/requires.ts";
import "../../../support/open_libc.ts";

/** A backend as the suite sees it. */
export interface BackendUnderTest {
  readonly backend: DatagramBackend;
  /** What the other end is made of. */
  readonly peer: DatagramBackend;
  /** What must be there to run it at all. */
  readonly needs: readonly Need[];
}

/** A test that is not registered yet. */
export interface Case {
  /** What holds, to be read after the name of the backend. */
  readonly claim: string;
  readonly run: () => Promise<void>;
}

/** A datagram that was received, copied. */
export interface Arrived {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly ecn: EcnMark;
  readonly interfaceIndex: number;
}

export const V4: Ip = Ip.parse("127.0.0.1");
export const V6: Ip = Ip.parse("::1");

/** One address of each family. */
export const FAMILIES: readonly Ip[] = [V4, V6];

/** How long a datagram may take on this host before it counts as lost, in milliseconds. */
const LOST_MS = 10_000;

/** Two sockets of this host. */
export interface Pair extends AsyncDisposable {
  /** The one under test. */
  readonly near: DatagramSocket;
  readonly far: DatagramSocket;
}

/** Two sockets on an address; leaving the scope closes them. */
export async function pair(
  { backend, peer }: BackendUnderTest,
  address: Ip = V4,
  options: Partial<DatagramSocketOptions> = {},
): Promise<Pair> {
  const near = await openDatagramSocket({ address, backend, ...options });
  const far = await openDatagramSocket({ address, backend: peer });
  return {
    near,
    far,
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all([near.close(), far.close()]);
    },
  };
}

/** The next datagrams of a socket, in the order of their arrival. */
export async function take(socket: DatagramSocket, count: number): Promise<readonly Arrived[]> {
  const arrived: Arrived[] = [];
  using limit = deadline(LOST_MS);
  while (arrived.length < count) {
    assert(await socket.readable(limit.signal), `only ${arrived.length} of ${count} datagrams arrived`);
    socket.receive((buffer, start, end, remote, local, ecn, interfaceIndex) => {
      arrived.push({ bytes: buffer.slice(start, end), remote, local, ecn, interfaceIndex });
    });
  }
  assert.equal(arrived.length, count);
  return arrived;
}

/** The next report of a socket. */
export async function takeReport(socket: DatagramSocket): Promise<string> {
  using limit = deadline(LOST_MS);
  for (;;) {
    assert(await socket.readable(limit.signal), "no report came");
    socket.receive(() => {});
    const report = socket.takeReport();
    if (report !== null) return report;
  }
}

/** Sends all of `bytes`, however often the kernel has no room. */
export async function sendAll(
  socket: DatagramSocket,
  bytes: Uint8Array<ArrayBuffer>,
  remote: Endpoint,
  options: DatagramSendOptions = {},
): Promise<void> {
  for (let at = 0;;) {
    const outcome = socket.send(bytes, at, bytes.length, remote, options);
    at += socket.sentBytes;
    if (outcome === "sent") return assert.equal(at, bytes.length);
    assert.equal(outcome, "blocked");
    assert(await socket.writable());
  }
}

/** Bytes that differ from place to place and from seed to seed. */
export function pattern(length: number, seed: number = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = Math.imul(i + seed * 7919 + 1, 0x9e3779b1) >>> 24;
  return bytes;
}

/** Whether a call fails with a code; the error. */
export async function fails(call: () => unknown, code: MptErrorCode): Promise<MptError> {
  try {
    await call();
  } catch (error) {
    assert(error instanceof MptError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, /^Cannot /);
    return error;
  }
  assert.fail(`not refused: ${code}`);
}

/** Where a socket on a wildcard address is reached. */
export function reached(socket: DatagramSocket, address: Ip | string): Endpoint {
  return Endpoint.of(address, socket.local.port!);
}

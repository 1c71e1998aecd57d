import assert from "node:assert/strict";
import { MptError, type MptErrorCode } from "../../../lib/base/errors.ts";
import { Ip } from "../../../lib/base/ip.ts";
import type { ByteStream } from "../../../lib/io/byte_stream.ts";
import type { Connection, ConnectOptions, Listener, ListenOptions } from "../../../lib/io/connection.ts";
import type { Need } from "../../support/requires.ts";
import "../../support/open_libc.ts";

/** A transport as the suite sees it. */
export interface TransportUnderTest {
  readonly connect: (ip: Ip, port: number, options?: ConnectOptions) => Promise<Connection>;
  readonly listen: (ip: Ip, port: number, options?: ListenOptions) => Listener;
  /** What must be there to run it at all. */
  readonly needs: readonly Need[];
  /** Whether the other end learns of an abort by `ERR_RESET`. @default {true} */
  readonly resets?: boolean;
  /** Whether paths count payload exactly, without probes and repetition. @default {true} */
  readonly exactBytes?: boolean;
  /** Whether a connection has just one stream. @default {true} */
  readonly oneStream?: boolean;
  /** Whether it runs over datagrams: a full listener answers, and paths count more than payload. @default {false} */
  readonly overDatagrams?: boolean;
  /** Whether a refused datagram, and the address that one came to, are known. @default {true} */
  readonly datagramFacts?: boolean;
  /** Whether options of the kernel's sockets can be set. @default {true} */
  readonly socketOptions?: boolean;
}

/** A test that is not registered yet. */
export interface Case {
  /** What holds, to be read after the name of the transport. */
  readonly claim: string;
  readonly run: () => Promise<void>;
}

export const V4: Ip = Ip.parse("127.0.0.1");
export const V6: Ip = Ip.parse("::1");

/** One address of each family. */
export const FAMILIES: readonly Ip[] = [V4, V6];

/** Two connected ends, with their streams open. */
export interface Pair extends AsyncDisposable {
  readonly listener: Listener;
  readonly client: Connection;
  readonly server: Connection;
  /** The client's stream. */
  readonly near: ByteStream;
  /** The server's stream. */
  readonly far: ByteStream;
}

/** Options of {@linkcode pair}. */
export interface PairOptions {
  readonly ip?: Ip;
  readonly connect?: ConnectOptions;
  readonly listen?: ListenOptions;
}

/** A listener, a client and the accepted connection; leaving the scope aborts what is still open. */
export async function pair(transport: TransportUnderTest, options: PairOptions = {}): Promise<Pair> {
  const ip = options.ip ?? V4;
  const listener = transport.listen(ip, 0, options.listen);
  try {
    const connecting = transport.connect(ip, listener.local.port!, options.connect);
    const [client, server] = await Promise.all([connecting, listener.accept()]);
    assert(server !== null);
    const [near, far] = [await client.openStream(), await server.acceptStream()];
    assert(far !== null);
    return {
      listener,
      client,
      server,
      near,
      far,
      async [Symbol.asyncDispose](): Promise<void> {
        client.abort();
        server.abort();
        await Promise.all([client.closed, server.closed, listener.close()]);
      },
    };
  } catch (error) {
    await listener.close();
    throw error;
  }
}

/**
 * Resolves when both ends are over that have ended both sides: the connections that have one stream, the
 * streams of those that could open others.
 */
export async function over(transport: TransportUnderTest, ends: Pair): Promise<void> {
  const each = transport.oneStream ?? true
    ? [ends.client.closed, ends.server.closed]
    : [ends.near.closed, ends.far.closed];
  await Promise.all(each);
}

/** Checks that something fails with a code and a sentence of the form "Cannot X: reason". */
export async function fails(
  work: Promise<unknown> | (() => unknown),
  code: MptErrorCode,
): Promise<MptError> {
  let result: unknown;
  try {
    result = await (typeof work === "function" ? work() : work);
  } catch (error) {
    assert(error instanceof MptError, `not an MptError: ${error}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, /^Cannot .+: \S/);
    return error;
  }
  assert.fail(`it did not fail with ${code} but gave ${result}`);
}

/** How long nothing may happen before something counts as blocked, in milliseconds. */
const QUIET_MS = 150;

/** Resolves with a counter's value once it has stopped changing. */
export async function settled(count: () => number): Promise<number> {
  for (let last = -1;;) {
    const now = count();
    if (now === last) return now;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}

/** Resolves when a condition holds that nobody announces; the test's own deadline bounds it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Fills the queue of a listener that accepts nothing, so that the next connect stays on its way. */
export async function fillBacklog(
  transport: TransportUnderTest,
  port: number,
): Promise<readonly Connection[]> {
  // Linux lets one more wait than the backlog of 1 says.
  return [await transport.connect(V4, port), await transport.connect(V4, port)];
}

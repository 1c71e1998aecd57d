/**
 * One face for the two QUIC stacks that are measured side by side: ours, and the one inside Deno (quinn).
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { Endpoint } from "../../lib/base/endpoint.ts";
import { connect, listen, type QuicConnection, type QuicStream } from "../../lib/quic/mod.ts";
import { certificatePem, makeSelfSigned } from "../../lib/tls/x509/self_signed.ts";

/** The stacks. */
export type StackName = "mpt" | "deno";

/** A bidirectional stream of either stack. */
export interface EndStream {
  /** Resolves when the stack has taken the bytes. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Ends this direction. */
  finish(): Promise<void>;
  /** Reads to the end of the other direction; each chunk goes to the sink. */
  drain(sink: (chunk: Uint8Array) => void): Promise<void>;
}

/** A connection of either stack. */
export interface EndConnection {
  open(): Promise<EndStream>;
  /** The next stream of the other end; null when there will be none. */
  accept(): Promise<EndStream | null>;
  close(): Promise<void>;
}

/** A listener of either stack. */
export interface EndListener {
  readonly port: number;
  /** What a client trusts, as PEM. */
  readonly certificate: string;
  accept(): Promise<EndConnection | null>;
}

/** A stack: where both ends of a connection come from. */
export interface Stack {
  listen(): Promise<EndListener>;
  /** Opens a connection. Many of one process may share a socket, where the stack can do that. */
  connect(port: number, certificate: string): Promise<EndConnection>;
}

/** The application protocol of the measurements. */
const ALPN = "perf";

const HOST = "127.0.0.1";
const NAME = "localhost";

/** What one read of a stream takes at the most, in bytes. */
const READ_BYTES = 262_144;

/** Idle connections stay as long as they are measured, in milliseconds. */
const IDLE_MS = 120_000;

/** Streams that one connection may have open. */
const STREAMS = 20_000;

/** Ours. */
export const MPT: Stack = {
  async listen(): Promise<EndListener> {
    const address = Endpoint.parse(`${HOST}:0`, { allowPortZero: true });
    const listener = await listen(address, {
      alpn: [ALPN],
      hosts: [NAME, HOST],
      idleTimeoutMs: IDLE_MS,
      streams: { bidirectional: STREAMS },
    });
    return {
      port: listener.local.port!,
      certificate: listener.certificate,
      async accept() {
        const connection = await listener.accept();
        return connection === null ? null : ours(connection);
      },
    };
  },
  async connect(port: number, certificate: string): Promise<EndConnection> {
    return ours(
      await connect(Endpoint.of(HOST, port), {
        alpn: [ALPN],
        ca: certificate,
        serverName: NAME,
        idleTimeoutMs: IDLE_MS,
      }),
    );
  },
};

function ours(connection: QuicConnection): EndConnection {
  return {
    open: async () => ourStream(await connection.openStream()),
    accept: async () => {
      const stream = await connection.acceptStream();
      return stream === null ? null : ourStream(stream);
    },
    close: () => connection.close(),
  };
}

function ourStream(stream: QuicStream): EndStream {
  return {
    write: (bytes) => stream.write(bytes),
    finish: () => stream.closeWrite(),
    drain: (sink) => stream.consume(sink),
  };
}

/** The endpoint of all of Deno's connections of this process. */
let clientEndpoint: Deno.QuicEndpoint | undefined;

/** quinn, as Deno has it. */
export const DENO: Stack = {
  // deno-lint-ignore require-await
  async listen(): Promise<EndListener> {
    const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
    const identity = makeSelfSigned({ hosts: [NAME], nowMs: Date.now(), random });
    const certificate = certificatePem(identity.certificate);
    const endpoint = new Deno.QuicEndpoint({ hostname: HOST, port: 0 });
    const listener = endpoint.listen({
      cert: certificate,
      key: identity.key.export({ format: "pem", type: "pkcs8" }).toString(),
      alpnProtocols: [ALPN],
      maxIdleTimeout: IDLE_MS,
      maxConcurrentBidirectionalStreams: STREAMS,
    });
    return { port: endpoint.addr.port, certificate, accept: async () => denos(await listener.accept()) };
  },
  async connect(port: number, certificate: string): Promise<EndConnection> {
    clientEndpoint ??= new Deno.QuicEndpoint({ hostname: HOST, port: 0 });
    const connection = await Deno.connectQuic({
      hostname: HOST,
      port,
      serverName: NAME,
      alpnProtocols: [ALPN],
      caCerts: [certificate],
      maxIdleTimeout: IDLE_MS,
      endpoint: clientEndpoint,
    });
    return denos(connection);
  },
};

function denos(connection: Deno.QuicConn): EndConnection {
  const incoming = connection.incomingBidirectionalStreams.getReader();
  return {
    open: async () => denoStream(await connection.createBidirectionalStream({ waitUntilAvailable: true })),
    accept: async () => {
      try {
        const { value } = await incoming.read();
        return value === undefined ? null : denoStream(value);
      } catch {
        return null;
      }
    },
    close: () => {
      connection.close({ closeCode: 0, reason: "" });
      return Promise.resolve();
    },
  };
}

function denoStream(stream: Deno.QuicBidirectionalStream): EndStream {
  const writer = stream.writable.getWriter();
  return {
    write: (bytes) => writer.write(bytes),
    finish: () => writer.close(),
    async drain(sink) {
      const reader = stream.readable.getReader({ mode: "byob" });
      let buffer = new Uint8Array(READ_BYTES);
      for (;;) {
        const { value, done } = await reader.read(buffer);
        if (value === undefined || done) return;
        sink(value);
        buffer = new Uint8Array(value.buffer);
      }
    },
  };
}

/** The stacks by name. */
export const STACKS: Readonly<Record<StackName, Stack>> = { mpt: MPT, deno: DENO };

import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import { Ip } from "../base/ip.ts";
import type { PathInfo } from "../base/path.ts";
import type { Transport } from "../base/transport.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { Connection } from "../io/connection.ts";
import { duplexOf } from "../io/duplex.ts";
import { ioError } from "../io/system_error.ts";

/** How TLS is spoken over a connection. */
export interface RaceTlsOptions {
  /** The name that the certificate must be for, and that the server is told. @default {the target's host} */
  readonly serverName?: string;
  /** Application protocols to offer. @default {["h2", "http/1.1"]} */
  readonly alpn?: readonly string[];
  /** Certificates to trust instead of the system's, as PEM. @default {undefined} the system's */
  readonly ca?: string;
  /** Goes on with any server. @default {false} */
  readonly insecure?: boolean;
}

/**
 * Speaks TLS over a connection, which it takes over.
 *
 * @param connection A connection of tcp or mptcp, before its stream was taken. Its signal ends the handshake.
 * @param host The target, for a certificate without another name.
 * @param options Name, protocols, whom to trust.
 * @returns A connection whose one stream is encrypted.
 * @throws {MptError} `ERR_TLS` when the handshake fails or the certificate is not trusted; what happened to the
 * connection otherwise.
 */
export async function secure(
  connection: Connection,
  host: string,
  options: RaceTlsOptions,
): Promise<Connection> {
  const { serverName = host, alpn = ["h2", "http/1.1"], ca, insecure = false } = options;
  const action = `connect to ${connection.remote.address}`;
  const duplex = duplexOf(await connection.openStream());
  const socket = connectTls({
    socket: duplex,
    host: serverName,
    ALPNProtocols: [...alpn],
    rejectUnauthorized: !insecure,
    // RFC 6066 3: an address is not a name
    ...(Ip.tryParse(serverName) === null ? { servername: serverName } : {}),
    ...(ca === undefined ? {} : { ca }),
  });
  try {
    await handshake(socket, duplex);
    return new TlsConnection(connection, socket);
  } catch (error) {
    socket.destroy();
    connection.abort();
    await connection.closed;
    if (error instanceof MptError) {
      throw new MptError(error.code, `Cannot ${action}: ${error.message.replace(/^Cannot .*?: /, "")}`, {
        cause: error,
      });
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new MptError("ERR_TLS", `Cannot ${action}: the TLS handshake failed: ${reason}`, { cause: error });
  }
}

function handshake(socket: TLSSocket, duplex: ReturnType<typeof duplexOf>): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("secureConnect", () => resolve());
    // They stay: an error that nobody hears would end the program
    socket.on("error", reject);
    duplex.on("error", reject);
    socket.once("close", () => reject(new Error("the other end closed the connection")));
  });
}

/** A connection whose one stream goes through TLS. */
class TlsConnection implements Connection {
  readonly #inner: Connection;
  readonly #stream: TlsStream;
  #taken = false;

  constructor(inner: Connection, socket: TLSSocket) {
    this.#inner = inner;
    this.#stream = new TlsStream(inner, socket);
  }

  get transport(): Transport {
    return this.#inner.transport;
  }

  get local(): Endpoint {
    return this.#inner.local;
  }

  get remote(): Endpoint {
    return this.#inner.remote;
  }

  get connectMs(): number | null {
    return this.#inner.connectMs;
  }

  get closed(): Promise<void> {
    return this.#inner.closed;
  }

  transportInForce(): Transport {
    return this.#inner.transportInForce();
  }

  isMultipath(): boolean {
    return this.#inner.isMultipath();
  }

  paths(): readonly PathInfo[] {
    return this.#inner.paths();
  }

  setCongestion(name: string): void {
    this.#inner.setCongestion(name);
  }

  openStream(): Promise<ByteStream> {
    if (this.#taken) {
      return Promise.reject(
        new MptError("ERR_LIMIT", `Cannot open a stream: a ${this.transport} connection has just one`),
      );
    }
    this.#taken = true;
    return Promise.resolve(this.#stream);
  }

  acceptStream(): Promise<ByteStream | null> {
    if (this.#taken) return this.closed.then(() => null);
    this.#taken = true;
    return Promise.resolve(this.#stream);
  }

  close(): Promise<void> {
    return this.#stream.close();
  }

  abort(): void {
    this.#stream.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** The bytes inside TLS. */
class TlsStream implements ByteStream {
  readonly #inner: Connection;
  readonly #socket: TLSSocket;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #ending: Promise<void> | undefined;

  constructor(inner: Connection, socket: TLSSocket) {
    this.#inner = inner;
    this.#socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  get closed(): Promise<void> {
    return this.#inner.closed;
  }

  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    try {
      const next = await this.#chunks.next();
      return next.done ? null : new Uint8Array(next.value);
    } catch (error) {
      throw ioError(error, `receive from ${this.#inner.remote.address}`);
    }
  }

  async consume(sink: (chunk: Uint8Array<ArrayBuffer>) => void): Promise<void> {
    for (let chunk = await this.read(); chunk !== null; chunk = await this.read()) sink(chunk);
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const action = `send to ${this.#inner.remote.address}`;
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => error ? reject(ioError(error, action)) : resolve());
    });
  }

  closeWrite(): Promise<void> {
    this.#ending ??= new Promise((resolve) => {
      if (this.#socket.destroyed) return resolve();
      this.#socket.once("close", resolve);
      this.#socket.end(() => resolve());
    });
    return this.#ending;
  }

  async close(): Promise<void> {
    await this.closeWrite();
    this.#socket.destroy();
    await this.#inner.close();
  }

  abort(): void {
    this.#socket.destroy();
    this.#inner.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

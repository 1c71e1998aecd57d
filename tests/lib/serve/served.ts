import { Endpoint } from "../../../lib/base/endpoint.ts";
import {
  serve,
  type ServedConnection,
  type ServeEvent,
  type ServeOptions,
  type ServeResult,
} from "../../../lib/serve/mod.ts";
import "../../support/open_libc.ts";
import { rawClient, type RawPeer } from "../../support/raw_tcp.ts";

/** A server on a free port of the loopback address, and what it told. */
export interface Served extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly events: readonly ServeEvent[];
  /** The summary, once the server is over. */
  readonly finished: Promise<ServeResult>;
  /** Stops the server, letting transfers finish. */
  close(): Promise<void>;
  /** The n-th connection to end, from 0, once it has ended. */
  ended(index: number): Promise<ServedConnection>;
  /** The n-th refusal, from 0. */
  refused(index: number): Promise<string>;
  /** The n-th client of the SYN mirror that has gone, from 0: whether its SYN had MP_CAPABLE. */
  mirrored(index: number): Promise<{ readonly mp_capable: boolean | null }>;
}

/** Starts a server for a test. */
export async function served(
  options: ServeOptions = {},
  transport: "tcp" | "mptcp" = "tcp",
): Promise<Served> {
  const events: ServeEvent[] = [];
  let wake = Promise.withResolvers<void>();
  const listen = [Endpoint.parse(`${transport}@127.0.0.1:0`, { allowPortZero: true })];
  const server = await serve({ listen, ...options }, (event) => {
    events.push(event);
    wake.resolve();
    wake = Promise.withResolvers();
  });
  async function nth<T>(pick: (event: ServeEvent) => T | undefined, index: number): Promise<T> {
    for (;;) {
      const found = events.flatMap((event) => pick(event) ?? [])[index];
      if (found !== undefined) return found;
      await wake.promise;
    }
  }
  const port = server.listeners[0]!.local.port!;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    events,
    finished: server.finished,
    close: () => server.close(),
    ended: (index) => nth((event) => event.event === "connection" ? event : undefined, index),
    mirrored: (index) => nth((event) => event.event === "syn" ? event : undefined, index),
    refused: (index) => nth((event) => event.event === "refused" ? event.reason : undefined, index),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Checks that the server still serves a client who behaves. */
export async function stillServes(server: Pick<Served, "port">): Promise<void> {
  await using client = await rawClient(server.port);
  await client.send("GET /bytes/5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const answer = await client.rest();
  if (!answer.startsWith("HTTP/1.1 200 OK\r\n") || !answer.endsWith("\r\n\r\n\0\0\0\0\0")) {
    throw new Error(`Cannot get 5 bytes from the server: ${JSON.stringify(answer)}`);
  }
}

/** A request on a connection of its own, and everything that came back. */
export async function ask(server: Pick<Served, "port">, request: string): Promise<string> {
  await using client = await rawClient(server.port);
  await client.send(request);
  return await client.rest();
}

/** The head of an answer, and its body, from the text of a whole connection. */
export function answerOf(
  text: string,
): { readonly status: number; readonly head: string; readonly body: string } {
  const end = text.indexOf("\r\n\r\n");
  const head = text.slice(0, end + 4);
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]), head, body: text.slice(end + 4) };
}

/** The header of a raw perf request: so many bytes wanted back. */
export function perfHeader(wanted: bigint): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, wanted);
  return bytes;
}

/** Turns a connection into perf and gives the name of its report. */
export async function upgrade(client: RawPeer, fields: string = ""): Promise<string> {
  await client.send(`GET /perf HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: perf\r\n${fields}\r\n`);
  const [, id] = await client.until(/^HTTP\/1\.1 101 [^]*?perf-id: (\S+)[^]*?\r\n\r\n/);
  return id!;
}

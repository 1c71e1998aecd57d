// deno-lint-ignore-file no-console
/**
 * One end of a measurement, in a process of its own: `end.ts serve mpt`, or
 * `end.ts JOB deno PORT CERTIFICATE_FILE NUMBER`. It prints JSON lines; a server prints what it has used so far
 * at each SIGUSR2.
 *
 * @module
 */
import process from "node:process";
import { decodePerfHeader, encodePerfHeader, PERF_HEADER_BYTES } from "../../lib/protocol/perf.ts";
import { Profiler } from "./profile.ts";
import { type EndConnection, type EndStream, type Stack, type StackName, STACKS } from "./ends.ts";

/** What a process has used so far. */
export interface Usage {
  /** Processor time, user and system, in milliseconds. */
  readonly cpu_ms: number;
  /** Resident memory in bytes. */
  readonly rss_bytes: number;
  /** Memory of JavaScript that is in use, typed arrays included, after a collection. */
  readonly heap_bytes: number;
}

/** What a client's job came to. */
export interface JobResult {
  /** How many of what was asked for: bytes, handshakes, connections, streams. */
  readonly count: number;
  readonly ms: number;
  readonly cpu_ms: number;
}

const WRITE_BYTES = 262_144;
const ZEROS = new Uint8Array(WRITE_BYTES);

/** What a stream of the stream job carries. */
const SMALL = new Uint8Array(100);

/** How long both ends warm up: V8 has to compile what is used most. */
const WARM_UP_SECONDS = 2;
const WARM_UP_STREAMS = 2000;

const PAUSE_MS = 200;

/** How many streams and connections are opened at a time. */
const AT_A_TIME = 100;

/** Serves perf on every stream of every connection (draft-banks-quic-performance 2.3). */
async function serve(stack: Stack): Promise<void> {
  const listener = await stack.listen();
  const usages = { count: 0 };
  Deno.addSignalListener("SIGUSR2", () => {
    // What comes before the first is warming up
    if (usages.count === 0) void profiler?.start();
    print({ usage: ++usages.count, ...usage() });
  });
  print({ port: listener.port, certificate: listener.certificate });
  for (let next = await listener.accept(); next !== null; next = await listener.accept()) {
    void serveConnection(next);
  }
}

async function serveConnection(connection: EndConnection): Promise<void> {
  for (let next = await connection.accept(); next !== null; next = await connection.accept()) {
    serveStream(next).catch(() => {});
  }
}

async function serveStream(stream: EndStream): Promise<void> {
  let header = new Uint8Array(0);
  await stream.drain((chunk) => {
    if (header.length < PERF_HEADER_BYTES) header = Uint8Array.of(...header, ...chunk.subarray(0, 8));
  });
  await send(stream, header.length < PERF_HEADER_BYTES ? 0 : decodePerfHeader(header), Infinity);
  await stream.finish();
}

async function send(stream: EndStream, bytes: number, untilMs: number): Promise<number> {
  let sent = 0;
  while (sent < bytes && performance.now() < untilMs) {
    const piece = ZEROS.subarray(0, Math.min(WRITE_BYTES, bytes - sent));
    await stream.write(piece);
    sent += piece.length;
  }
  return sent;
}

/** What clients do; `amount` is seconds, or how many. */
const JOBS: Readonly<
  Record<string, (connect: () => Promise<EndConnection>, amount: number) => Promise<number>>
> = {
  /** One stream, one way, for some seconds; until the server has all of it. Before it another, to warm up. */
  async upload(connect, seconds) {
    const connection = await connect();
    await upload(connection, WARM_UP_SECONDS);
    await begin();
    const sent = await upload(connection, seconds);
    end();
    await connection.close();
    return sent;
  },
  /** One handshake after the other, for some seconds. */
  async handshakes(connect, seconds) {
    const warm = performance.now() + 1000 * WARM_UP_SECONDS;
    while (performance.now() < warm) await (await connect()).close();
    await begin();
    const until = performance.now() + 1000 * seconds;
    let count = 0;
    for (; performance.now() < until; count++) await (await connect()).close();
    end();
    return count;
  },
  /** So many connections, which stay; each has asked something. Told when they are there. */
  async connections(connect, count) {
    const open: EndConnection[] = [];
    await begin();
    await each(count, async () => {
      const connection = await connect();
      open.push(connection);
      await exchange(connection);
    });
    end();
    return open.length;
  },
  /** So many streams of one connection, a question and an answer each. */
  async streams(connect, count) {
    const connection = await connect();
    await each(WARM_UP_STREAMS, () => exchange(connection));
    await begin();
    await each(count, () => exchange(connection));
    end();
    await connection.close();
    return count;
  },
};

async function upload(connection: EndConnection, seconds: number): Promise<number> {
  const stream = await connection.open();
  await stream.write(encodePerfHeader(0));
  const sent = await send(stream, Infinity, performance.now() + 1000 * seconds);
  await stream.finish();
  await stream.drain(() => {});
  return sent;
}

async function exchange(connection: EndConnection): Promise<void> {
  const stream = await connection.open();
  await stream.write(encodePerfHeader(SMALL.length));
  await stream.finish();
  let bytes = 0;
  await stream.drain((chunk) => void (bytes += chunk.length));
  if (bytes !== SMALL.length) throw new Error(`Cannot go on: ${bytes} bytes came back`);
}

async function each(count: number, work: () => Promise<void>): Promise<void> {
  let started = 0;
  const worker = async (): Promise<void> => {
    while (started++ < count) await work();
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

function usage(): Usage {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const outside = Math.max(external, arrayBuffers ?? 0);
  return { cpu_ms: (user + system) / 1000, rss_bytes: rss, heap_bytes: heapUsed + outside };
}

function print(value: unknown): void {
  console.log(JSON.stringify(value));
}

/** Starts the clock, and tells it. */
async function begin(): Promise<void> {
  print({ begin: usage() });
  // The server is asked for its usage
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  await profiler?.start();
  const { user, system } = process.cpuUsage();
  clock.cpuMs = (user + system) / 1000;
  clock.startMs = performance.now();
}

function end(): void {
  const { user, system } = process.cpuUsage();
  clock.tookMs = performance.now() - clock.startMs;
  clock.cpuMs = (user + system) / 1000 - clock.cpuMs;
}

const [job = "", name = "", port = "", certificateFile = "", amount = ""] = Deno.args;
const profileFile = Deno.env.get("MPT_PROFILE");
const profiler = profileFile === undefined ? undefined : new Profiler();
const clock = { startMs: 0, tookMs: 0, cpuMs: 0 };
const stack = STACKS[name as StackName];
if (job === "serve") {
  Deno.addSignalListener("SIGTERM", () => void leave());
  await serve(stack);
} else {
  const certificate = await Deno.readTextFile(certificateFile);
  const count = await JOBS[job]!(() => stack.connect(Number(port), certificate), Number(amount));
  print({ count, ms: clock.tookMs, cpu_ms: clock.cpuMs });
  if (job === "connections") {
    // They stay until it is told to end
    print({ after: usage() });
    Deno.addSignalListener("SIGTERM", () => void leave());
    setInterval(() => {}, 1000);
  } else await leave();
}

async function leave(): Promise<void> {
  if (profiler !== undefined) await Deno.writeTextFile(profileFile!, JSON.stringify(await profiler.stop()));
  Deno.exit(0);
}

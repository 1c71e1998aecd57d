import { MptError, toMptError } from "../base/errors.ts";
import { TOOL } from "../base/result.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import { deadline, orAborted } from "../io/deadline.ts";
import { duplexOf } from "../io/duplex.ts";
import { type CheckAnswer, MAX_CHECK_BYTES, parseCheckAnswer } from "../protocol/check.ts";
import { HttpClient } from "../protocol/http_client.ts";
import type { DataOutcome } from "../mptcp/diagnosis/mod.ts";
import { dataOutcome } from "./data_outcome.ts";
import { reasonOf } from "./failure.ts";
import type { DataKind } from "./options.ts";
import type { DataJson } from "./result.ts";

/** A conversation that can be gone on with. */
export interface DataPhase {
  readonly data: DataJson;
  /** The answer of `mpt serve`; null from any other server. */
  readonly check: CheckAnswer | null;
  /** Asks the check again on the same connection. */
  readonly again: (() => Promise<CheckAnswer | null>) | null;
  /** How it ended, for the diagnosis. */
  readonly outcome: DataOutcome;
  /** The client of an HTTP conversation that can be gone on with; null otherwise. */
  readonly client: HttpClient | null;
}

/** What the data phase needs to know. */
export interface DataPhaseOptions {
  readonly kind: DataKind;
  /** The Host field and the TLS server name. */
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const SKIPPED: DataPhase = {
  data: { kind: "none", status: "skipped", ms: null, text: "nothing was sent" },
  check: null,
  again: null,
  outcome: "not-sent",
  client: null,
};

/** Sends the first data and waits for the first answer. A failure is data. */
export async function dataPhase(stream: ByteStream, options: DataPhaseOptions): Promise<DataPhase> {
  if (options.kind === "none") return SKIPPED;
  const started = performance.now();
  using limit = deadline(options.timeoutMs, options.signal);
  try {
    const talk = options.kind === "http" ? talkHttp(stream, options) : talkTls(stream, options);
    const { text, check, again, client } = await orAborted(talk, "get an answer", limit.signal);
    const ms = Math.round((performance.now() - started) * 1000) / 1000;
    return {
      data: { kind: options.kind, status: "yes", ms, text },
      check,
      again: again === null ? null : () => inTime(again, options),
      outcome: "answered",
      client,
    };
  } catch (error) {
    const failure = toMptError(error, "Cannot get an answer");
    // No answer in time proves nothing about the server; a reset or an end of stream does.
    const known = failure.code === "ERR_RESET" || failure.code === "ERR_CLOSED" ||
      failure.code === "ERR_PROTOCOL";
    const text = limit.expired ? `no answer in ${options.timeoutMs / 1000} s` : wordsOf(failure);
    const status = known && !limit.signal.aborted ? "no" : "unknown";
    const outcome = options.signal?.aborted ? "unknown" : dataOutcome(failure.code, limit.expired);
    return {
      data: { kind: options.kind, status, ms: null, text },
      check: null,
      again: null,
      outcome,
      client: null,
    };
  }
}

/** The reason; with what could not be read, where "it is longer than 16384 bytes" would not say of what. */
function wordsOf(failure: MptError): string {
  const isAboutTheirs = /^Cannot read .*?: (?!the other end\b)/.test(failure.message);
  return isAboutTheirs ? failure.message.replace(/^C/, "c") : reasonOf(failure);
}

/** A server may answer once and never again. */
async function inTime<T>(work: () => Promise<T>, options: DataPhaseOptions): Promise<T> {
  using limit = deadline(options.timeoutMs, options.signal);
  return await orAborted(work(), "get an answer", limit.signal);
}

interface Talk {
  readonly text: string;
  readonly check: CheckAnswer | null;
  readonly again: (() => Promise<CheckAnswer | null>) | null;
  readonly client: HttpClient | null;
}

async function talkHttp(stream: ByteStream, options: DataPhaseOptions): Promise<Talk> {
  const host = options.port === 80 ? options.host : `${options.host}:${options.port}`;
  const client = new HttpClient(stream, host);
  const headers = { "User-Agent": `${TOOL.name}/${TOOL.version}`, Accept: "*/*" };
  const ask = async (): Promise<Talk> => {
    const { head, body, complete } = await client.get("/", MAX_CHECK_BYTES, headers);
    const check = complete ? parseCheckAnswer(new TextDecoder().decode(body)) : null;
    const server = head.headers.get("server");
    const text = check === null
      ? `HTTP ${head.status}${server === undefined ? "" : ` from ${printable(server)}`}`
      : `${check.server.name} serve ${check.server.version}`;
    return { text, check, again: null, client: null };
  };
  const first = await ask();
  if (first.check === null) return first;
  return { ...first, again: async () => (await ask()).check, client };
}

/** A whole TLS handshake over the probed connection; the certificate is not judged, only bytes matter here. */
async function talkTls(stream: ByteStream, options: DataPhaseOptions): Promise<Talk> {
  const { connect: connectTls } = await import("node:tls");
  const isName = !/^[\d.]+$|:/.test(options.host);
  const { promise, resolve, reject } = Promise.withResolvers<Talk>();
  const duplex = duplexOf(stream);
  const socket = connectTls({
    socket: duplex,
    rejectUnauthorized: false,
    ALPNProtocols: ["h2", "http/1.1"],
    ...(isName ? { servername: options.host } : {}),
  });
  socket.once("secureConnect", () => {
    const alpn = socket.alpnProtocol === false || socket.alpnProtocol === null
      ? "no ALPN"
      : `ALPN ${socket.alpnProtocol}`;
    resolve({ text: `${socket.getProtocol() ?? "TLS"}, ${alpn}`, check: null, again: null, client: null });
  });
  const failed = (error: Error): void => {
    reject(
      error instanceof MptError
        ? error
        : new MptError("ERR_PROTOCOL", `Cannot finish the TLS handshake: ${error.message}`, { cause: error }),
    );
  };
  socket.on("error", failed);
  duplex.on("error", failed);
  socket.once(
    "close",
    () => failed(new MptError("ERR_CLOSED", "Cannot finish the TLS handshake: the other end closed")),
  );
  return promise;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 60);
}

import { MptError, toMptError } from "../base/errors.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { CheckAnswer } from "../protocol/check.ts";
import { contentLength, encodeResponseHead, parseRequestHead, type RequestHead } from "../protocol/http1.ts";
import { PERF_FIELDS, PERF_UPGRADE } from "../protocol/perf.ts";
import type { StreamReader } from "../protocol/stream_reader.ts";
import { type Activity, received, sent } from "./activity.ts";
import type { ServeLimits } from "./options.ts";
import type { PerfSession, PerfWishes } from "./perf_session.ts";
import type { ReportStore } from "./report_store.ts";
import { tokenMatches } from "./token.ts";

/** What a session may use of its server. */
export interface HttpServices {
  readonly limits: ServeLimits;
  readonly token: string | undefined;
  readonly reports: ReportStore;
  check(): CheckAnswer;
  perf(wishes: PerfWishes): PerfSession;
  /** @throws {MptError} When the kernel refuses the name. */
  setCongestion(name: string): void;
}

const PAYLOAD = new Uint8Array(262_144);

/** Shortest interval that a client may ask reports for, in milliseconds. */
const MIN_INTERVAL_MS = 50;

/** HTTP/1.1 on one connection: check, bytes, and the upgrade to perf. */
export class HttpSession {
  readonly #stream: ByteStream;
  readonly #reader: StreamReader;
  readonly #activity: Activity;
  readonly #services: HttpServices;

  constructor(stream: ByteStream, reader: StreamReader, activity: Activity, services: HttpServices) {
    this.#stream = stream;
    this.#reader = reader;
    this.#activity = activity;
    this.#services = services;
  }

  /** Answers requests until the client or an error ends the connection. */
  async run(): Promise<void> {
    for (;;) {
      let head: RequestHead;
      let hasBody: boolean;
      try {
        this.#activity.busy = false;
        const bytes = await this.#reader.readHead();
        if (bytes === null) return;
        this.#activity.busy = true;
        received(this.#activity, performance.now(), bytes.length);
        head = parseRequestHead(bytes);
        requireHost(head);
        hasBody = (contentLength(head.headers) ?? 0) > 0 || head.headers.has("transfer-encoding");
      } catch (error) {
        if (!(error instanceof MptError)) throw error;
        // RFC 6585 5 and RFC 9112 3: say what is wrong, then close.
        if (error.code === "ERR_LIMIT") {
          await this.#refuse(431, "Request Header Fields Too Large", error.message);
        } else if (error.code === "ERR_PROTOCOL") await this.#refuse(400, "Bad Request", error.message);
        else throw error;
        return;
      }
      this.#activity.requests++;
      if (hasBody) return await this.#refuse(413, "Content Too Large", "requests have no body here");
      if (!await this.#answer(head)) return;
    }
  }

  /** Answers one request; false when the connection is over. */
  async #answer(head: RequestHead): Promise<boolean> {
    const keep = keepAlive(head);
    if (head.method !== "GET" && head.method !== "HEAD") {
      await this.#refuse(405, "Method Not Allowed", "use GET", { Allow: "GET, HEAD" });
      return false;
    }
    const path = pathOf(head.target);
    if (path === "/") return await this.#json(head, this.#services.check(), keep);
    const bytes = /^\/bytes\/(\d{1,15})$/.exec(path);
    if (bytes !== null) return await this.#bytes(head, Number(bytes[1]), keep);
    if (path === "/perf") return await this.#perf(head);
    const report = /^\/perf\/([0-9a-f-]{36})$/.exec(path);
    if (report !== null) {
      const found = this.#services.reports.get(report[1]!);
      if (found !== null) return await this.#json(head, found, keep);
    }
    return await this.#problem(head, 404, "Not Found", "there is /, /bytes/N and /perf here", keep);
  }

  async #perf(head: RequestHead): Promise<boolean> {
    if (!tokenMatches(head, this.#services.token)) return await this.#forbidden();
    if (head.headers.get("upgrade")?.toLowerCase() !== PERF_UPGRADE) {
      await this.#refuse(426, "Upgrade Required", "send Upgrade: perf", { Upgrade: PERF_UPGRADE });
      return false;
    }
    const wishes = wishesOf(head);
    try {
      if (wishes.congestion !== undefined) this.#services.setCongestion(wishes.congestion);
    } catch (error) {
      await this.#refuse(400, "Bad Request", toMptError(error, "Cannot set the congestion control").message);
      return false;
    }
    this.#activity.protocol = "perf";
    const session = this.#services.perf(wishes);
    const id = this.#services.reports.keep(() => session.report());
    await this.#write(encodeResponseHead(101, "Switching Protocols", {
      Connection: "Upgrade",
      Upgrade: PERF_UPGRADE,
      [PERF_FIELDS.id]: id,
    }));
    await session.run();
    return false;
  }

  async #bytes(head: RequestHead, count: number, keep: boolean): Promise<boolean> {
    if (!tokenMatches(head, this.#services.token)) return await this.#forbidden();
    if (count > this.#services.limits.maxBytes) {
      const why = `this server sends at most ${this.#services.limits.maxBytes} bytes`;
      return await this.#problem(head, 403, "Forbidden", why, keep);
    }
    await this.#write(encodeResponseHead(200, "OK", {
      "Content-Type": "application/octet-stream",
      "Content-Length": String(count),
      Connection: keep ? "keep-alive" : "close",
    }));
    if (head.method === "HEAD") return keep;
    for (let left = count; left > 0;) {
      const chunk = left < PAYLOAD.length ? PAYLOAD.subarray(0, left) : PAYLOAD;
      await this.#write(chunk);
      left -= chunk.length;
    }
    return keep;
  }

  async #json(head: RequestHead, value: unknown, keep: boolean): Promise<boolean> {
    const text = `${JSON.stringify(value, null, 2)}\n`;
    await this.#text(head.method === "HEAD", 200, "OK", "application/json", text, keep);
    return keep;
  }

  async #problem(
    head: RequestHead,
    status: number,
    reason: string,
    text: string,
    keep: boolean,
  ): Promise<boolean> {
    await this.#text(head.method === "HEAD", status, reason, "text/plain; charset=utf-8", `${text}\n`, keep);
    return keep;
  }

  async #forbidden(): Promise<boolean> {
    await this.#refuse(401, "Unauthorized", "this server wants its token: mpt bench --token TOKEN", {
      "WWW-Authenticate": "Bearer",
    });
    return false;
  }

  async #refuse(
    status: number,
    reason: string,
    text: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.#text(false, status, reason, "text/plain; charset=utf-8", `${text}\n`, false, headers);
    await this.#stream.closeWrite();
    await this.#drain();
  }

  /**
   * RFC 9112 9.6: closing with unread bytes would reset the connection and destroy the answer on its way.
   * Read a little of what the client still sends; the server's limits in time end a client that goes on.
   */
  async #drain(): Promise<void> {
    let left = 1_048_576;
    for (
      let chunk = await this.#reader.readSome(65_536);
      chunk !== null;
      chunk = await this.#reader.readSome(65_536)
    ) {
      left -= chunk.length;
      if (left <= 0) return;
    }
  }

  async #text(
    headOnly: boolean,
    status: number,
    reason: string,
    type: string,
    text: string,
    keep: boolean,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const body = new TextEncoder().encode(text);
    await this.#write(encodeResponseHead(status, reason, {
      "Content-Type": type,
      "Content-Length": String(body.length),
      "Cache-Control": "no-store",
      Connection: keep ? "keep-alive" : "close",
      ...headers,
    }));
    if (!headOnly) await this.#write(body);
  }

  async #write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#stream.write(bytes);
    sent(this.#activity, performance.now(), bytes.length);
  }
}

/** RFC 9112 3.2 */
function requireHost(head: RequestHead): void {
  if (head.version === "1.0" || head.headers.has("host")) return;
  throw new MptError("ERR_PROTOCOL", "Cannot read the HTTP request: it has no Host field");
}

/** RFC 9112 3.2.1 and 3.2.2: the target may also be a whole URL, as proxies send it. */
function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, "").split("?", 1)[0]!;
  return path === "" ? "/" : path;
}

/** RFC 9112 9.3 */
function keepAlive(head: RequestHead): boolean {
  const connection = head.headers.get("connection")?.toLowerCase() ?? "";
  return head.version === "1.1" ? !connection.includes("close") : connection.includes("keep-alive");
}

function wishesOf(head: RequestHead): PerfWishes {
  const duration = millisecondsOf(head, PERF_FIELDS.duration);
  const interval = millisecondsOf(head, PERF_FIELDS.interval);
  const congestion = head.headers.get(PERF_FIELDS.congestion);
  return {
    ...(congestion === undefined ? {} : { congestion }),
    noUpload: head.headers.get(PERF_FIELDS.upload) === "none",
    ...(duration === undefined ? {} : { durationMs: duration }),
    ...(interval === undefined ? {} : { intervalMs: Math.max(MIN_INTERVAL_MS, interval) }),
  };
}

function millisecondsOf(head: RequestHead, field: string): number | undefined {
  const text = head.headers.get(field);
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

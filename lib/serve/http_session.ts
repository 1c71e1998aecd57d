import { MptError, toMptError } from "../base/errors.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { CheckAnswer } from "../protocol/check.ts";
import { contentLength, encodeResponseHead, parseRequestHead, type RequestHead } from "../protocol/http1.ts";
import { Payload } from "../protocol/payload.ts";
import { PERF_FIELDS, PERF_UPGRADE } from "../protocol/perf.ts";
import type { StreamReader } from "../protocol/stream_reader.ts";
import { type Activity, received } from "./activity.ts";
import type { ServeLimits } from "./options.ts";
import type { PerfSession, PerfWishes } from "./perf_session.ts";
import type { ReportStore } from "./report_store.ts";
import { Responder } from "./responder.ts";
import { tokenMatches } from "./token.ts";
import { takeUpload } from "./upload.ts";

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

/** Shortest interval that a client may ask reports for, in milliseconds. */
const MIN_INTERVAL_MS = 50;

/** HTTP/1.1 on one connection: check, bytes, uploads, and the upgrade to perf. */
export class HttpSession {
  readonly #respond: Responder;
  readonly #reader: StreamReader;
  readonly #activity: Activity;
  readonly #services: HttpServices;

  constructor(stream: ByteStream, reader: StreamReader, activity: Activity, services: HttpServices) {
    this.#respond = new Responder(stream, reader, activity);
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
          await this.#respond.refuse(431, "Request Header Fields Too Large", error.message);
        } else if (error.code === "ERR_PROTOCOL") {
          await this.#respond.refuse(400, "Bad Request", error.message);
        } else throw error;
        return;
      }
      this.#activity.requests++;
      if (!await this.#answer(head, hasBody)) return;
    }
  }

  /** Answers one request; false when the connection is over. */
  async #answer(head: RequestHead, hasBody: boolean): Promise<boolean> {
    const keep = keepAlive(head);
    const path = pathOf(head.target);
    if (path === "/perf" && (head.method === "POST" || head.method === "PUT")) {
      return await this.#upload(head, keep);
    }
    if (hasBody) {
      return await this.#respond.refuse(413, "Content Too Large", "only /perf takes a body");
    }
    if (head.method !== "GET" && head.method !== "HEAD") {
      const allow = path === "/perf" ? "GET, HEAD, POST, PUT" : "GET, HEAD";
      return await this.#respond.refuse(405, "Method Not Allowed", `use ${allow}`, { Allow: allow });
    }
    if (path === "/") return await this.#respond.json(head, this.#services.check(), keep);
    const bytes = /^\/bytes\/(\d{1,15})$/.exec(path);
    if (bytes !== null) return await this.#bytes(head, Number(bytes[1]), keep);
    if (path === "/perf") return await this.#perf(head);
    const report = /^\/perf\/([0-9a-f-]{36})$/.exec(path);
    if (report !== null) {
      const found = this.#services.reports.get(report[1]!);
      if (found !== null) return await this.#respond.json(head, found, keep);
    }
    return await this.#respond.problem(head, 404, "Not Found", "there is /, /bytes/N and /perf here", keep);
  }

  async #upload(head: RequestHead, keep: boolean): Promise<boolean> {
    if (!tokenMatches(head, this.#services.token)) return await this.#respond.forbid();
    const services = {
      maxBytes: this.#services.limits.maxBytes,
      perf: (): PerfSession => {
        this.#activity.protocol = "perf";
        return this.#services.perf(wishesOf(head));
      },
    };
    return await takeUpload(head, this.#respond, services, keep);
  }

  async #perf(head: RequestHead): Promise<boolean> {
    if (!tokenMatches(head, this.#services.token)) return await this.#respond.forbid();
    if (head.headers.get("upgrade")?.toLowerCase() !== PERF_UPGRADE) {
      const how = "send Upgrade: perf for a download, POST or PUT an upload";
      return await this.#respond.refuse(426, "Upgrade Required", how, { Upgrade: PERF_UPGRADE });
    }
    const wishes = wishesOf(head);
    try {
      if (wishes.congestion !== undefined) this.#services.setCongestion(wishes.congestion);
    } catch (error) {
      const { message } = toMptError(error, "Cannot set the congestion control");
      return await this.#respond.refuse(400, "Bad Request", message);
    }
    this.#activity.protocol = "perf";
    const session = this.#services.perf(wishes);
    const id = this.#services.reports.keep(() => session.report());
    await this.#respond.write(encodeResponseHead(101, "Switching Protocols", {
      Connection: "Upgrade",
      Upgrade: PERF_UPGRADE,
      [PERF_FIELDS.id]: id,
    }));
    await session.download();
    return false;
  }

  async #bytes(head: RequestHead, count: number, keep: boolean): Promise<boolean> {
    if (!tokenMatches(head, this.#services.token)) return await this.#respond.forbid();
    if (count > this.#services.limits.maxBytes) {
      const why = `this server sends at most ${this.#services.limits.maxBytes} bytes`;
      return await this.#respond.problem(head, 403, "Forbidden", why, keep);
    }
    await this.#respond.write(encodeResponseHead(200, "OK", {
      "Content-Type": "application/octet-stream",
      "Content-Length": String(count),
      Connection: keep ? "keep-alive" : "close",
    }));
    if (head.method === "HEAD") return keep;
    const payload = new Payload(performance.now());
    for (let left = count; left > 0;) {
      const piece = payload.next(left);
      await this.#respond.write(piece);
      payload.taken(performance.now());
      left -= piece.length;
    }
    return keep;
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
    ...(duration === undefined ? {} : { durationMs: duration }),
    ...(interval === undefined ? {} : { intervalMs: Math.max(MIN_INTERVAL_MS, interval) }),
  };
}

function millisecondsOf(head: RequestHead, field: string): number | undefined {
  const text = head.headers.get(field);
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

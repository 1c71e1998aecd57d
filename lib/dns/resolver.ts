import { randomBytes, randomInt } from "node:crypto";
import type { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import { abortedError, deadline } from "../io/deadline.ts";
import { type Hosts, localAddressesOf } from "./config/hosts_file.ts";
import { askTcp, askUdp, type DnsTransport, type Reply } from "./exchange.ts";
import { type DnsAnswer, MAX_CHAIN, readAnswer } from "./wire/answer.ts";
import type { DnsName } from "./wire/name.ts";
import { buildQuery, UDP_SIZE } from "./wire/query.ts";
import type { DnsRecord } from "./wire/record.ts";
import { RCODE, type RecordType } from "./wire/types.ts";

/** Names after which no further question is asked; one answer may hold {@linkcode MAX_CHAIN} of them. */
const MAX_NAMES = MAX_CHAIN;

/** How a {@linkcode Resolver} asks. */
export interface ResolverOptions {
  /** The servers, the first one first; addresses with a port. */
  readonly servers: readonly Endpoint[];
  /** What `/etc/hosts` says. @default {nothing} */
  readonly hosts?: Hosts;
  /** How long to wait for one server, in milliseconds. @default {5000} */
  readonly timeoutMs?: number;
  /** How often to go through all servers. @default {2} */
  readonly attempts?: number;
  /** Always ask over TCP. @default {false} */
  readonly useTcp?: boolean;
  /** Begin with another server each time, of those that are reached over the same family. @default {false} */
  readonly rotate?: boolean;
  /** Whether the letters of a name are sent in random case. @default {true} */
  readonly randomCase?: boolean;
}

/** One question to one server and what came of it. */
export interface DnsTry {
  readonly server: string;
  readonly transport: DnsTransport;
  readonly startMs: number;
  readonly endMs: number;
  /** `answer`, `use-tcp`, or why there was none. */
  readonly outcome: string;
}

/** What is known of a name after it was asked for. A failure is data. */
export interface DnsResult {
  readonly name: DnsName;
  readonly type: RecordType;
  /** `failed`: no server gave an answer that counts. */
  readonly status: "positive" | "no-data" | "no-name" | "failed";
  /** Why it failed; null otherwise. */
  readonly reason: string | null;
  /** The records of the type, of the last name. */
  readonly records: readonly DnsRecord[];
  /** The names that were followed, the one that was asked for first. */
  readonly names: readonly DnsName[];
  /** For how long it holds, in seconds; null when that was not said, or nobody had to be asked. */
  readonly ttl: number | null;
  /** Who answered; null for the hosts file. */
  readonly server: string | null;
  /** When the question was asked and when the answer had come, in milliseconds of `performance.now()`. */
  readonly startMs: number;
  readonly endMs: number;
  readonly tries: readonly DnsTry[];
}

/**
 * Asks recursive servers for records, as a stub resolver does: over UDP, again after a while, over TCP where an
 * answer is cut, one server after the other.
 */
export class Resolver {
  readonly #options: Required<ResolverOptions>;
  #asked = 0;

  /**
   * Takes over the settings.
   *
   * @param options Servers and limits.
   * @throws {MptError} `ERR_INVALID_VALUE` without servers, or for a limit below 1.
   */
  constructor(options: ResolverOptions) {
    this.#options = {
      hosts: new Map(),
      timeoutMs: 5000,
      attempts: 2,
      useTcp: false,
      rotate: false,
      randomCase: true,
      ...options,
    };
    const { servers, timeoutMs, attempts } = this.#options;
    const usable = servers.length > 0 &&
      servers.every(({ ip, port }) => ip !== undefined && port !== undefined);
    if (!usable || !(timeoutMs >= 1) || !(attempts >= 1)) {
      throw new MptError(
        "ERR_INVALID_VALUE",
        "Cannot resolve names: it needs servers as address:port, and limits from 1",
      );
    }
  }

  /**
   * Asks for the records of a name.
   *
   * @param name Whose.
   * @param type Which.
   * @param signal Ends the wait.
   * @returns What came of it; nobody is asked for names of the hosts file, and for localhost.
   * @throws {MptError} `ERR_ABORTED` by the signal, `ERR_NET_PERMISSION`.
   */
  async query(name: DnsName, type: RecordType, signal?: AbortSignal): Promise<DnsResult> {
    const startMs = performance.now();
    if (type === "A" || type === "AAAA") {
      const local = localAddressesOf(this.#options.hosts, name);
      if (local !== null) return fromHosts(name, type, local, startMs);
    }
    const tries: DnsTry[] = [];
    const names: DnsName[] = [];
    let ttl = Infinity;
    let asked = name;
    for (;;) {
      const { answer, server } = await this.#ask(asked, type, tries, signal);
      const base = { name, type, server, startMs, endMs: tries.at(-1)?.endMs ?? performance.now(), tries };
      if (answer === null || answer.status === "error") {
        const reason = answer?.reason ?? tries.at(-1)?.outcome ?? "no server could be asked";
        return { ...base, status: "failed", reason, records: [], names: [...names, asked], ttl: null };
      }
      names.push(
        ...answer.names.map((each, index) => index === 0 ? asked : each).slice(names.length === 0 ? 0 : 1),
      );
      ttl = Math.min(ttl, answer.ttl ?? Infinity);
      const next = names[names.length - 1]!;
      if (answer.unfinished) {
        if (names.length <= MAX_NAMES && names.findIndex((each) => each.equals(next)) === names.length - 1) {
          asked = next;
          continue;
        }
        return {
          ...base,
          status: "failed",
          reason: "its CNAME records have no end",
          records: [],
          names,
          ttl: null,
        };
      }
      const known = Number.isFinite(ttl) && answer.ttl !== null ? ttl : null;
      return { ...base, status: answer.status, reason: null, records: answer.records, names, ttl: known };
    }
  }

  /** The first answer that counts. A server that cannot help does not speak for the others. */
  async #ask(
    name: DnsName,
    type: RecordType,
    tries: DnsTry[],
    signal: AbortSignal | undefined,
  ): Promise<{ readonly answer: DnsAnswer | null; readonly server: string | null }> {
    let refused: { readonly answer: DnsAnswer; readonly server: string } | null = null;
    const { attempts } = this.#options;
    const servers = this.#inTurn();
    for (let round = 0; round < attempts; round++) {
      for (const server of servers) {
        const answer = await this.#askServer(server, name, type, tries, signal);
        if (answer === null) continue;
        if (answer.status !== "error") return { answer, server: server.address };
        refused ??= { answer, server: server.address };
      }
      // An error is an answer: the same servers would give it again
      if (refused !== null) return refused;
    }
    return { answer: null, server: null };
  }

  /** resolv.conf(5), `rotate`; IPv6 transport stays preferred (RFC 8305 3.1). */
  #inTurn(): readonly Endpoint[] {
    const { servers, rotate } = this.#options;
    if (!rotate) return servers;
    const turn = this.#asked++;
    return ([6, 4] as const).flatMap((family) => {
      const list = servers.filter(({ ip }) => (ip?.unmapped().family ?? 4) === family);
      const first = list.length === 0 ? 0 : turn % list.length;
      return [...list.slice(first), ...list.slice(0, first)];
    });
  }

  async #askServer(
    server: Endpoint,
    name: DnsName,
    type: RecordType,
    tries: DnsTry[],
    signal: AbortSignal | undefined,
  ): Promise<DnsAnswer | null> {
    using limit = deadline(this.#options.timeoutMs, signal);
    let transport: DnsTransport = this.#options.useTcp ? "tcp" : "udp";
    let udpSize = UDP_SIZE;
    for (;;) {
      // RFC 5452 4.3: each try has another id
      const secrets = { id: randomInt(0x10000), caseBits: this.#options.randomCase ? randomBytes(32) : null };
      const query = buildQuery(name, type, secrets, { udpSize });
      const startMs = performance.now();
      const ask = transport === "udp" ? askUdp : askTcp;
      const reply = await ask(server, query, this.#options.timeoutMs, limit.signal);
      if (signal?.aborted) throw abortedError(`look up ${name}`, signal);
      tries.push({
        server: server.address,
        transport,
        startMs,
        // When it came, and not when it was understood
        endMs: reply.kind === "answer" ? reply.atMs : performance.now(),
        outcome: outcomeOf(reply),
      });
      if (reply.kind === "failed") return null;
      if (reply.kind === "use-tcp") {
        transport = "tcp";
        continue;
      }
      const { rcode } = reply.message;
      // RFC 6891 7: a server that does not know EDNS is asked without
      if (udpSize > 0 && (rcode === RCODE.FORMERR || rcode === RCODE.NOTIMP || rcode === RCODE.BADVERS)) {
        udpSize = 0;
        continue;
      }
      return readAnswer(query, reply.message);
    }
  }
}

function outcomeOf(reply: Reply): string {
  return reply.kind === "failed" ? reply.reason : reply.kind;
}

function fromHosts(name: DnsName, type: "A" | "AAAA", addresses: readonly Ip[], startMs: number): DnsResult {
  const records = addresses
    .filter((address) => address.family === (type === "A" ? 4 : 6))
    .map((address): DnsRecord => ({ name, ttl: 0, type, address }));
  return {
    name,
    type,
    status: records.length > 0 ? "positive" : "no-data",
    reason: null,
    records,
    names: [name],
    ttl: null,
    server: null,
    startMs,
    endMs: performance.now(),
    tries: [],
  };
}

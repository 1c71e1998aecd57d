import { Endpoint } from "../base/endpoint.ts";
import { toMptError } from "../base/errors.ts";
import { Ip } from "../base/ip.ts";
import type { Connection } from "../io/connection.ts";
import { deadline, sleep } from "../io/deadline.ts";
import { decodeSyn, mpCapableOf } from "../mptcp/syn.ts";
import { encodeSynMirror, SYN_MIRROR_SCHEMA, type SynMirrorAnswer } from "../protocol/syn_mirror.ts";
import { type SynConnection, SynListener } from "../transport/syn_listener.ts";
import type { Gate } from "./gate.ts";
import type { ServeEvent } from "./result.ts";

/** How long a client may take to fetch its line and go, in milliseconds. */
const TALK_MS = 5000;

/** What is read of a client that talks, in bytes: an answer with unread bytes behind it would be lost. */
const MAX_NOISE_BYTES = 65_536;

/** How long to wait after a failed accept, in milliseconds. */
const FAILED_PAUSE_MS = 100;

/** An address that the server listens on. */
export interface MirroredAddress {
  readonly local: Endpoint;
  /** Whether IPv4 clients come in by this IPv6 address too. */
  readonly dualStack: boolean;
}

/** What a mirror may use of its server. */
export interface MirrorServices {
  readonly gate: Gate;
  readonly onEvent: (event: ServeEvent) => void;
}

/** Plain TCP listeners beside those of the server that tell each client how its SYN arrived. */
export class SynMirror {
  readonly #listeners: readonly SynListener[];
  readonly #ports: ReadonlyMap<string, number>;
  readonly #stopping = new AbortController();
  readonly #live = new Set<Promise<void>>();
  #answered = 0;

  private constructor(listeners: readonly SynListener[], ports: ReadonlyMap<string, number>) {
    this.#listeners = listeners;
    this.#ports = ports;
  }

  /**
   * Listens on the addresses of the server.
   *
   * @param addresses What the server listens on.
   * @param port The port, 0 for any that is free.
   * @throws {MptError} When an address cannot be listened on; nothing is left open then.
   */
  static async open(addresses: readonly MirroredAddress[], port: number): Promise<SynMirror> {
    const open: { readonly listener: SynListener; readonly of: MirroredAddress }[] = [];
    const ports = new Map<string, number>();
    // The ones that take everybody first: the others need no mirror of their own then.
    const ordered = [...addresses].sort((a, b) => breadth(b) - breadth(a));
    try {
      for (const address of ordered) {
        let found = open.find(({ of }) => covers(of, address))?.listener;
        if (found === undefined) {
          found = SynListener.open(address.local.ip!, port, address.dualStack);
          open.push({ listener: found, of: address });
        }
        ports.set(address.local.address, found.local.port!);
      }
    } catch (error) {
      await Promise.all(open.map(({ listener }) => listener.close()));
      throw error;
    }
    return new SynMirror(open.map(({ listener }) => listener), ports);
  }

  /** What it listens on. */
  get addresses(): readonly string[] {
    return this.#listeners.map(({ local }) => local.address);
  }

  /** How many clients got an answer. */
  get answered(): number {
    return this.#answered;
  }

  /** The mirror's port at an address that the server listens on, or null when it has none there. */
  portFor(listener: Endpoint): number | null {
    return this.#ports.get(listener.address) ?? null;
  }

  /** Answers until it is closed. Never rejects: a broken mirror is no broken server. */
  async run(services: MirrorServices): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => this.#acceptAll(listener, services)));
    await Promise.all(this.#live);
  }

  /** Stops listening and ends the conversations. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }

  async #acceptAll(listener: SynListener, services: MirrorServices): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const accepted = await listener.accept();
        if (accepted === null) return;
        const done = this.#welcome(accepted, services).finally(() => this.#live.delete(done));
        this.#live.add(done);
      } catch (error) {
        const text = toMptError(error, "Cannot accept a connection of the SYN mirror").message;
        services.onEvent({ event: "warning", text });
        await sleep(FAILED_PAUSE_MS, signal);
      }
    }
  }

  async #welcome(accepted: SynConnection, { gate, onEvent }: MirrorServices): Promise<void> {
    const { connection } = accepted;
    const address = connection.remote.host;
    const reason = gate.enter(address);
    if (reason !== null) {
      onEvent({ event: "refused", remote: connection.remote.address, reason });
      connection.abort();
      return await connection.closed;
    }
    const answer = await this.#answer(accepted);
    gate.leave(address);
    if (answer === null) return;
    this.#answered++;
    const mpCapable = answer.options === null ? null : mpCapableOf(answer.options) !== null;
    onEvent({ event: "syn", remote: connection.remote.address, mp_capable: mpCapable });
  }

  /** What the client was told; null when it did not take it. What it does is never an error here. */
  async #answer({ connection, syn }: SynConnection): Promise<SynMirrorAnswer | null> {
    using limit = deadline(TALK_MS, this.#stopping.signal);
    const abort = (): void => connection.abort();
    limit.signal.addEventListener("abort", abort, { once: true });
    if (limit.signal.aborted) abort();
    let told: SynMirrorAnswer | null = null;
    try {
      const stream = await connection.openStream();
      const answer = mirrorAnswer(connection, syn);
      await stream.write(new TextEncoder().encode(encodeSynMirror(answer)));
      await stream.closeWrite();
      told = answer;
      for (let left = MAX_NOISE_BYTES; left > 0;) {
        const chunk = await stream.read();
        if (chunk === null) break;
        left -= chunk.length;
      }
      await connection.close();
    } catch {
      // It has gone by itself, or took too long.
      connection.abort();
    }
    limit.signal.removeEventListener("abort", abort);
    await connection.closed;
    return told;
  }
}

/** What the mirror tells about a SYN. */
export function mirrorAnswer(
  connection: Pick<Connection, "local" | "remote">,
  syn: Uint8Array | null,
): SynMirrorAnswer {
  const { local, remote } = connection;
  const known = syn === null
    ? { family: remote.ip?.family ?? 4, ttl: null, options: null, malformed_hex: null }
    : decodeSyn(syn);
  return {
    schema: SYN_MIRROR_SCHEMA,
    family: known.family,
    ttl: known.ttl,
    // A zone names an interface here and means nothing to the other end.
    source: withoutZone(remote),
    destination: withoutZone(local),
    options: known.options,
    malformed_hex: known.malformed_hex,
  };
}

function withoutZone({ ip, port = 0, address }: Endpoint): string {
  return ip?.zone === undefined ? address : Endpoint.of(Ip.fromBytes(ip.bytes), port).address;
}

function breadth({ local, dualStack }: MirroredAddress): number {
  if (!local.ip?.isUnspecified) return 0;
  return local.ip.family === 6 && dualStack ? 2 : 1;
}

function covers(wide: MirroredAddress, narrow: MirroredAddress): boolean {
  const a = wide.local.ip;
  const b = narrow.local.ip;
  if (a === undefined || b === undefined) return false;
  if (a.toString() === b.toString()) return wide.dualStack || !narrow.dualStack || a.family === 4;
  return a.isUnspecified && (a.family === b.family || (a.family === 6 && wide.dualStack));
}

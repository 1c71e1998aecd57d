import { TlsClient, type TlsClientOptions } from "../../../lib/tls/client.ts";
import type { Credentials, IdentityVerdict } from "../../../lib/tls/identity.ts";
import type { TlsEvent, TlsLevel, TlsSession } from "../../../lib/tls/session.ts";
import { TlsServer, type TlsServerOptions } from "../../../lib/tls/server.ts";
import { makeSelfSigned } from "../../../lib/tls/x509/self_signed.ts";

export const NOW_MS: number = Date.UTC(2026, 10, 21);

export const TRUSTED: IdentityVerdict = { trusted: true, problem: null, text: "", alert: "close_notify" };

/** A small generator: the same bytes in every run. */
export function seededRandom(seed: number): (length: number) => Uint8Array {
  let state = seed;
  return (length) =>
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
}

export function selfSignedCredentials(
  hosts: readonly string[],
  key: "p256" | "ed25519" = "p256",
): Credentials {
  const made = makeSelfSigned({ hosts, nowMs: NOW_MS, key, random: seededRandom(7) });
  return { type: "x509", entries: [made.certificate], key: made.key };
}

const SHARED = selfSignedCredentials(["localhost"]);

export interface PairOptions {
  readonly client?: Partial<TlsClientOptions>;
  readonly server?: Partial<TlsServerOptions>;
  /** Changes what travels. */
  readonly tamper?: (from: "client" | "server", level: TlsLevel, bytes: Uint8Array) => readonly Uint8Array[];
}

export interface Pair {
  readonly client: TlsClient;
  readonly server: TlsServer;
  readonly clientEvents: readonly TlsEvent[];
  readonly serverEvents: readonly TlsEvent[];
}

/** Both ends of a handshake, run until neither has anything to say; errors come out. */
export function handshake(options: PairOptions = {}): Pair {
  const client = new TlsClient({
    serverName: "localhost",
    alpn: ["hq-interop"],
    transportParameters: Uint8Array.of(1, 2, 3),
    check: () => TRUSTED,
    random: seededRandom(1),
    ...options.client,
  });
  const server = new TlsServer({
    credentials: () => [SHARED],
    alpn: ["hq-interop"],
    transportParameters: Uint8Array.of(4, 5),
    random: seededRandom(2),
    ...options.server,
  });
  const clientEvents: TlsEvent[] = [];
  const serverEvents: TlsEvent[] = [];
  const tamper = options.tamper ?? ((_from, _level, bytes) => [bytes]);
  const pump = (from: "client" | "server", own: TlsSession, other: TlsSession, seen: TlsEvent[]): boolean => {
    const pending: (readonly [TlsLevel, Uint8Array])[] = [];
    for (let event = own.poll(); event !== undefined; event = own.poll()) {
      seen.push(event);
      if (event.type === "send") pending.push([event.level, event.bytes]);
    }
    for (const [level, bytes] of pending) {
      for (const part of tamper(from, level, bytes)) other.receive(level, part);
    }
    return pending.length > 0;
  };
  for (let busy = true; busy;) {
    const said = pump("client", client, server, clientEvents);
    busy = pump("server", server, client, serverEvents) || said;
  }
  return { client, server, clientEvents, serverEvents };
}

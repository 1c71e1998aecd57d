import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { CIPHER_SUITES } from "../../../lib/crypto/suites.ts";
import { QUIC_ERROR } from "../../../lib/quic/wire/error_codes.ts";
import { TlsError } from "../../../lib/tls/alerts.ts";
import { EXTENSION, type GroupName, MESSAGE } from "../../../lib/tls/code_points.ts";
import { encodeExtensions } from "../../../lib/tls/extensions.ts";
import { handshakeMessage, HandshakeReader } from "../../../lib/tls/handshake_reader.ts";
import { concat, vector } from "../../../lib/tls/vectors.ts";
import type { Credentials, IdentityVerdict } from "../../../lib/tls/identity.ts";
import type { TlsEvent } from "../../../lib/tls/session.ts";
import {
  handshake,
  type Pair,
  type PairOptions,
  seededRandom,
  selfSignedCredentials,
  TRUSTED,
} from "./pair.ts";

const GROUPS: readonly GroupName[] = ["x25519", "secp256r1", "secp384r1"];

const DENIED: IdentityVerdict = {
  trusted: false,
  problem: "unknown-issuer",
  text: "nobody knows it",
  alert: "unknown_ca",
};

function keysOf(events: readonly TlsEvent[], level: string): readonly Uint8Array[] {
  const found = events.find((event) => event.type === "keys" && event.level === level);
  assert(found?.type === "keys");
  return [found.clientSecret, found.serverSecret];
}

function assertAgreed({ client, server, clientEvents, serverEvents }: Pair): void {
  assert.equal(client.complete, true);
  assert.equal(server.complete, true);
  for (const level of ["handshake", "application"]) {
    assert.deepEqual(keysOf(clientEvents, level), keysOf(serverEvents, level));
  }
  assert.notDeepEqual(keysOf(clientEvents, "handshake"), keysOf(clientEvents, "application"));
}

function rawKey(): Credentials {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const info = new Uint8Array(publicKey.export({ format: "der", type: "spki" }));
  return { type: "rawPublicKey", entries: [info], key: privateKey };
}

function failure(options: PairOptions): TlsError {
  try {
    handshake(options);
  } catch (error) {
    assert(error instanceof TlsError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: "the handshake went well" });
}

for (const suite of CIPHER_SUITES) {
  for (const group of GROUPS) {
    Deno.test(`both ends agree on ${suite.name} and ${group}`, () => {
      const pair = handshake({ client: { suites: [suite], groups: [group] } });
      assertAgreed(pair);
      assert.equal(pair.client.summary.suite, suite);
      assert.equal(pair.server.summary.group, group);
      assert.equal(pair.server.summary.serverName, "localhost");
      assert.equal(pair.client.summary.alpn, "hq-interop");
    });
  }
}

Deno.test("each end learns the other's transport parameters", () => {
  const { clientEvents, serverEvents } = handshake();
  const bytesOf = (events: readonly TlsEvent[]): unknown =>
    events.find((event) => event.type === "transport-parameters");
  assert.deepEqual(bytesOf(clientEvents), { type: "transport-parameters", bytes: Uint8Array.of(4, 5) });
  assert.deepEqual(bytesOf(serverEvents), { type: "transport-parameters", bytes: Uint8Array.of(1, 2, 3) });
});

Deno.test("RFC 9846 4.2.4: a server that wants another group asks for it, once", () => {
  const pair = handshake({ server: { groups: ["secp384r1"] } });
  assertAgreed(pair);
  assert.equal(pair.client.summary.retried, true);
  assert.equal(pair.server.summary.retried, true);
  assert.equal(pair.client.summary.group, "secp384r1");
});

Deno.test("RFC 9846 4.3.8: the second ClientHello has a key for the group that the server asked for, and no other", () => {
  let first: Uint8Array | undefined;
  const tamper: PairOptions["tamper"] = (from, _level, bytes) => {
    if (from === "server") return [bytes];
    // What comes second is the first one, with the key that it really had
    if (first !== undefined) return [first];
    first = bytes.slice();
    const changed = bytes.slice();
    const at = changed.findIndex((_, i) => [0, 0x1d, 0, 32].every((byte, j) => changed[i + j] === byte));
    // A group that nobody knows (RFC 8701)
    changed.set([0x1a, 0x1a], at);
    return [changed];
  };
  const server = { groups: ["secp256r1", "x25519"] } as const;
  const { alert, message } = failure({ server, tamper });
  assert.equal(alert, "illegal_parameter");
  assert.match(message, /the second ClientHello has no key for the group asked for/, "the server says so");
});

Deno.test("without a common group, suite or protocol the server says which", () => {
  assert.equal(
    failure({ client: { groups: ["x25519"] }, server: { groups: ["secp256r1"] } }).alert,
    "handshake_failure",
  );
  const [first, second] = CIPHER_SUITES;
  assert.equal(
    failure({ client: { suites: [first!] }, server: { suites: [second!] } }).alert,
    "handshake_failure",
  );
  const alpn = failure({ server: { alpn: ["h3"] } });
  assert.equal(alpn.alert, "no_application_protocol");
  assert.equal(alpn.code, "ERR_TLS");
  assert.equal(alpn.quicErrorCode, 0x178);
});

Deno.test("the server's preference decides among the client's protocols", () => {
  const { client } = handshake({
    client: { alpn: ["h3", "hq-interop"] },
    server: { alpn: ["hq-interop", "h3"] },
  });
  assert.equal(client.summary.alpn, "hq-interop");
});

Deno.test("keys of every kind sign: P-256, Ed25519, P-384 and RSA", () => {
  const kinds = [
    generateKeyPairSync("ec", { namedCurve: "secp384r1" }),
    generateKeyPairSync("rsa", { modulusLength: 2048 }),
    generateKeyPairSync("ed25519"),
    generateKeyPairSync("ec", { namedCurve: "prime256v1" }),
  ];
  for (const { publicKey, privateKey } of kinds) {
    const info = new Uint8Array(publicKey.export({ format: "der", type: "spki" }));
    const own: Credentials = { type: "rawPublicKey", entries: [info], key: privateKey };
    assertAgreed(handshake({
      client: { serverCertificateTypes: ["rawPublicKey"] },
      server: { credentials: () => [own] },
    }));
  }
});

Deno.test("RFC 7250: both ends can show raw public keys, and the check sees them", () => {
  const [server, client] = [rawKey(), rawKey()];
  const seen: unknown[] = [];
  const pair = handshake({
    client: {
      serverCertificateTypes: ["rawPublicKey", "x509"],
      credentials: client,
      check: (identity) => {
        seen.push(identity.type, identity.entries);
        return TRUSTED;
      },
    },
    server: {
      credentials: () => [server],
      checkClient: (identity) => {
        seen.push(identity?.type, identity?.entries);
        return TRUSTED;
      },
    },
  });
  assertAgreed(pair);
  assert.deepEqual(seen, ["rawPublicKey", server.entries, "rawPublicKey", client.entries]);
});

Deno.test("a server with only a raw public key refuses a client that takes certificates alone", () => {
  assert.equal(failure({ server: { credentials: () => [rawKey()] } }).alert, "unsupported_certificate");
});

Deno.test("a client without certificate shows none, and the server decides", () => {
  const asked: unknown[] = [];
  assertAgreed(handshake({
    server: {
      checkClient: (identity) => {
        asked.push(identity);
        return TRUSTED;
      },
    },
  }));
  assert.deepEqual(asked, [null]);
  const required = failure({ server: { checkClient: () => ({ ...DENIED, alert: "certificate_required" }) } });
  assert.equal(required.alert, "certificate_required");
});

Deno.test("a client certificate is proved by its signature", () => {
  const own = selfSignedCredentials(["client.example"], "ed25519");
  const pair = handshake({ client: { credentials: own }, server: { checkClient: () => TRUSTED } });
  assertAgreed(pair);
  assert.deepEqual(pair.server.summary.peer?.entries, own.entries);
  const stolen: Credentials = { ...own, key: selfSignedCredentials(["x"], "ed25519").key };
  const error = failure({ client: { credentials: stolen }, server: { checkClient: () => TRUSTED } });
  assert.equal(error.alert, "decrypt_error");
});

Deno.test("a server that is not trusted is an error, unless the client insists: then the verdict stays", () => {
  const error = failure({ client: { check: () => DENIED } });
  assert.equal(error.alert, "unknown_ca");
  assert.match(error.message, /nobody knows it/);
  const pair = handshake({ client: { check: () => DENIED, insecure: true } });
  assertAgreed(pair);
  assert.deepEqual(pair.client.summary.verdict, DENIED);
});

Deno.test("a server whose key is not that of its certificate is found out", () => {
  const stolen: Credentials = {
    ...selfSignedCredentials(["localhost"]),
    key: selfSignedCredentials(["x"]).key,
  };
  assert.equal(failure({ server: { credentials: () => [stolen] } }).alert, "decrypt_error");
});

Deno.test("messages may arrive byte by byte", () => {
  assertAgreed(
    handshake({ tamper: (_from, _level, bytes) => Array.from(bytes, (byte) => Uint8Array.of(byte)) }),
  );
});

Deno.test("the key log has the four secrets, in the format that tshark reads", () => {
  const lines: string[] = [];
  const { clientEvents } = handshake({ client: { keyLog: (line) => lines.push(line) } });
  const hex = (bytes: Uint8Array): string =>
    Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  const random = hex(seededRandom(1)(32));
  const [client, server] = keysOf(clientEvents, "application");
  assert.equal(lines.length, 4);
  assert.equal(lines[2], `CLIENT_TRAFFIC_SECRET_0 ${random} ${hex(client!)}`);
  assert.equal(lines[3], `SERVER_TRAFFIC_SECRET_0 ${random} ${hex(server!)}`);
});

Deno.test("one changed bit anywhere ends in a TLS error, and never in two ends with different keys", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(7), fc.nat(5), (at, bit, nth) => {
      let count = 0;
      let changed = false;
      try {
        const pair = handshake({
          tamper: (_from, _level, bytes) => {
            if (count++ !== nth) return [bytes];
            changed = true;
            const copy = bytes.slice();
            copy[at % copy.length]! ^= 1 << bit;
            return [copy];
          },
        });
        // A message cut short by its length waits for the rest for ever; that is QUIC's idle timeout.
        if (changed) assert(!(pair.client.complete && pair.server.complete), "nobody noticed");
      } catch (error) {
        assert(error instanceof TlsError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("arbitrary bytes end in a TLS error or wait for more", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, toClient) => {
      try {
        const tamper: PairOptions["tamper"] = (from, _level, real) =>
          (from === "server") === toClient ? [bytes] : [real];
        const { client, server } = handshake({ tamper });
        assert(!client.complete && !server.complete);
      } catch (error) {
        assert(error instanceof TlsError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("a session that has failed goes on failing, with the same error", () => {
  const { client } = handshake();
  const junk = Uint8Array.of(24, 0, 0, 1, 0);
  const failed: unknown[] = [];
  for (let i = 0; i < 2; i++) {
    try {
      client.receive("application", junk);
    } catch (error) {
      failed.push(error);
    }
  }
  assert.equal(failed.length, 2);
  assert.equal(failed[0], failed[1]);
  // RFC 9001 6: KeyUpdate is forbidden in QUIC.
  assert.equal((failed[0] as TlsError).alert, "unexpected_message");
});

Deno.test("a handshake message that claims megabytes is refused at once", () => {
  const tamper: PairOptions["tamper"] = () => [Uint8Array.of(1, 0xff, 0xff, 0xff)];
  assert.equal(failure({ tamper }).alert, "illegal_parameter");
});

Deno.test("bytes of the wrong level are refused", () => {
  const { client } = handshake();
  assert.throws(
    () => client.receive("handshake", Uint8Array.of(20)),
    (error: TlsError) => error.alert === "unexpected_message",
  );
});

/** Has a client that is connected take a message; the QUIC error that it ends with, or null. */
function afterwards(type: number, body: Uint8Array): number | null {
  const { client } = handshake();
  try {
    client.receive("application", handshakeMessage(type, body));
    return null;
  } catch (error) {
    assert(error instanceof TlsError, String(error));
    return error.quicErrorCode;
  }
}

Deno.test("RFC 9001 4.1.3: bytes of an earlier level, or a message across two levels, are a PROTOCOL_VIOLATION", () => {
  const { client } = handshake();
  const isViolation = (error: TlsError): boolean => error.quicErrorCode === QUIC_ERROR.PROTOCOL_VIOLATION;
  assert.throws(() => client.receive("initial", Uint8Array.of(2)), isViolation);
  const more: PairOptions["tamper"] = (from, level, bytes) =>
    from === "server" && level === "initial" ? [Uint8Array.of(...bytes, 8)] : [bytes];
  assert(isViolation(failure({ tamper: more })));
});

Deno.test("RFC 9001 4.4: a CertificateRequest after the handshake is a PROTOCOL_VIOLATION", () => {
  assert.equal(afterwards(MESSAGE.certificateRequest, new Uint8Array(3)), QUIC_ERROR.PROTOCOL_VIOLATION);
  assert.equal(afterwards(MESSAGE.keyUpdate, new Uint8Array(1)), 0x010a);
});

Deno.test("RFC 9001 4.6.1: a session ticket allows all early data or none, anything else is a PROTOCOL_VIOLATION", () => {
  const ticket = (...extensions: readonly (readonly [number, Uint8Array])[]): Uint8Array =>
    concat(
      new Uint8Array(8),
      vector(1, Uint8Array.of(1)),
      vector(2, Uint8Array.of(2)),
      encodeExtensions(extensions),
    );
  const allowing = (...bytes: readonly number[]): Uint8Array =>
    ticket([0x7a7a, new Uint8Array(0)], [EXTENSION.earlyData, Uint8Array.from(bytes)]);
  assert.equal(afterwards(MESSAGE.newSessionTicket, ticket()), null);
  assert.equal(afterwards(MESSAGE.newSessionTicket, allowing(0xff, 0xff, 0xff, 0xff)), null);
  const { PROTOCOL_VIOLATION } = QUIC_ERROR;
  assert.equal(afterwards(MESSAGE.newSessionTicket, allowing(0, 0, 0x40, 0)), PROTOCOL_VIOLATION);
  assert.equal(afterwards(MESSAGE.newSessionTicket, allowing(0, 0, 0, 0)), PROTOCOL_VIOLATION);
  assert.equal(afterwards(MESSAGE.newSessionTicket, allowing(1, 2, 3)), 0x0132, "decode_error");
  assert.equal(afterwards(MESSAGE.newSessionTicket, new Uint8Array(9)), 0x0132, "decode_error");
});

Deno.test("RFC 9001 8.4: a ClientHello with a session id is a PROTOCOL_VIOLATION", () => {
  const tamper: PairOptions["tamper"] = (from, level, bytes) => {
    if (from !== "client" || level !== "initial") return [bytes];
    // Behind the header, the version and the random
    const at = 4 + 2 + 32;
    return [
      handshakeMessage(
        MESSAGE.clientHello,
        concat(bytes.slice(4, at), vector(1, Uint8Array.of(7)), bytes.slice(at + 1)),
      ),
    ];
  };
  assert.equal(failure({ tamper }).quicErrorCode, QUIC_ERROR.PROTOCOL_VIOLATION);
});

Deno.test("a message that comes byte by byte is not copied as a whole for each of them", () => {
  const size = 20_000;
  const reader = new HandshakeReader();
  const message = handshakeMessage(MESSAGE.certificate, new Uint8Array(size));
  const { set } = Uint8Array.prototype;
  let copied = 0;
  Uint8Array.prototype.set = function (source: ArrayLike<number>, offset?: number): void {
    copied += source.length;
    set.call(this, source, offset);
  };
  try {
    for (const byte of message) reader.push(Uint8Array.of(byte));
  } finally {
    Uint8Array.prototype.set = set;
  }
  assert.deepEqual(reader.next()?.raw, message);
  assert.equal(reader.hasPartialMessage, false);
  assert(copied < 4 * size, `${copied} bytes were copied for ${size}`);
});

Deno.test("a message that was given out stays as it is when more comes", () => {
  const reader = new HandshakeReader();
  const first = handshakeMessage(1, Uint8Array.of(1, 2, 3));
  const second = handshakeMessage(2, Uint8Array.of(4, 5));
  const all = concat(first, second);
  for (const byte of all.subarray(0, 9)) reader.push(Uint8Array.of(byte));
  const given = reader.next()!;
  for (const byte of all.subarray(9)) reader.push(Uint8Array.of(byte));
  assert.deepEqual(reader.next()?.raw, second);
  reader.push(second);
  assert.deepEqual(given.raw, first);
  assert.deepEqual(reader.next()?.body, Uint8Array.of(4, 5));
  assert.equal(reader.next(), undefined);
});

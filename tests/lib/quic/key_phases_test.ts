import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../lib/base/errors.ts";
import type { CryptoBackend } from "../../../lib/crypto/aead.ts";
import { NODE_CRYPTO } from "../../../lib/crypto/node_crypto.ts";
import {
  AES_128_GCM_SHA256,
  CHACHA20_POLY1305_SHA256,
  type CipherSuite,
} from "../../../lib/crypto/suites.ts";
import { KeyPhases, type OpenResult } from "../../../lib/quic/key_phases.ts";
import { QUIC_ERROR } from "../../../lib/quic/wire/error_codes.ts";
import { QUIC_V1 } from "../../../lib/quic/wire/versions.ts";
import { testBackends } from "../crypto/backends.ts";
import { errorCodeOf } from "./ids/support.ts";

const HEADER_BYTES = 12;
const PTO_US = 100_000;

/** A sealed packet on its way, and what its header says. */
interface Packet {
  readonly pathId: number;
  readonly number: number;
  readonly phase: 0 | 1;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** One side of a connection: keys, and packet numbers by path. */
class End {
  readonly keys: KeyPhases;
  readonly #numbers = new Map<number, number>();

  constructor(own: number, peer: number, backend: CryptoBackend, suite: CipherSuite) {
    const secret = (fill: number): Uint8Array<ArrayBuffer> => new Uint8Array(32).fill(fill);
    this.keys = new KeyPhases(backend, suite, QUIC_V1, secret(own), secret(peer));
  }

  send(pathId = 0): Packet {
    const number = this.#numbers.get(pathId) ?? 0;
    this.#numbers.set(pathId, number + 1);
    return seal(this.keys, pathId, number);
  }

  /** Opens a packet, and follows as a connection does. */
  receive(packet: Packet, nowUs = 0): OpenResult {
    const result = open(this.keys, packet, nowUs);
    if (result === "update") this.keys.follow(nowUs, PTO_US, packet.pathId, packet.number);
    return result;
  }

  /** Takes the acknowledgment of a packet that came in another. */
  acked(packet: Packet, by: Packet, nowUs = 0): void {
    this.keys.onAcked(packet.pathId, packet.number, by.phase, nowUs, PTO_US);
  }
}

function seal(keys: KeyPhases, pathId: number, number: number): Packet {
  const bytes = new Uint8Array(HEADER_BYTES + 20 + 16);
  bytes.fill(number, 0, HEADER_BYTES);
  bytes.fill(number ^ 0xff, HEADER_BYTES, HEADER_BYTES + 20);
  const { phase } = keys;
  assert.equal(keys.seal(bytes, 0, HEADER_BYTES, HEADER_BYTES + 20, pathId, number), bytes.length);
  return { pathId, number, phase, bytes };
}

function open(keys: KeyPhases, packet: Packet, nowUs = 0): OpenResult {
  const { pathId, number, phase, bytes } = packet;
  const copy = bytes.slice();
  const result = keys.open(copy, 0, HEADER_BYTES, copy.length, pathId, number, phase, nowUs);
  if (result !== "failed") assert.equal(copy[HEADER_BYTES], (number ^ 0xff) & 0xff);
  return result;
}

function withPair(
  use: (client: End, server: End) => void,
  backend: CryptoBackend = NODE_CRYPTO,
  suite: CipherSuite = AES_128_GCM_SHA256,
): void {
  const client = new End(1, 2, backend, suite);
  const server = new End(2, 1, backend, suite);
  try {
    use(client, server);
  } finally {
    client.keys.close();
    server.keys.close();
  }
}

/** A packet each way in the phase in which both are, and its acknowledgment. */
function talk(client: End, server: End, nowUs = 0): void {
  const there = client.send();
  assert.notEqual(server.receive(there, nowUs), "failed");
  const back = server.send();
  assert.notEqual(client.receive(back, nowUs), "failed");
  client.acked(there, back, nowUs);
  const last = client.send();
  assert.equal(server.receive(last, nowUs), "opened");
  server.acked(back, last, nowUs);
}

testBackends("both ends go through many key phases", (backend) => {
  for (const suite of [AES_128_GCM_SHA256, CHACHA20_POLY1305_SHA256]) {
    withPair(
      (client, server) => {
        let nowUs = 0;
        for (let updates = 0; updates < 6; updates++) {
          talk(client, server, nowUs);
          nowUs += 3 * PTO_US;
          for (const { keys } of [client, server]) keys.handleTimeout(nowUs);
          const end = updates % 2 === 0 ? client : server;
          assert(end.keys.mayUpdate(nowUs, true));
          end.keys.update(PTO_US);
          assert.equal(end.keys.updates, updates + 1);
          assert.equal(end.keys.phase, (updates + 1) % 2);
          if (end === server) client.receive(server.send(), nowUs);
        }
        talk(client, server, nowUs);
        assert.equal(client.keys.updates, server.keys.updates);
        assert.equal(client.keys.forged + server.keys.forged, 0);
      },
      backend,
      suite,
    );
  }
});

Deno.test("KeyPhases updates only when confirmed, acknowledged and three PTO later (RFC 9001 6.1, 6.5)", () => {
  withPair((client, server) => {
    assert.equal(client.keys.mayUpdate(0, true), false, "nothing was acknowledged");
    talk(client, server);
    assert.equal(client.keys.mayUpdate(0, false), false, "the handshake is not confirmed");
    assert.equal(client.keys.mayUpdate(0, true), true);
    client.keys.update(PTO_US);
    assert.equal(client.keys.mayUpdate(1e9, true), false);
    talk(client, server, 1e9);
    assert.equal(client.keys.timeoutUs, 1e9 + 3 * PTO_US);
    client.keys.handleTimeout(1e9 + 3 * PTO_US - 1);
    assert.equal(client.keys.mayUpdate(1e9 + 3 * PTO_US - 1, true), false);
    client.keys.handleTimeout(1e9 + 3 * PTO_US);
    assert.equal(client.keys.timeoutUs, Infinity);
    assert.equal(client.keys.mayUpdate(1e9 + 3 * PTO_US, true), true);
  });
});

Deno.test("KeyPhases keeps old keys until the peer has answered, however long that takes (RFC 9001 6.1)", () => {
  withPair((client, server) => {
    talk(client, server);
    const before = server.send();
    const late = server.send();
    client.keys.update(PTO_US);
    assert.equal(client.keys.timeoutUs, Infinity);
    client.keys.handleTimeout(1e12);
    assert.equal(client.receive(before, 1e12), "opened");
    talk(client, server, 1e12);
    assert.equal(client.receive(late, 1e12), "opened");
    client.keys.handleTimeout(1e12 + 3 * PTO_US);
    assert.equal(client.receive(late, 1e12), "failed", "its keys are gone");
  });
});

Deno.test("KeyPhases opens packets of both phases, in whatever order they come", () => {
  withPair((client, server) => {
    talk(client, server);
    const old = [client.send(), client.send()];
    client.keys.update(PTO_US);
    const fresh = [client.send(), client.send(), client.send()];
    const order = [fresh[1]!, old[1]!, fresh[0]!, old[0]!, fresh[2]!];
    const results = order.map((packet) => server.receive(packet, 5));
    assert.deepEqual(results, ["update", "opened", "opened", "opened", "opened"]);
    assert.equal(server.keys.timeoutUs, 5 + 3 * PTO_US);
  });
});

Deno.test("updates of both ends at once are one update", () => {
  withPair((client, server) => {
    talk(client, server);
    const [oldThere, oldBack] = [client.send(), server.send()];
    client.keys.update(PTO_US);
    server.keys.update(PTO_US);
    const there = client.send();
    const back = server.send();
    assert.deepEqual([server.receive(there), client.receive(back)], ["opened", "opened"]);
    assert.deepEqual([server.receive(oldThere), client.receive(oldBack)], ["opened", "opened"]);
    talk(client, server);
    assert.deepEqual([client.keys.updates, server.keys.updates], [1, 1]);
  });
});

Deno.test("forged packets change nothing but the count of them", () => {
  withPair((client, server) => {
    talk(client, server);
    const packet = client.send();
    const mutation = fc.record({
      at: fc.nat(packet.bytes.length - 1),
      bit: fc.nat(7),
      phase: fc.constantFrom(0 as const, 1 as const),
      number: fc.nat(1000),
      pathId: fc.nat(3),
    });
    let forged = 0;
    fc.assert(fc.property(mutation, ({ at, bit, phase, number, pathId }) => {
      const bytes = packet.bytes.slice();
      bytes[at]! ^= 1 << bit;
      assert.equal(server.receive({ bytes, phase, number, pathId }), "failed");
      assert.equal(server.keys.forged, ++forged);
    }));
    const wrongPhase = { ...packet, phase: 1 as const };
    assert.equal(server.receive(wrongPhase), "failed");
    for (const length of [0, 1, HEADER_BYTES, HEADER_BYTES + 15]) {
      assert.equal(server.receive({ ...packet, bytes: packet.bytes.slice(0, length) }), "failed");
    }
    assert.equal(server.keys.updates, 0);
    assert.equal(server.receive(packet), "opened");
    talk(client, server);
  });
});

Deno.test("a replayed packet never updates keys", () => {
  withPair((client, server) => {
    const heard: Packet[] = [];
    for (let updates = 0; updates < 4; updates++) {
      const there = client.send();
      heard.push(there);
      server.receive(there);
      const back = server.send();
      client.receive(back);
      client.acked(there, back);
      server.keys.onAcked(0, back.number, client.send().phase, 0, PTO_US);
      client.keys.update(PTO_US);
    }
    const { updates } = server.keys;
    for (const packet of heard) assert.notEqual(server.receive(packet), "update");
    assert.equal(server.keys.updates, updates);
  });
});

Deno.test("a peer that updates twice without an answer is caught (RFC 9001 6.2)", () => {
  withPair((client, server) => {
    talk(client, server);
    client.keys.update(PTO_US);
    assert.equal(server.receive(client.send()), "update");
    client.keys.update(PTO_US);
    assert.equal(errorCodeOf(() => server.receive(client.send())), QUIC_ERROR.KEY_UPDATE_ERROR);
  });
});

Deno.test("a peer that acknowledges an update under old keys is caught (RFC 9001 6.2)", () => {
  withPair((client, server) => {
    talk(client, server);
    const old = client.send();
    client.keys.update(PTO_US);
    const packet = client.send();
    const answer = server.send();
    assert.equal(client.receive(answer), "opened");
    client.acked(old, answer);
    assert.equal(errorCodeOf(() => client.acked(packet, answer)), QUIC_ERROR.KEY_UPDATE_ERROR);
  });
});

Deno.test("a peer that goes back to old keys is caught (RFC 9001 6.4)", () => {
  withPair((client, server) => {
    talk(client, server);
    const cheat = new End(1, 2, NODE_CRYPTO, AES_128_GCM_SHA256);
    client.keys.update(PTO_US);
    const fresh = [10, 14].map((number) => seal(client.keys, 0, number));
    for (const packet of fresh) server.receive(packet);
    const back = seal(cheat.keys, 0, 12);
    assert.equal(errorCodeOf(() => server.receive(back)), QUIC_ERROR.KEY_UPDATE_ERROR);
    assert.equal(server.receive(seal(cheat.keys, 0, 9)), "opened");
    cheat.keys.close();
  });
});

Deno.test("a peer that uses new keys below old ones is caught (RFC 9001 6.4)", () => {
  withPair((client, server) => {
    for (const number of [0, 1, 2, 30]) assert.equal(server.receive(seal(client.keys, 0, number)), "opened");
    client.keys.update(PTO_US);
    const below = seal(client.keys, 0, 20);
    assert.equal(errorCodeOf(() => server.receive(below)), QUIC_ERROR.KEY_UPDATE_ERROR);
    assert.equal(server.receive(seal(client.keys, 0, 31)), "update");
  });
});

Deno.test("packet numbers are told apart by path", () => {
  withPair((client, server) => {
    for (const pathId of [0, 1, 7]) assert.equal(server.receive(client.send(pathId)), "opened");
    const old = [client.send(1), client.send(1), client.send(7)];
    talk(client, server);
    for (let n = 0; n < 20; n++) client.send(0);
    client.keys.update(PTO_US);
    assert.equal(server.receive(client.send(0)), "update");
    // Path 1 was silent since: the numbers of path 0 say nothing about its packets
    assert.equal(server.receive(old[0]!), "opened");
    assert.equal(server.receive(client.send(1)), "opened");
    assert.equal(server.receive(old[1]!), "opened");
    assert.equal(server.receive(old[2]!), "opened");
    const wrongPath = { ...client.send(1), pathId: 7 };
    assert.equal(server.receive(wrongPath), "failed", "the nonce has the path id");
    server.keys.handleTimeout(3 * PTO_US);
    talk(client, server, 3 * PTO_US);
    client.keys.update(PTO_US);
    assert.equal(server.receive(client.send(9), 3 * PTO_US), "update", "on a path that is new");
    server.keys.forgetPath(9);
    assert.equal(server.receive(client.send(9)), "opened");
  });
});

Deno.test("what was sent on a path that is forgotten was sent: the peer may change its keys after that", () => {
  withPair((client, server) => {
    talk(client, server);
    client.keys.update(PTO_US);
    assert.equal(server.receive(client.send()), "update");
    const answer = server.send(1);
    const confirmed = client.send();
    assert.equal(client.receive(answer), "opened");
    client.acked(confirmed, answer);
    server.keys.forgetPath(1);
    server.keys.handleTimeout(3 * PTO_US);
    assert(client.keys.mayUpdate(3 * PTO_US, true));
    client.keys.update(PTO_US);
    assert.equal(server.receive(client.send(), 3 * PTO_US), "update");
  });
});

Deno.test("keys that have protected as many packets as they may protect no more (RFC 9001 6.6)", () => {
  const suite = { ...AES_128_GCM_SHA256, confidentialityLimit: 16, integrityLimit: 3 };
  withPair(
    (client, server) => {
      const verdicts = Array.from({ length: 16 }, (_, n) => {
        const verdict = client.keys.sealVerdict;
        client.send(n % 3);
        return verdict;
      });
      assert.deepEqual(verdicts.slice(12), ["ok", "ok", "update", "update"]);
      assert.equal(client.keys.sealVerdict, "stop");
      assert.throws(() => client.send(), (error) => error instanceof MptError && error.code === "ERR_LIMIT");
      client.keys.update(PTO_US);
      assert.deepEqual([client.keys.sealed, client.keys.sealVerdict], [0, "ok"]);
      const packet = client.send();
      for (let n = 0; n < 4; n++) {
        assert.equal(server.keys.integrityLost, false);
        server.receive({ ...packet, number: 500 });
      }
      assert.equal(server.keys.integrityLost, true);
    },
    NODE_CRYPTO,
    suite,
  );
});

testBackends("closed keys neither seal nor open nor change", (backend) => {
  withPair(
    (client, server) => {
      const packet = client.send();
      client.keys.update(PTO_US);
      for (const { keys } of [client, server]) {
        keys.close();
        keys.close();
        const isClosed = (error: unknown): boolean =>
          error instanceof MptError && error.code === "ERR_CLOSED";
        assert.throws(() => seal(keys, 0, 5), isClosed);
        assert.throws(() => open(keys, packet), isClosed);
        assert.throws(() => open(keys, { ...packet, phase: 1 }), isClosed);
        assert.throws(() => keys.update(PTO_US), isClosed);
        assert.throws(() => keys.follow(0, PTO_US, 0, 1), isClosed);
        assert.equal(keys.timeoutUs, Infinity);
        keys.handleTimeout(1e9);
      }
    },
    backend,
  );
});

Deno.test("two ends understand each other whatever the network does and whoever updates when", () => {
  const act = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant("send" as const), side: fc.nat(1), path: fc.nat(2) }),
    },
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant("deliver" as const), side: fc.nat(1), nth: fc.nat() }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("lose" as const), side: fc.nat(1), nth: fc.nat() }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("forge" as const), side: fc.nat(1), nth: fc.nat() }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("update" as const), side: fc.nat(1) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), us: fc.nat(4 * PTO_US) }) },
  );
  let updatesSeen = 0;
  fc.assert(
    fc.property(fc.array(act, { minLength: 40, maxLength: 300, size: "max" }), (acts) => {
      withPair((client, server) => {
        const ends = [client, server] as const;
        /** What flies to each side; each packet names the newest one that its sender has received. */
        const flying: { packet: Packet; ack: Packet | null; atUs: number }[][] = [[], []];
        const newest: (Packet | null)[] = [null, null];
        let nowUs = 0;
        const arrive = (side: number, nth: number): void => {
          const queue = flying[side]!;
          if (queue.length === 0) return;
          const [{ packet, ack }] = queue.splice(nth % queue.length, 1) as [typeof queue[number]];
          const end = ends[side]!;
          assert.notEqual(end.receive(packet, nowUs), "failed");
          if (ack !== null) end.acked(ack, packet, nowUs);
          newest[side] = packet;
        };
        for (const each of acts) {
          if (each.kind === "wait") {
            // Nothing is longer on its way than old keys are kept
            for (const side of [0, 1]) {
              const isLate = ({ atUs }: { atUs: number }): boolean => atUs + PTO_US < nowUs + each.us;
              while (flying[side]!.some(isLate)) arrive(side, flying[side]!.findIndex(isLate));
            }
            nowUs += each.us;
            for (const { keys } of ends) keys.handleTimeout(nowUs);
          } else if (each.kind === "send") {
            const packet = ends[each.side]!.send(each.path);
            flying[1 - each.side]!.push({ packet, ack: newest[each.side]!, atUs: nowUs });
          } else if (each.kind === "deliver") arrive(each.side, each.nth);
          else if (each.kind === "lose") {
            const queue = flying[each.side]!;
            if (queue.length > 0) queue.splice(each.nth % queue.length, 1);
          } else if (each.kind === "forge") {
            const queue = flying[each.side]!;
            const victim = queue[each.nth % Math.max(1, queue.length)]?.packet;
            if (victim === undefined) continue;
            const bytes = victim.bytes.slice();
            bytes[each.nth % bytes.length]! ^= 0x10;
            const phase = each.nth % 3 === 0 ? (victim.phase === 0 ? 1 : 0) : victim.phase;
            assert.equal(ends[each.side]!.receive({ ...victim, bytes, phase }, nowUs), "failed");
          } else if (ends[each.side]!.keys.mayUpdate(nowUs, true)) ends[each.side]!.keys.update(PTO_US);
          assert(Math.abs(client.keys.updates - server.keys.updates) <= 1);
        }
        for (const side of [0, 1]) {
          while (flying[side]!.length > 0) arrive(side, 0);
        }
        talk(client, server, nowUs);
        assert.equal(client.keys.updates, server.keys.updates);
        updatesSeen = Math.max(updatesSeen, client.keys.updates);
      });
    }),
    { numRuns: 150 },
  );
  assert(updatesSeen >= 2, `the longest run had ${updatesSeen} updates`);
});

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { NODE_CRYPTO } from "../../../../lib/crypto/node_crypto.ts";
import { connectionConfig } from "../../../../lib/quic/connection/config.ts";
import type { Connection } from "../../../../lib/quic/connection/connection.ts";
import { QuicEndpoint } from "../../../../lib/quic/endpoint/endpoint.ts";
import { TokenKey } from "../../../../lib/quic/tokens.ts";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { drain, joined } from "../connection/exchange.ts";
import { pattern } from "../connection/pair.ts";
import { seededRandom } from "../../tls/pair.ts";
import { World } from "./world.ts";

/** Where a programming error could be. */
const METHODS = ["handleDatagram", "handleTimeout", "pollTransmit"] as const;

const BROKEN = new Error("a programming error");

/** Lets a method of a connection throw, for ever or the first time only. */
function breakMethod(connection: Connection, method: (typeof METHODS)[number], once: boolean): void {
  const honest = connection[method].bind(connection) as (...args: readonly unknown[]) => unknown;
  let broken = true;
  Object.defineProperty(connection, method, {
    value: (...args: readonly unknown[]): unknown => {
      if (!broken) return honest(...args);
      broken = !once;
      throw BROKEN;
    },
  });
}

for (const method of METHODS) {
  for (const once of [true, false]) {
    Deno.test(`an exception in ${method}() ${once ? "once" : "each time"} ends that connection with INTERNAL_ERROR, and its neighbours go on`, () => {
      using world = new World();
      const [first, second] = [world.connect(), world.connect()];
      assert(world.run(() => first.confirmed && second.confirmed && world.accepted.length === 2));
      const victim = world.accepted[0]!;
      breakMethod(victim, method, once);
      for (const client of [first, second]) {
        const id = client.open("unidirectional")!;
        client.streams.write(id, pattern(50_000));
        client.streams.finish(id);
        world.client.touch(client, world.nowUs);
      }
      const neighbour = world.accepted[1]!;
      const chunks: Uint8Array[] = [];
      // The first stream of a client that goes one way
      assert(world.run(() => drain(neighbour, 2, chunks) && chunks.length > 0, 20_000_000));
      assert.equal(Buffer.compare(joined(chunks), pattern(50_000)), 0);
      assert(world.run(() => victim.closeReason !== null, 60_000_000));
      assert.equal(victim.closeReason?.errorCode, QUIC_ERROR.INTERNAL_ERROR);
      assert.equal(victim.closeReason?.cause, BROKEN);
      const told = world.events.get(victim)!.filter(({ type }) => type === "closed");
      assert.equal(told.length, 1, "its user hears of it once");
      if (once) {
        const over = (): Connection | undefined => [first, second].find((each) => each.closeReason !== null);
        assert(world.run(() => over() !== undefined));
        assert.equal(over()?.closeReason?.errorCode, QUIC_ERROR.INTERNAL_ERROR, "and the peer");
        assert.doesNotMatch(over()?.closeReason?.text ?? "", /programming/);
      }
      const later = world.connect();
      assert(world.run(() => later.confirmed, 10_000_000), "newcomers are let in");
    });
  }
}

Deno.test("a client for whom no end of a handshake can be made is dropped", () => {
  using world = new World();
  const random = seededRandom(1);
  world.server = new QuicEndpoint({
    config: connectionConfig({ backend: NODE_CRYPTO, random }),
    tokens: new TokenKey(random(32), random),
    server: {
      tls: () => {
        throw BROKEN;
      },
    },
  });
  const connection = world.connect();
  assert.equal(world.run(() => connection.confirmed, 2_000_000), false);
  assert.deepEqual(world.server.load, { connections: 0, handshakes: 0, waiting: 0 });
  assert(world.server.counters.dropped > 0);
});

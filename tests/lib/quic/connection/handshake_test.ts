import assert from "node:assert/strict";
import { Pair } from "./pair.ts";

Deno.test("a client and a server shake hands, and both confirm it", () => {
  using pair = new Pair();
  assert(pair.run(({ client, server }) => client.confirmed && server?.confirmed === true));
  for (const events of Object.values(pair.events)) {
    const types = events.map(({ type }) => type).filter((type) => type !== "streams-available");
    assert.deepEqual(types, ["connected", "confirmed"]);
  }
  assert.equal(pair.client.tls.alpn, "hq-interop");
  assert.equal(pair.client.core.spaces.initial, null, "Initial keys are gone");
  assert.equal(pair.client.core.spaces.handshake, null);
  assert.equal(pair.server!.core.spaces.handshake, null);
});

Deno.test("RFC 9000 14.1: every datagram with an Initial packet of the client has 1200 bytes or more", () => {
  const sizes: number[] = [];
  using pair = new Pair({
    fate: (datagram) => {
      if (datagram.from === "client" && (datagram.bytes[0]! & 0xf0) === 0xc0) {
        sizes.push(datagram.bytes.length);
      }
      return datagram;
    },
  });
  pair.connect();
  assert(sizes.length >= 2);
  assert(sizes.every((size) => size >= 1200));
});

for (const lost of Array.from({ length: 10 }, (_, index) => index)) {
  Deno.test(`RFC 9002 6.2.2.1: the handshake survives the loss of datagram ${lost} and the one after it`, () => {
    using pair = new Pair({
      fate: (datagram, index) => index === lost || index === lost + 1 ? null : datagram,
    });
    pair.connect();
  });
}

Deno.test("the handshake survives the loss of every second datagram, whichever comes first", () => {
  for (const first of [0, 1]) {
    using pair = new Pair({ fate: (datagram, index) => index % 2 === first ? null : datagram });
    assert(pair.run(({ client, server }) => client.confirmed && server?.confirmed === true, 60_000_000));
  }
});

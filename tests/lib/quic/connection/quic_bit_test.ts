import assert from "node:assert/strict";
import { exchange } from "./exchange.ts";
import { Pair } from "./pair.ts";

const QUIC_BIT = 0x40;

Deno.test("RFC 9287 3.1: the QUIC Bit is set until the peer has said that it may be anything, then it varies", () => {
  const seen = { before: new Set<number>(), after: new Set<number>() };
  using pair = new Pair({
    fate: (datagram, index) => {
      seen[index === 0 ? "before" : "after"].add(datagram.bytes[0]! & QUIC_BIT);
      return datagram;
    },
  }).connect();
  exchange(pair, 100_000, 20_000_000);
  assert.deepEqual([...seen.before], [QUIC_BIT], "the first packet of a client");
  assert.deepEqual([...seen.after].sort(), [0, QUIC_BIT]);
});

Deno.test("RFC 9287 3: a peer that does not offer it never gets a packet without the QUIC Bit", () => {
  let cleared = 0;
  using pair = new Pair({
    fate: (datagram) => {
      if (datagram.from === "client" && (datagram.bytes[0]! & QUIC_BIT) === 0) cleared++;
      return datagram;
    },
  });
  // As if the server had not offered it
  pair.work = ({ client }) => {
    const { core } = client;
    if (core.peer?.greaseQuicBit === true) core.peer = { ...core.peer, greaseQuicBit: false };
  };
  pair.connect();
  exchange(pair, 100_000, 20_000_000);
  assert.equal(cleared, 0);
});

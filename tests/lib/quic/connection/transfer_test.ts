import assert from "node:assert/strict";
import { seededRandom } from "../../tls/pair.ts";
import { drain, exchange } from "./exchange.ts";
import { Pair, pattern } from "./pair.ts";

Deno.test("a megabyte goes up and comes back unaltered", () => {
  using pair = new Pair().connect();
  exchange(pair, 1_000_000, 60_000_000);
  const { counters } = pair.client.core.firstPath;
  assert.equal(counters.packetsLost, 0);
});

Deno.test("2% loss both ways: every byte arrives once and in order", () => {
  for (const seed of [1, 2, 3]) {
    const random = seededRandom(seed);
    using pair = new Pair({ seed, fate: (datagram) => random(1)[0]! < 5 ? null : datagram });
    assert(pair.run(({ client, server }) => client.confirmed && server?.confirmed === true, 60_000_000));
    exchange(pair, 300_000, 120_000_000);
    assert(pair.client.core.firstPath.counters.packetsLost > 0);
  }
});

Deno.test("reordering: every byte arrives once and in order", () => {
  const random = seededRandom(5);
  using pair = new Pair({
    fate: (datagram) => ({ ...datagram, atUs: datagram.atUs + random(1)[0]! * 50 }),
  });
  pair.connect();
  exchange(pair, 300_000, 60_000_000);
});

Deno.test("the peer's silence in a transfer does not stop it for ever: probes are sent (RFC 9002 6.2)", () => {
  using pair = new Pair().connect();
  const startUs = pair.nowUs;
  pair.fate = (datagram) => pair.nowUs < startUs + 500_000 ? null : datagram;
  exchange(pair, 20_000, 20_000_000);
});

Deno.test("congestion window and pacing hold: what is in flight never exceeds the window", () => {
  using pair = new Pair({ delayUs: 50_000 }).connect();
  const id = pair.client.open("unidirectional")!;
  pair.client.streams.write(id, pattern(400_000));
  pair.client.streams.finish(id);
  pair.work = ({ client, server }) => {
    const { bytesInFlight, congestion } = client.core.firstPath;
    assert(bytesInFlight <= congestion.windowBytes, `${bytesInFlight} of ${congestion.windowBytes}`);
    if (server !== null) drain(server, id, []);
  };
  assert(pair.run(({ events }) => events.client.some(({ type }) => type === "delivered"), 20_000_000));
});

Deno.test("datagrams arrive, and what is too large for the path is refused (RFC 9221)", () => {
  using pair = new Pair().connect();
  assert.equal(pair.client.sendDatagram(pattern(1000)), true);
  assert.equal(pair.client.sendDatagram(pattern(1300)), false);
  assert(pair.run(({ events }) => events.server.some(({ type }) => type === "datagram")));
  const [event] = pair.events.server.filter((each) => each.type === "datagram");
  assert.deepEqual(event!.type === "datagram" && event!.bytes, pattern(1000));
});

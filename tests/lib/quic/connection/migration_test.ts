import assert from "node:assert/strict";
import { Ip } from "../../../../lib/base/ip.ts";
import { exchange } from "./exchange.ts";
import { CLIENT, Pair, SERVER } from "./pair.ts";

const ELSEWHERE = { ip: Ip.parse("198.51.100.7"), port: 51_000 };

const changes = (pair: Pair, side: "client" | "server"): readonly string[] =>
  pair.events[side].flatMap((event) => event.type === "path" ? [event.change] : []);

Deno.test("RFC 9000 9.3: after a NAT gave another port the server follows, and asks whether the client is there", () => {
  using pair = new Pair().connect();
  exchange(pair, 20_000, 10_000_000);
  const { rtt } = pair.server!.core.firstPath;
  pair.clientAddress = { ip: CLIENT.ip, port: 50_001 };
  exchange(pair, 20_000, 10_000_000);
  pair.run(() => false, 200_000);
  assert.deepEqual(changes(pair, "server"), ["migrated", "validated"]);
  const { firstPath } = pair.server!.core;
  assert.equal(firstPath.network.tuple.remote.port, 50_001);
  assert.equal(firstPath.network.validated, true);
  assert.equal(firstPath.rtt, rtt, "RFC 9000 9.4: the same path behind a NAT");
});

Deno.test("a client that moves to another address takes another id, and the server another window", () => {
  using pair = new Pair().connect();
  exchange(pair, 20_000, 10_000_000);
  const before = pair.client.core.firstPath.remoteIds.current!;
  const { congestion } = pair.server!.core.firstPath;
  pair.clientAddress = ELSEWHERE;
  assert.equal(pair.client.migrate(pair.nowUs, { local: ELSEWHERE, remote: SERVER }), true);
  exchange(pair, 100_000, 20_000_000);
  assert.deepEqual(changes(pair, "client"), ["migrated", "validated"]);
  assert.deepEqual(changes(pair, "server"), ["migrated", "validated"]);
  assert.equal(before.equals(pair.client.core.firstPath.remoteIds.current!), false);
  assert.notEqual(pair.server!.core.firstPath.congestion, congestion);
});

Deno.test("RFC 9000 9.3.2: a server whose client is not at the new address goes back to the old one", () => {
  using pair = new Pair().connect();
  exchange(pair, 20_000, 10_000_000);
  // Somebody on the way sends a packet of the client's on from elsewhere; the client never was there
  let spoofed = 0;
  pair.fate = (datagram) => {
    if (datagram.from === "server") return datagram.destination.port === ELSEWHERE.port ? null : datagram;
    return spoofed++ === 0 ? { ...datagram, source: ELSEWHERE } : datagram;
  };
  pair.client.ping();
  assert(pair.run((each) => changes(each, "server").includes("migrated")));
  assert(
    pair.run((each) => changes(each, "server").includes("failed") || changes(each, "server").length > 1),
  );
  pair.fate = (datagram) => datagram;
  exchange(pair, 20_000, 20_000_000);
  assert.equal(pair.server!.core.firstPath.network.tuple.remote.port, CLIENT.port);
});

Deno.test("RFC 9000 8.1, 9.3: to an address that is not validated no more than three times its bytes are sent", () => {
  using pair = new Pair().connect();
  exchange(pair, 20_000, 10_000_000);
  const id = pair.server!.open("unidirectional")!;
  pair.server!.streams.write(id, new Uint8Array(500_000));
  let received = 0;
  let sent = 0;
  pair.fate = (datagram) => {
    if (datagram.from === "client") {
      received += datagram.bytes.length;
      return { ...datagram, source: ELSEWHERE };
    }
    if (datagram.destination.port !== ELSEWHERE.port) return null;
    sent += datagram.bytes.length;
    assert(sent <= 3 * received, `${sent} bytes for ${received}`);
    return null;
  };
  pair.client.ping();
  pair.run(() => false, 2_000_000);
  assert(sent > 0);
});

Deno.test("a migration during a transfer under way loses no byte", () => {
  using pair = new Pair({ delayUs: 20_000 }).connect();
  pair.run(() => false, 200_000);
  let moves = 0;
  const startUs = pair.nowUs;
  pair.fate = (datagram) => {
    if (moves < 3 && pair.nowUs > startUs + 150_000 * (moves + 1)) {
      moves++;
      const next = { ip: CLIENT.ip, port: 52_000 + moves };
      pair.clientAddress = next;
    }
    return datagram;
  };
  exchange(pair, 2_000_000, 60_000_000);
  assert.equal(moves, 3);
});

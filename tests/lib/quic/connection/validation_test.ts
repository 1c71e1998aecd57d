import assert from "node:assert/strict";
import { Ip } from "../../../../lib/base/ip.ts";
import type { NetworkPath } from "../../../../lib/quic/connection/network_path.ts";
import type { SocketAddress } from "../../../../lib/quic/connection/tuple.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { exchange } from "./exchange.ts";
import { Attacker, control, together } from "../hostile/attacker.ts";
import { Log } from "./log.ts";
import { CLIENT, type Flying, Pair, SERVER } from "./pair.ts";

const ELSEWHERE = { ip: Ip.parse("198.51.100.7"), port: 51_000 };

const MIN_DATAGRAM_BYTES = 1_200;

/** The id that a packet with a short header is for. */
function idOf({ bytes }: Flying): string {
  return `${ConnectionId.from(bytes, 1, 9)}`;
}

Deno.test("RFC 9000 8.2.1: who could not send a full datagram to a new address asks once more with one", () => {
  using pair = new Pair().connect();
  exchange(pair, 20_000, 10_000_000);
  const sizes: number[] = [];
  const server = pair.server!;
  pair.fate = (datagram) => {
    if (datagram.from === "server") sizes.push(datagram.bytes.length);
    return datagram;
  };
  // A small packet from elsewhere: the server may answer it with three times its bytes
  pair.clientAddress = ELSEWHERE;
  pair.client.ping();
  assert(
    pair.run(() =>
      server.core.firstPath.network.validated && server.core.firstPath.network.tuple.remote.port === 51_000
    ),
  );
  assert(sizes[0]! < MIN_DATAGRAM_BYTES, "the first challenge had to be small");
  pair.run(() => false, 3_000_000);
  // Probes for a larger MTU are larger
  assert.equal(sizes.filter((size) => size === MIN_DATAGRAM_BYTES).length, 1, `${sizes}`);
  const validated = pair.events.server.filter((event) =>
    event.type === "path" && event.change === "validated"
  );
  assert.equal(validated.length, 1, "its user hears of it once");
});

Deno.test("RFC 9000 8.2.1: a way that never carries full datagrams is asked a few times, and no more", () => {
  using pair = new Pair().connect();
  exchange(pair, 20_000, 10_000_000);
  let full = 0;
  pair.fate = (datagram) => {
    if (datagram.from === "client" || datagram.bytes.length < MIN_DATAGRAM_BYTES) return datagram;
    full++;
    return null;
  };
  pair.clientAddress = ELSEWHERE;
  pair.client.ping();
  pair.run(() => false, 25_000_000);
  assert(full >= 2 && full < 20, `${full} datagrams`);
});

Deno.test("RFC 9000 8.2.2: each challenge is answered once, also when several come before the next datagram leaves", () => {
  for (const from of [CLIENT, ELSEWHERE]) {
    const log = new Log();
    using pair = new Pair({ server: log.config }).connect();
    exchange(pair, 20_000, 10_000_000);
    const attacker = new Attacker(pair);
    const asked = [1, 2, 3].map((n) => new Uint8Array(8).fill(n));
    // Padded: to an address that is not validated three times as much may go back
    const padding = new Uint8Array(1_150);
    for (const data of asked) {
      assert.equal(
        attacker.send(together(control({ kind: "path_challenge", data }), padding), "1-rtt", from),
        null,
      );
    }
    pair.run(() => false, 3_000_000);
    const answered = log.all("packet_sent").flatMap(({ frames }) =>
      (frames as readonly Record<string, unknown>[]).flatMap((frame) =>
        frame["frame_type"] === "path_response" ? [frame["data"]] : []
      )
    );
    assert.deepEqual(answered, ["0101010101010101", "0202020202020202", "0303030303030303"]);
  }
});

/** Lets the client ask whether the server is there from another address, beside what it does. */
function probeFrom(pair: Pair, local: SocketAddress, sharesId: boolean): NetworkPath {
  const path = pair.client.core.firstPath;
  const way = path.makeNetwork({ local, remote: SERVER }, false);
  way.sharesId = sharesId;
  way.challenge(pair.nowUs, 1_000_000);
  path.asides.push(way);
  return way;
}

/** The ids of packets to each port and from each port. */
function watchIds(pair: Pair): Map<number, Set<string>> {
  const ids = new Map<number, Set<string>>();
  pair.fate = (datagram) => {
    const { port } = datagram.from === "client" ? datagram.source : datagram.destination;
    ids.set(port, (ids.get(port) ?? new Set()).add(idOf(datagram)));
    return datagram;
  };
  return ids;
}

Deno.test("RFC 9000 9.5: a probe from another address has an id of its own, and so has its answer", () => {
  using pair = new Pair().connect();
  exchange(pair, 20_000, 10_000_000);
  const ids = watchIds(pair);
  probeFrom(pair, ELSEWHERE, false);
  pair.run(() => false, 300_000);
  exchange(pair, 5_000, 5_000_000);
  assert.equal(ids.get(ELSEWHERE.port)?.size, 2, "one for each direction");
  for (const id of ids.get(ELSEWHERE.port)!) {
    assert(!ids.get(CLIENT.port)!.has(id), "an observer cannot link the two");
  }
});

Deno.test("RFC 9000 9.5: a probe under the id in use is answered under the id in use: a NAT has moved it", () => {
  using pair = new Pair().connect();
  exchange(pair, 20_000, 10_000_000);
  const ids = watchIds(pair);
  probeFrom(pair, ELSEWHERE, true);
  pair.run(() => false, 300_000);
  exchange(pair, 5_000, 5_000_000);
  assert.deepEqual(ids.get(ELSEWHERE.port), ids.get(CLIENT.port));
});

Deno.test("RFC 9000 9.5: probes from many addresses use no more ids than the peer has issued, and the connection goes on", () => {
  using pair = new Pair().connect();
  exchange(pair, 20_000, 10_000_000);
  const path = pair.client.core.firstPath;
  for (let n = 0; n < 40; n++) {
    const way = probeFrom(pair, { ip: Ip.parse(`198.51.100.${n}`), port: 51_000 }, false);
    pair.run(() => false, 200_000);
    path.asides.length = 0;
    if (way.idSequence !== null) path.remoteIds.retire(way.idSequence);
    assert(pair.server!.core.firstPath.asides.length <= 4);
  }
  exchange(pair, 20_000, 10_000_000);
  assert.deepEqual([pair.client.closeReason, pair.server!.closeReason], [null, null]);
});

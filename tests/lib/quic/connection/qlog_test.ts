import assert from "node:assert/strict";
import { Ip } from "../../../../lib/base/ip.ts";
import { seededRandom } from "../../tls/pair.ts";
import { exchange } from "./exchange.ts";
import { Log } from "./log.ts";
import { Pair, SERVER } from "./pair.ts";
import { multipathPair, open, settle } from "./two_paths.ts";

const ELSEWHERE = { ip: Ip.parse("198.51.100.7"), port: 51_000 };

Deno.test("the log of a connection has every packet of both directions, losses, metrics and the end", () => {
  const log = new Log();
  const random = seededRandom(4);
  using pair = new Pair({ client: log.config, fate: (datagram) => random(1)[0]! < 10 ? null : datagram });
  pair.connect();
  exchange(pair, 100_000, 60_000_000);
  pair.client.close(pair.nowUs, 3, "done");
  pair.run(() => false, 100_000);
  const { counters, space } = pair.client.core.firstPath;
  assert.equal(log.all("packet_lost").length, counters.packetsLost);
  assert(log.all("packet_sent").length >= space.nextPacketNumber - 2);
  assert(log.all("packet_received").length > 10 && log.all("recovery_metrics_updated").length > 5);
  assert.deepEqual(log.all("parameters_set").map(({ initiator }) => initiator), ["local", "remote"]);
  const [closed] = log.all("connection_closed");
  assert.deepEqual([closed?.initiator, closed?.reason], ["local", "done"]);
});

Deno.test("the log tells how a connection comes up and ends, at both ends", () => {
  const logs = { client: new Log(), server: new Log() };
  using pair = new Pair({ client: logs.client.config, server: logs.server.config }).connect();
  exchange(pair, 10_000, 10_000_000);
  pair.client.close(pair.nowUs, 0);
  pair.run(() => false, 10_000_000);
  for (const side of ["client", "server"] as const) {
    const log = logs[side];
    const states = log.all("connection_state_updated").map((data) => data.new);
    // One datagram of the server's has all that the client needs; to a server complete is confirmed
    const shaken = side === "client"
      ? ["handshake_complete", "handshake_confirmed", "closing"]
      : ["handshake_started", "handshake_confirmed", "draining"];
    assert.deepEqual(states, ["attempted", ...shaken, "closed"]);
    assert.deepEqual(log.all("alpn_information"), [{ chosen_alpn: { string_value: "hq-interop" } }]);
    assert.deepEqual(log.all("version_information"), [{ chosen_version: "00000001" }]);
    assert.equal(log.all("connection_started").length, 1);
    assert.equal(log.all("recovery_parameters_set").length, 1);
    const keys = (name: string): readonly unknown[] => log.all(name).map(({ key_type }) => key_type);
    const all = ["initial", "handshake", "1rtt"].flatMap((level) =>
      ["client", "server"].map((end) => `${end}_${level}_secret`)
    );
    assert.deepEqual(keys("key_updated"), all);
    assert.deepEqual([...keys("key_discarded")].sort(), [...all].sort());
    assert.deepEqual(log.all("mtu_updated"), [{ new: 1200 }, { old: 1200, new: 1452 }]);
  }
});

Deno.test("the log tells who changed the keys", () => {
  const logs = { client: new Log(), server: new Log() };
  using pair = new Pair({ client: logs.client.config, server: logs.server.config }).connect();
  exchange(pair, 10_000, 10_000_000);
  assert(pair.client.updateKeys(pair.nowUs));
  exchange(pair, 10_000, 10_000_000);
  for (const [side, trigger] of [["client", "local_update"], ["server", "remote_update"]] as const) {
    const updates = logs[side].all("key_updated").filter((data) => data.trigger !== "tls");
    assert.deepEqual(updates.map((data) => [data.key_type, data.key_phase, data.trigger]), [
      ["client_1rtt_secret", 1, trigger],
      ["server_1rtt_secret", 1, trigger],
    ]);
  }
});

Deno.test("the log tells of congestion: slow start, recovery after a loss, then congestion avoidance", () => {
  const log = new Log();
  let sent = 0;
  using pair = new Pair({
    client: log.config,
    fate: (datagram) => datagram.from === "client" && ++sent === 60 ? null : datagram,
  }).connect();
  exchange(pair, 400_000, 20_000_000);
  const states = log.all("congestion_state_updated").map((data) => data.new);
  assert.deepEqual(states.slice(0, 3), ["slow_start", "recovery", "congestion_avoidance"]);
});

Deno.test("the log tells of a migration: the tuple, its validation, and the new connection id", () => {
  const logs = { client: new Log(), server: new Log() };
  using pair = new Pair({ client: logs.client.config, server: logs.server.config }).connect();
  exchange(pair, 10_000, 10_000_000);
  pair.clientAddress = ELSEWHERE;
  assert(pair.client.migrate(pair.nowUs, { local: ELSEWHERE, remote: SERVER }));
  exchange(pair, 10_000, 10_000_000);
  pair.run(() => false, 500_000);
  for (const log of [logs.client, logs.server]) {
    const states = log.all("migration_state_updated").map((data) => data.new);
    assert.deepEqual(states, ["migration_started", "migration_complete"]);
    assert.equal(log.all("tuple_assigned").length, 2);
    assert(log.all("connection_id_updated").length >= 1);
  }
  const remote = { ip_v4: "198.51.100.7", port_v4: 51_000 };
  assert.deepEqual(logs.server.all("tuple_assigned").at(-1)?.tuple_remote, remote);
});

Deno.test("the log tells the paths of a connection apart", () => {
  const log = new Log();
  using pair = multipathPair({ client: log.config }).connect();
  settle(pair);
  const id = open(pair, 0);
  exchange(pair, 300_000, 20_000_000);
  pair.client.abandonPath(pair.nowUs, id);
  settle(pair, 10_000_000);
  const about = log.events.filter(({ tuple }) => tuple === `${id}`).map(({ name }) => name!.slice(5));
  for (const name of ["tuple_assigned", "migration_state_updated", "mtu_updated", "packet_sent"]) {
    assert(about.includes(name), `${name} in ${[...new Set(about)]}`);
  }
  const states = log.all("migration_state_updated").map((data) => data.new);
  assert.deepEqual(states, ["probing_started", "probing_successful"]);
});

Deno.test("packets that wait for their keys and packets that are forged are in the log", () => {
  const log = new Log();
  let late = false;
  using pair = new Pair({
    server: log.config,
    // What completes the handshake comes after the data behind it
    fate: (datagram, index) => {
      if (late || datagram.from === "server" || index === 0) return datagram;
      late = true;
      return { ...datagram, atUs: datagram.atUs + 5_000 };
    },
  });
  pair.work = ({ client }) => {
    if (!client.connected || client.streams.size > 0) return;
    client.streams.write(client.open("unidirectional")!, new Uint8Array(5_000));
  };
  pair.connect();
  const server = pair.server!;
  const bytes = new Uint8Array(60).fill(0x40);
  bytes.set(server.core.source.toBytes(), 1);
  server.handleDatagram(pair.nowUs, server.core.firstPath.network.tuple, bytes, 0, 60);
  assert(log.all("packet_buffered").length > 0);
  assert(log.all("packet_dropped").some(({ trigger }) => trigger === "decryption_failure"));
});

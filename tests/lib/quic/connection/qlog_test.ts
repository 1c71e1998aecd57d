import assert from "node:assert/strict";
import { Qlog } from "../../../../lib/quic/qlog/qlog.ts";
import { seededRandom } from "../../tls/pair.ts";
import { exchange } from "./exchange.ts";
import { Pair } from "./pair.ts";

Deno.test("the log of a connection has every packet of both directions, losses, metrics and the end", () => {
  const records: { readonly name?: string; readonly data?: { readonly [field: string]: unknown } }[] = [];
  const random = seededRandom(4);
  using pair = new Pair({
    client: {
      qlog: (side, originalDestination, startUs) =>
        new Qlog({
          write: (text) => records.push(JSON.parse(text.slice(1))),
          side,
          originalDestination,
          startUs,
        }),
    },
    fate: (datagram) => random(1)[0]! < 10 ? null : datagram,
  });
  pair.connect();
  exchange(pair, 100_000, 60_000_000);
  pair.client.close(pair.nowUs, 3, "done");
  pair.run(() => false, 100_000);
  const count = (name: string): number => records.filter((record) => record.name === `quic:${name}`).length;
  const { counters, space } = pair.client.core.firstPath;
  assert.equal(count("packet_lost"), counters.packetsLost);
  assert(count("packet_sent") >= space.nextPacketNumber - 2);
  assert(count("packet_received") > 10 && count("recovery_metrics_updated") > 5);
  assert.equal(count("parameters_set"), 1);
  const closed = records.find(({ name }) => name === "quic:connection_closed");
  assert.deepEqual([closed?.data?.initiator, closed?.data?.reason], ["local", "done"]);
});

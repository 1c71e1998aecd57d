import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { benchSettings } from "../../../lib/bench/options.ts";
import type { RunPlan } from "../../../lib/bench/plan.ts";
import { transfer } from "../../../lib/bench/transfer.ts";
import type { Interval } from "../../../lib/protocol/meter.ts";
import { type RawPeer, rawServer } from "../../support/raw_tcp.ts";
import "../../support/open_libc.ts";
import { server } from "./fixtures.ts";

/** A server that does not end a transfer, whichever way it goes. */
async function endless(peer: RawPeer): Promise<void> {
  const [, method] = await peer.until(/^([A-Z]+) \/perf [^]*?\r\n\r\n/);
  peer.discard();
  if (method === "POST") return;
  await peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: perf\r\n\r\n");
  await peer.repeat("x", 20);
}

for (const [article, direction] of [["a", "download"], ["an", "upload"]] as const) {
  Deno.test(`transfer() breaks off ${article} ${direction} that is not over some time after its duration: ERR_TIMED_OUT`, async () => {
    await using peer = await rawServer(endless);
    const plan: RunPlan = {
      transport: "tcp",
      direction,
      remote: Endpoint.parse(peer.address),
      local: undefined,
      interface: undefined,
      single: true,
      paths: [],
    };
    const settings = { ...benchSettings({ durationMs: 100, intervalMs: 50 }), drainMs: 300 };
    const intervals: Interval[] = [];
    const seen = await transfer(server(), plan, settings, undefined, (each) => intervals.push(each));
    assert.equal(seen.error?.code, "ERR_TIMED_OUT");
    assert.equal(
      seen.error?.message,
      "Cannot finish the transfer: it was not over 0.3 s after its time",
    );
    // What was seen until then is kept.
    assert(seen.measurement.bytes > 0 && intervals.length > 0);
    // The time after the end counts, whatever the clocks say of its exact length.
    assert(seen.measurement.duration_ms > 200, `${seen.measurement.duration_ms} ms`);
  });
}

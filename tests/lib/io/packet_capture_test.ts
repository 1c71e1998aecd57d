import assert from "node:assert/strict";
import { PacketCapture } from "../../../lib/io/packet_capture.ts";
import { observe } from "../../../lib/race/infer/packets.ts";
import { requires } from "../../support/requires.ts";

Deno.test({
  name: "PacketCapture gives every packet of this host with the kernel's time, until it is told to stop",
  ...requires("root", "ffi"),
  async fn() {
    using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const stop = new AbortController();
    using capture = new PacketCapture();
    const before = Date.now();
    const opened: number[] = [];
    const watching = capture.run(stop.signal, ({ atMs, bytes }) => {
      const seen = observe(bytes);
      if (seen?.kind !== "open" || seen.port !== server.addr.port) return;
      opened.push(atMs);
      stop.abort();
    });
    using _client = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
    using _accepted = await server.accept();
    await watching;
    const [atMs = NaN] = opened;
    // Date.now() has whole milliseconds
    assert.ok(atMs >= before - 1 && atMs <= Date.now() + 1, `${atMs} is not from ${before} to now`);
    await capture.run(stop.signal, () => assert.fail("it goes on after its end"));
  },
});

import assert from "node:assert/strict";
import { AF_INET, bind, close, DatagramReceiver, SOCK_DGRAM, socket } from "../../ffi/mod.ts";
import { Ip } from "../../lib/base/ip.ts";
import { encodeSockaddr } from "../../lib/io/sockaddr.ts";
import { requires } from "../support/requires.ts";

Deno.test({
  name: "the memory of a receiver that was freed goes to the next one, and the freed one receives nothing",
  ...requires("ffi"),
  fn: () => {
    const fd = socket(AF_INET, SOCK_DGRAM, 0);
    try {
      assert.equal(bind(fd, encodeSockaddr(Ip.parse("127.0.0.1"), 0)), 0);
      const first = new DatagramReceiver(3, 1);
      const kept = new DatagramReceiver(3, 2);
      assert(kept.payload !== first.payload);
      first.free();
      first.free();
      assert.equal(first.run(fd), 0);
      const next = new DatagramReceiver(3, 3);
      assert(next.payload === first.payload);
      assert(new DatagramReceiver(3, 4).payload !== first.payload, "it is given away once");
    } finally {
      close(fd);
    }
  },
});

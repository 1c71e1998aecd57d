import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { AF_INET, close, setInt, SOCK_DGRAM, socket, SOL_SOCKET } from "../../../ffi/mod.ts";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { openDatagramSocket } from "../../../lib/io/open_datagram_socket.ts";
import { SockaddrCache } from "../../../lib/io/sockaddr_cache.ts";
import { UdpSender } from "../../../lib/io/udp_sender.ts";
import { output } from "../../support/command.ts";
import { requires } from "../../support/requires.ts";
import { datagramSuite } from "./datagrams/compliance.ts";
import { PythonPeer, type Seen } from "./datagrams/python_peer.ts";
import { FAMILIES, pattern, sendAll, take, V4 } from "./datagrams/support.ts";

/** `SO_NO_CHECK` of asm-generic/socket.h: datagrams without a checksum. */
const SO_NO_CHECK = 11;

datagramSuite("a datagram socket by system calls", { backend: "ffi", peer: "ffi", needs: ["ffi"] });
datagramSuite("a datagram socket by system calls, with one of Deno,", {
  backend: "ffi",
  peer: "deno",
  needs: ["ffi"],
});

for (const ip of FAMILIES) {
  Deno.test({
    name: `a datagram socket by system calls is understood by Python over ${ip}: bytes, sizes and marks`,
    ...requires("ffi", "tool:python3"),
    fn: async () => {
      await using peer = await PythonPeer.start(ip.toString());
      await using socket = await openDatagramSocket({ address: ip, backend: "ffi" });
      const remote = Endpoint.of(ip, peer.port);
      const expected: Seen[] = [];
      for (const ecn of [0, 1, 2, 3] as const) {
        for (
          const [length, segmentBytes] of [[1, 0], [65_487, 0], [1200 * 10, 1200], [1350 * 32 + 7, 1350]]
        ) {
          const bytes = pattern(length!, ecn);
          await sendAll(socket, bytes, remote, { segmentBytes: segmentBytes!, ecn });
          const step = segmentBytes! || length!;
          const parts: Uint8Array<ArrayBuffer>[] = [];
          for (let at = 0; at < length!; at += step) parts.push(bytes.slice(at, at + step));
          for (const part of parts) expected.push([part.length, crc32(part), ecn, socket.local.port!]);
          const answers = await take(socket, parts.length);
          assert.deepEqual(answers.map((answer) => answer.bytes), parts);
          assert.deepEqual(answers.map((answer) => answer.ecn), parts.map((part) => part[0]! & 3));
          assert(answers.every((answer) => answer.remote.equals(remote)));
        }
      }
      await peer.printed(expected.length);
      assert.deepEqual(peer.seen(), expected);
    },
  });
}

Deno.test({
  // The kernel refuses to cut batches without checksums; some network cards do for other reasons.
  name: "UdpSender sends a batch one by one when the kernel refuses to cut it, and from then on",
  ...requires("ffi"),
  fn: async () => {
    await using far = await openDatagramSocket({ address: V4, backend: "ffi" });
    const fd = socket(AF_INET, SOCK_DGRAM, 0);
    try {
      assert(setInt(fd, SOL_SOCKET, SO_NO_CHECK, 1) >= 0);
      const sender = new UdpSender(fd, new SockaddrCache(), new SockaddrCache(), {
        local: Endpoint.of("0.0.0.0", 0),
        reach: { family: 4, dualStack: false },
        segmentation: true,
        note: null,
      });
      const batch = pattern(1200 * 150 - 5);
      for (const segmentation of [true, false]) {
        assert.equal(sender.segmentation, segmentation);
        assert.equal(sender.send(batch, 0, batch.length, far.local, { segmentBytes: 1200, ecn: 1 }), "sent");
        assert.equal(sender.sentBytes, batch.length);
        const arrived = await take(far, 150);
        for (const [i, { bytes, ecn }] of arrived.entries()) {
          assert.deepEqual(bytes, batch.slice(i * 1200, (i + 1) * 1200));
          assert.equal(ecn, 1);
        }
      }
      assert.equal(sender.segmentation, false);
    } finally {
      close(fd);
    }
  },
});

Deno.test({
  // The structs hold addresses that the garbage collector does not see; see ffi/datagram_memory.ts.
  name: "datagram sockets keep their memory through garbage collections",
  ...requires("ffi"),
  fn: async () => {
    const script = new URL("./datagrams/collect_garbage.ts", import.meta.url).pathname;
    const argv = [Deno.execPath(), "run", "--quiet", "--allow-all", "--v8-flags=--expose-gc", script];
    assert.equal(await output(argv, { deadlineMs: 60_000 }), "32000 right datagrams\n");
  },
});

Deno.test({
  // The sanitizer does not see descriptors that system calls opened.
  name: "no datagram socket leaves a descriptor behind, whatever happened to it",
  ...requires("ffi"),
  fn: async () => {
    const script = new URL("./datagrams/count_descriptors.ts", import.meta.url).pathname;
    const counts = await output(
      [Deno.execPath(), "run", "--quiet", "--allow-all", "--unstable-net", script],
      {
        deadlineMs: 60_000,
      },
    );
    assert.deepEqual(JSON.parse(counts), { ffi: 0, deno: 0, node: 0 });
  },
});

import assert from "node:assert/strict";
import { interfaceIndex } from "../../../../ffi/mod.ts";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { Ip } from "../../../../lib/base/ip.ts";
import { openDatagramSocket } from "../../../../lib/io/open_datagram_socket.ts";
import {
  type BackendUnderTest,
  type Case,
  fails,
  FAMILIES,
  pair,
  pattern,
  reached,
  sendAll,
  take,
  V4,
  V6,
} from "./support.ts";

/** What only some backends can do, and what the others do instead. */
export function featureCases(under: BackendUnderTest): readonly Case[] {
  const { backend, peer } = under;
  const whole = backend === "ffi";
  const cases: Case[] = [
    {
      claim: "says what it is and what it can do",
      run: async () => {
        await using socket = await openDatagramSocket({ address: V4, backend });
        assert.equal(socket.backend, backend);
        assert.equal(socket.backendReason, null);
        const { segmentation, ecn, packetInfo, dontFragment, reports } = socket.features;
        assert.deepEqual([ecn, packetInfo, dontFragment, reports], [whole, whole, whole, false]);
        if (!whole) assert.equal(segmentation, false);
        assert.equal(socket.receiveBufferBytes === null, !whole);
      },
    },
    {
      claim: "carries the mark of each datagram, or says that it does not know it",
      run: async () => {
        for (const address of [...FAMILIES, Ip.parse("::")]) {
          await using near = await openDatagramSocket({ address, backend });
          const ip = address.isUnspecified ? V4 : address;
          await using far = await openDatagramSocket({ address: ip, backend: peer });
          for (const ecn of [0, 1, 2, 3, 0, 2] as const) {
            await sendAll(near, pattern(30), far.local, { segmentBytes: 10, ecn });
            const there = far.features.ecn ? (near.features.ecn ? ecn : 0) : -1;
            assert.deepEqual((await take(far, 3)).map((each) => each.ecn), [there, there, there]);
            await sendAll(far, pattern(1), reached(near, ip), { ecn });
            const back = near.features.ecn ? (far.features.ecn ? ecn : 0) : -1;
            assert.equal((await take(near, 1))[0]!.ecn, back);
          }
        }
      },
    },
    {
      claim: "on a wildcard address tells which address was meant and answers from it, where it can",
      run: async () => {
        const loopbacks = [["0.0.0.0", "127.0.0.7"], ["::", "127.0.0.7"], ["::", "::1"], [
          "0.0.0.0",
          "127.0.0.8",
        ]];
        for (const [wildcard = "", meant = ""] of loopbacks) {
          await using near = await openDatagramSocket({ address: Ip.parse(wildcard), backend });
          const ip = Ip.parse(meant).family === 4 ? V4 : V6;
          await using far = await openDatagramSocket({ address: ip, backend: peer });
          await sendAll(far, pattern(20), reached(near, meant));
          const [asked] = await take(near, 1);
          const { packetInfo } = near.features;
          assert(asked!.local.equals(packetInfo ? reached(near, meant) : near.local));
          assert.equal(asked!.interfaceIndex, packetInfo ? interfaceIndex("lo") : 0);
          await sendAll(near, pattern(40), asked!.remote, { segmentBytes: 20, from: asked!.local });
          for (const answer of await take(far, 2)) {
            if (packetInfo) assert(answer.remote.equals(reached(near, meant)), String(answer.remote));
          }
        }
      },
    },
    {
      claim: "does what the options say, or refuses them: ERR_NOT_SUPPORTED",
      run: async () => {
        const bound = { address: V4, backend, interface: "lo" };
        const single = { address: Ip.parse("::"), backend, dualStack: false };
        if (whole) {
          await using socket = await openDatagramSocket(bound);
          await sendAll(socket, pattern(1), socket.local);
          await take(socket, 1);
          await fails(() => openDatagramSocket({ ...bound, interface: "nosuch0" }), "ERR_OPTION_REFUSED");
          await using small = await openDatagramSocket({ address: V4, backend, receiveBufferBytes: 8192 });
          assert.equal(small.receiveBufferBytes, 8192);
        } else {
          await fails(() => openDatagramSocket(bound), "ERR_NOT_SUPPORTED");
        }
        if (backend === "deno") {
          return void await fails(() => openDatagramSocket(single), "ERR_NOT_SUPPORTED");
        }
        await using six = await openDatagramSocket(single);
        await fails(() => six.send(pattern(1), 0, 1, Endpoint.of(V4, 9)), "ERR_INVALID_ADDRESS");
        await using four = await openDatagramSocket({ address: V4, port: six.local.port!, backend: peer });
        await using other = await openDatagramSocket({ address: V4, backend: peer });
        await sendAll(other, pattern(1), four.local);
        await take(four, 1);
      },
    },
    {
      claim: "counts what found no room, or says that it does not know",
      run: async () => {
        await using near = await openDatagramSocket({ address: V4, backend, receiveBufferBytes: 8192 });
        await using far = await openDatagramSocket({ address: V4, backend: peer });
        for (let i = 0; i < 20; i++) await sendAll(far, pattern(12_000), near.local, { segmentBytes: 1200 });
        await far.close();
        if (whole) assert(near.dropped! > 0, String(near.dropped));
        else assert.equal(near.dropped, null);
      },
    },
  ];
  if (whole) cases.push(...kernelCases(under));
  return cases;
}

/** What only system calls can do. */
function kernelCases(under: BackendUnderTest): readonly Case[] {
  const { backend, peer } = under;
  return [
    {
      claim: "says that it cannot send from an address that is not here",
      run: async () => {
        await using near = await openDatagramSocket({ address: Ip.parse("0.0.0.0"), backend });
        await using far = await openDatagramSocket({ address: V4, backend: peer });
        for (const segmentBytes of [0, 5]) {
          const from = Endpoint.of("203.0.113.1", near.local.port!);
          const outcome = near.send(pattern(20), 0, 20, far.local, { from, segmentBytes });
          assert.equal(outcome, "bad-source");
        }
        assert(near.features.segmentation);
        assert.equal(near.send(pattern(20), 0, 20, far.local), "sent");
        assert.equal((await take(far, 1)).length, 1);
      },
    },
    {
      claim: "does not fragment",
      run: async () => {
        await using ends = await pair(under, V6);
        const { near, far } = ends;
        // With its headers one byte more than the MTU of the loopback interface, 65536.
        assert.equal(near.send(pattern(65_489), 0, 65_489, far.local), "too-large");
        assert.equal(near.send(pattern(65_488), 0, 65_488, far.local), "sent");
        assert.equal((await take(far, 1))[0]!.bytes.length, 65_488);
        await using cutting = await openDatagramSocket({ address: V6, backend, fragment: true });
        assert.equal(cutting.send(pattern(65_489), 0, 65_489, far.local), "sent");
        assert.equal((await take(far, 1))[0]!.bytes.length, 65_489);
      },
    },
  ];
}

import assert from "node:assert/strict";
import fc from "fast-check";
import { Ip } from "../../../../lib/base/ip.ts";
import type { DatagramSocket } from "../../../../lib/io/datagram_socket.ts";
import { openDatagramSocket } from "../../../../lib/io/open_datagram_socket.ts";
import {
  type BackendUnderTest,
  type Case,
  FAMILIES,
  pair,
  pattern,
  reached,
  sendAll,
  take,
  V4,
} from "./support.ts";

/** Payloads around the limits: nothing, QUIC's smallest and usual ones, Ethernet, and what IPv6 and IPv4 hold. */
const SIZES: readonly number[] = [0, 1, 2, 3, 1199, 1200, 1350, 1472, 1473, 9000, 32_768, 65_487];

const MANY = 10_000;
/** What is under way at most, so that no buffer overflows: loss is right for UDP, and wrong for a count. */
const WINDOW = 50;

const PEERS = 60;

/** Datagrams, one at a time and in batches. */
export function exchangeCases(under: BackendUnderTest): readonly Case[] {
  const { backend, peer } = under;
  const cases: Case[] = [];
  for (const ip of FAMILIES) {
    cases.push(
      {
        claim: `sends and receives over ${ip}, and names both ends alike`,
        run: async () => {
          await using ends = await pair(under, ip);
          const { near, far } = ends;
          assert(near.local.ip!.equals(ip) && near.local.port! > 0);
          assert.equal(near.send(pattern(100), 10, 90, far.local), "sent");
          assert.equal(near.sentBytes, 80);
          const [there] = await take(far, 1);
          assert.deepEqual(there!.bytes, pattern(100).slice(10, 90));
          assert(there!.remote.equals(near.local));
          assert(there!.local.equals(far.local));
          assert.equal(far.send(pattern(7), 0, 7, there!.remote), "sent");
          const [back] = await take(near, 1);
          assert.deepEqual(back!.bytes, pattern(7));
          assert(back!.remote.equals(far.local));
        },
      },
      {
        claim: `carries every size over ${ip} unaltered, both ways`,
        run: async () => {
          await using ends = await pair(under, ip);
          const sizes = ip.family === 4 ? [...SIZES, 65_507] : SIZES;
          for (const [from, to] of [[ends.near, ends.far], [ends.far, ends.near]] as const) {
            for (const size of sizes) {
              await sendAll(from, pattern(size, size), to.local);
              const [arrived] = await take(to, 1);
              assert.deepEqual(arrived!.bytes, pattern(size, size));
            }
          }
        },
      },
    );
  }
  cases.push(
    {
      claim: "sends a batch as datagrams of one size, in order, the last one shorter",
      run: async () => {
        await using ends = await pair(under);
        // A receive buffer of the usual size holds some ninety datagrams that were not joined.
        const most = ends.far.features.segmentation ? 150 : 60;
        await fc.assert(
          fc.asyncProperty(
            fc.integer({ min: 1, max: 1500 }),
            fc.integer({ min: 1, max: most }),
            fc.nat(),
            async (segmentBytes, count, less) => {
              const batch = pattern(segmentBytes * count - less % segmentBytes, less);
              await sendAll(ends.near, batch, ends.far.local, { segmentBytes });
              const arrived = await take(ends.far, count);
              for (const [i, { bytes }] of arrived.entries()) {
                assert.deepEqual(bytes, batch.slice(i * segmentBytes, (i + 1) * segmentBytes));
              }
            },
          ),
          { numRuns: 40, endOnFailure: true },
        );
      },
    },
    {
      claim: "sends a batch of one, a batch of large datagrams and a batch of nothing at all",
      run: async () => {
        await using ends = await pair(under);
        const { near, far } = ends;
        const wanted = [[100, 1200, 1], [40_000 * 3 + 5, 40_000, 4], [65_000, 65_000, 1]] as const;
        for (const [length, segmentBytes, count] of wanted) {
          await sendAll(near, pattern(length), far.local, { segmentBytes });
          const arrived = await take(far, count);
          assert.equal(arrived.reduce((sum, { bytes }) => sum + bytes.length, 0), length);
        }
        assert.equal(near.send(pattern(10), 5, 5, far.local, { segmentBytes: 3 }), "sent");
        assert.equal((await take(far, 1))[0]!.bytes.length, 0);
      },
    },
    {
      claim: `receives ${MANY} datagrams, each once`,
      run: async () => {
        await using ends = await pair(under);
        const { near, far } = ends;
        const seen = new Uint8Array(MANY);
        const one = new Uint8Array(64);
        const view = new DataView(one.buffer);
        for (let next = 0; next < MANY;) {
          for (let i = 0; i < WINDOW; i++) {
            view.setUint32(0, next++);
            await sendAll(near, one, far.local);
          }
          for (const { bytes } of await take(far, WINDOW)) {
            const number = new DataView(bytes.buffer).getUint32(0);
            seen[number] = seen[number]! + 1;
          }
        }
        assert(seen.every((times) => times === 1));
        assert([0, null].includes(far.dropped), String(far.dropped));
      },
    },
    {
      claim: `tells ${PEERS} peers apart and answers each`,
      run: async () => {
        await using socket = await openDatagramSocket({ address: V4, backend });
        const peers: DatagramSocket[] = [];
        try {
          for (let i = 0; i < PEERS; i++) {
            peers.push(await openDatagramSocket({ address: V4, backend: peer }));
          }
          for (const [i, each] of peers.entries()) await sendAll(each, pattern(9, i), socket.local);
          for (const { bytes, remote } of await take(socket, PEERS)) await sendAll(socket, bytes, remote);
          for (const [i, each] of peers.entries()) {
            const [answer] = await take(each, 1);
            assert.deepEqual(answer!.bytes, pattern(9, i));
            assert(answer!.remote.equals(socket.local));
          }
        } finally {
          await Promise.all(peers.map((each) => each.close()));
        }
      },
    },
    {
      claim: "on :: also takes IPv4, and shows it as IPv4",
      run: async () => {
        await using both = await openDatagramSocket({ address: Ip.parse("::"), backend });
        for (const ip of FAMILIES) {
          await using one = await openDatagramSocket({ address: ip, backend: peer });
          await sendAll(one, pattern(5), reached(both, ip));
          const [arrived] = await take(both, 1);
          assert(arrived!.remote.equals(one.local), String(arrived!.remote));
          await sendAll(both, pattern(6), arrived!.remote);
          await sendAll(both, pattern(7), one.local);
          const answers = await take(one, 2);
          assert.deepEqual(answers.map(({ bytes }) => bytes.length), [6, 7]);
          assert(answers[0]!.remote.equals(reached(both, ip)));
        }
      },
    },
    {
      claim: "lets the bytes change after a send",
      run: async () => {
        await using ends = await pair(under);
        const bytes = new Uint8Array(1000);
        for (let i = 0; i < 20; i++) {
          assert.equal(ends.near.send(bytes.fill(i), 0, 1000, ends.far.local), "sent");
        }
        bytes.fill(0xff);
        for (const [i, each] of (await take(ends.far, 20)).entries()) {
          assert(each.bytes.every((byte) => byte === i));
        }
      },
    },
    {
      claim: "lets the handler change the bytes it was given",
      run: async () => {
        await using ends = await pair(under);
        for (let i = 0; i < 3; i++) {
          await sendAll(ends.near, pattern(1200 * 5), ends.far.local, { segmentBytes: 1200 });
          let count = 0;
          while (count < 5) {
            assert(await ends.far.readable());
            count += ends.far.receive((buffer, start, end) => {
              assert.equal(end - start, 1200);
              buffer.fill(0xee, start, end);
            });
          }
        }
        await sendAll(ends.near, pattern(50), ends.far.local);
        assert.deepEqual((await take(ends.far, 1))[0]!.bytes, pattern(50));
      },
    },
  );
  return cases;
}

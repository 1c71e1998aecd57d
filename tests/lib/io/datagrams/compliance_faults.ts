import assert from "node:assert/strict";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { MptError } from "../../../../lib/base/errors.ts";
import { Ip } from "../../../../lib/base/ip.ts";
import { openDatagramSocket } from "../../../../lib/io/open_datagram_socket.ts";
import {
  type BackendUnderTest,
  type Case,
  fails,
  FAMILIES,
  pair,
  pattern,
  sendAll,
  take,
  takeReport,
  V4,
  V6,
} from "./support.ts";

/** TEST-NET-3 of RFC 5737: on no host. */
const ELSEWHERE = Ip.parse("203.0.113.1");

/** Ports that nobody gives out by itself: Linux has 32768 and more for that. */
const LOW_PORT = 20_000;
const LOW_PORTS = 10_000;

/** What the network, the kernel and the caller may do wrong. */
export function faultCases(under: BackendUnderTest): readonly Case[] {
  const { backend, peer } = under;
  return [
    {
      claim: "goes on after sends to a closed port",
      run: async () => {
        for (const ip of FAMILIES) {
          await using ends = await pair(under, ip);
          const gone = await closedPort(under, ip);
          for (let i = 0; i < 5; i++) {
            await sendAll(ends.near, pattern(10), gone);
            await sendAll(ends.near, pattern(10), ends.far.local);
            await sendAll(ends.far, pattern(10), ends.near.local);
            await take(ends.far, 1);
            await take(ends.near, 1);
          }
          assert.equal(ends.near.takeReport(), null);
        }
      },
    },
    {
      claim: "with one peer hears that nobody listens there, where it can, and goes on",
      run: async () => {
        for (const ip of FAMILIES) {
          const gone = await closedPort(under, ip);
          await using near = await openDatagramSocket({ address: ip, backend, remote: gone });
          if (near.features.reports) {
            await sendAll(near, pattern(10), gone);
            assert.equal(await takeReport(near), "refused");
            // Every one of these meets the answer to the one before it.
            for (let i = 0; i < 3; i++) await sendAll(near, pattern(3600), gone, { segmentBytes: 1200 });
            assert.equal(near.takeReport(), "refused");
          }
          await using far = await openDatagramSocket({ address: ip, port: gone.port!, backend: peer });
          await sendAll(near, pattern(11), far.local);
          assert.equal((await take(far, 1))[0]!.bytes.length, 11);
        }
      },
    },
    {
      claim: "with one peer takes nobody else's datagrams",
      run: async () => {
        await using far = await openDatagramSocket({ address: V4, backend: peer });
        await using stranger = await openDatagramSocket({ address: V4, backend: peer });
        await using near = await openDatagramSocket({ address: V4, backend, remote: far.local });
        await sendAll(stranger, pattern(1), near.local);
        await sendAll(far, pattern(2), near.local);
        assert.equal((await take(near, 1))[0]!.bytes.length, 2);
      },
    },
    {
      claim: "does not share a port, nor take an address of another host",
      run: async () => {
        await using first = await openDatagramSocket({ address: V4, backend });
        const again = { address: V4, port: first.local.port!, backend };
        await fails(() => openDatagramSocket(again), "ERR_ADDRESS_IN_USE");
        await fails(() => openDatagramSocket({ address: ELSEWHERE, backend }), "ERR_ADDRESS_NOT_LOCAL");
      },
    },
    {
      claim: "says that a datagram is too large, alone and in a batch, and goes on",
      run: async () => {
        await using ends = await pair(under);
        const { near, far } = ends;
        const bytes = pattern(70_000);
        assert.equal(near.send(bytes, 0, 65_508, far.local), "too-large");
        assert.equal(near.sentBytes, 0);
        assert.equal(near.send(bytes, 0, 70_000, far.local, { segmentBytes: 66_000 }), "too-large");
        assert.equal(near.sentBytes, 0);
        assert.equal(near.send(bytes, 0, 1200, far.local), "sent");
        assert.deepEqual((await take(far, 1))[0]!.bytes, pattern(1200));
      },
    },
    {
      claim: "refuses ranges outside the buffer: ERR_INVALID_VALUE",
      run: async () => {
        await using ends = await pair(under);
        const { near, far } = ends;
        for (
          const [start, end] of [[-1, 5], [6, 5], [0, 11], [NaN, 5], [0, NaN], [0.5, 5], [2 ** 53, 2 ** 53]]
        ) {
          await fails(() => near.send(pattern(10), start!, end!, far.local), "ERR_INVALID_VALUE");
        }
        for (const segmentBytes of [-1, NaN, 0.5]) {
          await fails(() => near.send(pattern(10), 0, 5, far.local, { segmentBytes }), "ERR_INVALID_VALUE");
        }
      },
    },
    {
      claim: "refuses peers that it cannot send to: ERR_INVALID_ADDRESS",
      run: async () => {
        await using ends = await pair(under);
        const wrong = [
          Endpoint.of(V6, 9),
          Endpoint.of("example.com", 9),
          Endpoint.of(V4, 0),
          Endpoint.parse("::1"),
        ];
        for (const remote of wrong) {
          await fails(() => ends.near.send(pattern(10), 0, 10, remote), "ERR_INVALID_ADDRESS");
        }
        await fails(
          () => openDatagramSocket({ address: V4, remote: Endpoint.of(V6, 9), backend }),
          "ERR_INVALID_ADDRESS",
        );
      },
    },
    {
      claim: "goes on after a handler that throws, and refuses one that receives",
      run: async () => {
        await using ends = await pair(under);
        const { near, far } = ends;
        await sendAll(far, pattern(3), near.local);
        assert(await near.readable());
        const thrown = new Error("the handler");
        assert.throws(() =>
          near.receive(() => {
            throw thrown;
          }), thrown);
        await sendAll(far, pattern(4), near.local);
        assert(await near.readable());
        near.receive(() => assert.throws(() => near.receive(() => {}), { code: "ERR_USAGE" }));
        await sendAll(far, pattern(5), near.local);
        assert.equal((await take(near, 1))[0]!.bytes.length, 5);
      },
    },
  ];
}

/** A port on which nobody listens: below those that the system gives out, which another test may get at once. */
async function closedPort({ backend }: BackendUnderTest, ip: Ip): Promise<Endpoint> {
  for (;;) {
    const port = LOW_PORT + Math.floor(Math.random() * LOW_PORTS);
    try {
      const socket = await openDatagramSocket({ address: ip, port, backend });
      await socket.close();
      return socket.local;
    } catch (error) {
      if (!(error instanceof MptError) || error.code !== "ERR_ADDRESS_IN_USE") throw error;
    }
  }
}

import assert from "node:assert/strict";
import { readableOf, writableOf } from "../../../lib/io/byte_stream.ts";
import { bytesOf, consumeBytes, receiveBytes, receiveText, sendBytes } from "./bytes.ts";
import {
  type Case,
  fails,
  FAMILIES,
  over,
  pair,
  settled,
  type TransportUnderTest,
} from "./compliance_support.ts";

const MEGABYTE = 1_000_000;

/** More than what the buffers of both kernels and of both ends can hold together. */
const FLOOD_BYTES = 160 * MEGABYTE;
const FLOOD_CHUNK = 65_536;

const MOST_WRITES = 100_000;

/** Bytes both ways. */
export function streamCases(transport: TransportUnderTest): readonly Case[] {
  const cases: Case[] = [];
  for (const ip of FAMILIES) {
    for (const size of [0, 1, 65_536, 100 * MEGABYTE]) {
      cases.push({
        claim: `carries ${size} bytes both ways over ${ip} at the same time`,
        run: async () => {
          await using ends = await pair(transport, { ip });
          const { near, far, client, server } = ends;
          const [there, back, arrived, returned] = await Promise.all([
            sendBytes(near, size).then(async (digest) => (await near.closeWrite(), digest)),
            sendBytes(far, size).then(async (digest) => (await far.closeWrite(), digest)),
            consumeBytes(far),
            receiveBytes(near),
          ]);
          assert.deepEqual(arrived, there);
          assert.deepEqual(returned, back);
          await over(transport, ends);
          for (const [path] of [client.paths(), server.paths()]) {
            if (!(transport.exactBytes ?? true)) continue;
            assert.equal(path!.bytesReceived, size);
            // The rest was still in the kernel at the last look.
            assert(path!.bytesSent - path!.bytesRetransmitted <= size);
          }
        },
      });
    }
  }
  return [
    ...cases,
    {
      claim: "goes on sending to a client that closed its writing side",
      run: async () => {
        await using ends = await pair(transport);
        await ends.near.write(bytesOf("question"));
        await ends.near.closeWrite();
        assert.equal(await receiveText(ends.far), "question");
        await ends.far.write(bytesOf("answer"));
        await ends.far.closeWrite();
        assert.equal(await receiveText(ends.near), "answer");
        await over(transport, ends);
      },
    },
    {
      claim: "goes on receiving from a client after the server closed its writing side",
      run: async () => {
        await using ends = await pair(transport);
        await ends.far.closeWrite();
        assert.equal(await ends.near.read(), null);
        await ends.near.write(bytesOf("late"));
        await ends.near.closeWrite();
        assert.equal(await receiveText(ends.far), "late");
        await over(transport, ends);
      },
    },
    {
      claim: "blocks a writer whose peer does not read, and lets it go on when it does",
      run: async () => {
        await using ends = await pair(transport);
        let sent = 0;
        const chunk = new Uint8Array(FLOOD_CHUNK);
        const flood = (async () => {
          for (; sent < FLOOD_BYTES; sent += chunk.length) await ends.near.write(chunk);
          await ends.near.closeWrite();
        })();
        const held = await settled(() => sent);
        assert(held < FLOOD_BYTES / 2, `${held} bytes were taken while nobody read`);
        const [received] = await Promise.all([consumeBytes(ends.far), flood]);
        assert.equal(received.bytes, sent);
      },
    },
    {
      claim: "leaves others their turn while it takes every write at once",
      run: async () => {
        await using ends = await pair(transport);
        let fired = false;
        const timer = setTimeout(() => fired = true, 0);
        const byte = new Uint8Array(1);
        let writes = 0;
        // Far more fit into the buffers: no write waits for the network.
        while (!fired && writes < MOST_WRITES) {
          await ends.near.write(byte);
          writes++;
        }
        clearTimeout(timer);
        assert(writes < MOST_WRITES, "no timer fired during that many writes");
      },
    },
    {
      claim: "keeps each chunk valid until the next read",
      run: async () => {
        await using ends = await pair(transport);
        const chunk = new Uint8Array(4096);
        const sending = (async () => {
          for (let i = 0; i < 256; i++) await ends.near.write(chunk.fill(i));
          await ends.near.closeWrite();
        })();
        let position = 0;
        for (let part = await ends.far.read(); part !== null; part = await ends.far.read()) {
          // Let the next chunk arrive while this one is looked at.
          await new Promise((resolve) => setTimeout(resolve, 0));
          for (const byte of part) assert.equal(byte, position++ >> 12);
        }
        assert.equal(position, 256 * 4096);
        await sending;
      },
    },
    {
      claim: "reads no more at once than readBufferBytes says",
      run: async () => {
        const readBufferBytes = 1024;
        await using ends = await pair(transport, {
          connect: { readBufferBytes },
          listen: { readBufferBytes },
        });
        const sending = sendBytes(ends.near, 100_000).then(async (
          digest,
        ) => (await ends.near.closeWrite(), digest));
        let bytes = 0;
        for (let part = await ends.far.read(); part !== null; part = await ends.far.read()) {
          assert(part.length > 0 && part.length <= readBufferBytes);
          bytes += part.length;
        }
        assert.equal(bytes, (await sending).bytes);
      },
    },
    {
      claim: "refuses a second read while one is under way, and the first goes on",
      run: async () => {
        await using ends = await pair(transport);
        const first = ends.near.read();
        await fails(ends.near.read(), "ERR_USAGE");
        await fails(ends.near.consume(() => {}), "ERR_USAGE");
        await ends.far.write(bytesOf("x"));
        assert.deepEqual([...(await first)!], [...bytesOf("x")]);
        const consuming = ends.near.consume(() => {});
        await fails(ends.near.read(), "ERR_USAGE");
        await ends.far.closeWrite();
        await consuming;
        assert.equal(await ends.near.read(), null);
      },
    },
    {
      claim: "fails consume() with what its sink throws, and can be read on",
      run: async () => {
        await using ends = await pair(transport);
        await ends.far.write(bytesOf("poison"));
        const boom = new Error("boom");
        const consuming = ends.near.consume(() => {
          throw boom;
        });
        await assert.rejects(consuming, boom);
        await ends.far.write(bytesOf("cure"));
        await ends.far.closeWrite();
        assert.equal(await receiveText(ends.near), "cure");
      },
    },
    {
      claim: "carries web streams both ways",
      run: async () => {
        await using ends = await pair(transport);
        const text = "0123456789".repeat(20_000);
        const echo = readableOf(ends.far).pipeTo(writableOf(ends.far));
        const [answer] = await Promise.all([
          new Response(readableOf(ends.near)).text(),
          new Blob([text]).stream().pipeTo(writableOf(ends.near)),
          echo,
        ]);
        assert.equal(answer, text);
      },
    },
    {
      claim: "ends the stream when its readable web stream is cancelled",
      run: async () => {
        await using ends = await pair(transport);
        const reader = readableOf(ends.near).getReader();
        await ends.far.write(bytesOf("unwanted"));
        await reader.read();
        const pending = reader.read();
        await reader.cancel();
        assert.deepEqual(await pending, { done: true, value: undefined });
        await ends.near.closed;
        await fails(ends.near.read(), "ERR_ABORTED");
      },
    },
    {
      claim: "ends the stream when its writable web stream is aborted",
      run: async () => {
        await using ends = await pair(transport);
        const writer = writableOf(ends.near).getWriter();
        await writer.write(bytesOf("half a"));
        await writer.abort();
        await ends.near.closed;
        await fails(ends.near.write(bytesOf("x")), "ERR_ABORTED");
      },
    },
  ];
}

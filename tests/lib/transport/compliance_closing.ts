import assert from "node:assert/strict";
import type { Connection } from "../../../lib/io/connection.ts";
import { bytesOf, receiveBytes, receiveText, sendBytes } from "./bytes.ts";
import { type Case, fails, over, pair, type TransportUnderTest } from "./compliance_support.ts";

/** The ends of streams and connections. */
export function closingCases(transport: TransportUnderTest): readonly Case[] {
  const cases: Case[] = [
    {
      claim: "reads null at the end, and null again",
      run: async () => {
        await using ends = await pair(transport);
        await ends.far.closeWrite();
        assert.equal(await ends.near.read(), null);
        assert.equal(await ends.near.read(), null);
        await ends.near.consume(() => assert.fail("there is nothing to consume"));
      },
    },
    {
      claim: "writes nothing after closeWrite(): ERR_CLOSED",
      run: async () => {
        await using ends = await pair(transport);
        await ends.near.closeWrite();
        await ends.near.closeWrite();
        await fails(ends.near.write(bytesOf("x")), "ERR_CLOSED");
        await ends.far.write(bytesOf("still open"));
        await ends.far.closeWrite();
        assert.equal(await receiveText(ends.near), "still open");
      },
    },
    {
      claim: "neither reads nor writes after close(): ERR_CLOSED",
      run: async () => {
        await using ends = await pair(transport);
        await ends.client.close();
        await fails(ends.near.read(), "ERR_CLOSED");
        await fails(ends.near.consume(() => {}), "ERR_CLOSED");
        await fails(ends.near.write(bytesOf("x")), "ERR_CLOSED");
        await fails(ends.near.closeWrite(), "ERR_CLOSED");
      },
    },
    {
      claim: "fails the read that waits when its own end closes: ERR_CLOSED",
      run: async () => {
        await using ends = await pair(transport);
        const reading = fails(ends.near.read(), "ERR_CLOSED");
        await ends.client.close();
        await reading;
      },
    },
    {
      claim: "is closed once, however often it is told to",
      run: async () => {
        await using ends = await pair(transport);
        await Promise.all([ends.client.close(), ends.near.close(), ends.client.close()]);
        await ends.client.close();
        ends.client.abort();
        ends.near.abort();
        await ends.client.closed;
        assert.equal(await ends.far.read(), null);
      },
    },
    {
      claim: "still delivers what was written before close()",
      run: async () => {
        await using ends = await pair(transport);
        const closing = sendBytes(ends.near, 3_000_000).then(async (
          digest,
        ) => (await ends.client.close(), digest));
        assert.deepEqual(await receiveBytes(ends.far), await closing);
      },
    },
    {
      claim: "is closed by itself when both sides have ended",
      run: async () => {
        await using ends = await pair(transport);
        await Promise.all([ends.near.closeWrite(), ends.far.closeWrite()]);
        assert.deepEqual([await ends.near.read(), await ends.far.read()], [null, null]);
        await over(transport, ends);
        assert.equal(await ends.near.read(), null);
      },
    },
    {
      claim: "shows its paths as they were last, once it is over",
      run: async () => {
        for (const end of ["close", "abort", "by itself"] as const) {
          await using ends = await pair(transport);
          await ends.near.write(bytesOf("12345"));
          await ends.near.closeWrite();
          assert.equal(await receiveText(ends.far), "12345");
          if (end === "close") await ends.client.close();
          else if (end === "abort") ends.client.abort();
          else {
            await ends.far.closeWrite();
            assert.equal(await ends.near.read(), null);
            await over(transport, ends);
          }
          if (end !== "by itself") await ends.client.closed;
          const [path, ...others] = ends.client.paths();
          assert.deepEqual(others, []);
          assert(path !== undefined);
          if (transport.overDatagrams ?? false) assert(path.bytesSent > 5, end);
          else assert.equal(path.bytesSent, 5, end);
          assert(path.local.equals(ends.client.local));
        }
      },
    },
  ];
  if (transport.oneStream ?? true) {
    cases.push({
      claim: "has one stream: ERR_LIMIT",
      run: async () => {
        await using ends = await pair(transport);
        await fails(ends.client.openStream(), "ERR_LIMIT");
        await fails(ends.server.openStream(), "ERR_LIMIT");
        const next = ends.server.acceptStream();
        await Promise.all([ends.client.close(), ends.server.close()]);
        assert.equal(await next, null);
      },
    });
  } else cases.push(...manyStreamsCases(transport));
  if (transport.resets ?? true) cases.push(...resetCases(transport));
  return cases;
}

function manyStreamsCases(transport: TransportUnderTest): readonly Case[] {
  return [
    {
      claim: "carries many streams at once, opened by both ends",
      run: async () => {
        await using ends = await pair(transport);
        const echo = async (from: Connection, to: Connection): Promise<void> => {
          const answering = (async () => {
            for (let count = 0; count < 50; count++) {
              const stream = await to.acceptStream();
              assert(stream !== null);
              await stream.write(bytesOf(`you said ${await receiveText(stream)}`));
              await stream.closeWrite();
            }
          })();
          const asking = Array.from({ length: 50 }, async (_, index) => {
            const stream = await from.openStream();
            await stream.write(bytesOf(`${index}`));
            await stream.closeWrite();
            assert.equal(await receiveText(stream), `you said ${index}`);
            await stream.closed;
          });
          await Promise.all([answering, ...asking]);
        };
        await Promise.all([echo(ends.client, ends.server), echo(ends.server, ends.client)]);
      },
    },
    {
      claim: "goes on with its other streams when one is aborted",
      run: async () => {
        await using ends = await pair(transport);
        const reading = fails(ends.far.read(), "ERR_RESET");
        ends.near.abort();
        await fails(ends.near.read(), "ERR_ABORTED");
        await reading;
        const [near, far] = [await ends.client.openStream(), await ends.server.acceptStream()];
        assert(far !== null);
        const sending = sendBytes(near, 100_000).then(async (digest) => (await near.closeWrite(), digest));
        assert.deepEqual(await receiveBytes(far), await sending);
      },
    },
    {
      claim: "gives null to those who wait for a stream when it is over",
      run: async () => {
        await using ends = await pair(transport);
        const next = ends.server.acceptStream();
        await ends.client.close();
        assert.equal(await next, null);
      },
    },
  ];
}

function resetCases(transport: TransportUnderTest): readonly Case[] {
  return [
    {
      claim: "fails the read that waits when the peer resets: ERR_RESET",
      run: async () => {
        await using ends = await pair(transport);
        const reading = fails(ends.near.read(), "ERR_RESET");
        ends.server.abort();
        const error = await reading;
        assert(error.message.includes(ends.client.remote.address), error.message);
        await ends.client.closed;
        await fails(ends.near.read(), "ERR_RESET");
        await fails(ends.near.write(bytesOf("x")), "ERR_RESET");
      },
    },
    {
      claim: "fails consume() when the peer resets in the middle: ERR_RESET",
      run: async () => {
        await using ends = await pair(transport);
        await ends.far.write(bytesOf("some"));
        const heard = Promise.withResolvers<void>();
        const consuming = fails(ends.near.consume(() => heard.resolve()), "ERR_RESET");
        await heard.promise;
        ends.server.abort();
        await consuming;
      },
    },
    {
      claim: "fails the write that waits when the peer resets: ERR_RESET",
      run: async () => {
        await using ends = await pair(transport);
        const chunk = new Uint8Array(1_000_000);
        const writing = fails(
          (async () => {
            for (;;) await ends.near.write(chunk);
          })(),
          "ERR_RESET",
        );
        await ends.far.read();
        ends.server.abort();
        await writing;
        await ends.client.closed;
      },
    },
  ];
}

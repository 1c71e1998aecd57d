import assert from "node:assert/strict";
import { bytesOf, receiveBytes, receiveText, sendBytes } from "./bytes.ts";
import { type Case, fails, pair, type TransportUnderTest } from "./compliance_support.ts";

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
        await Promise.all([ends.client.closed, ends.server.closed]);
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
          if (end === "close") await ends.near.close();
          else if (end === "abort") ends.near.abort();
          else {
            await ends.far.closeWrite();
            assert.equal(await ends.near.read(), null);
          }
          await ends.client.closed;
          const [path, ...others] = ends.client.paths();
          assert.deepEqual(others, []);
          assert.equal(path?.bytesSent, 5, end);
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
  }
  if (transport.resets ?? true) cases.push(...resetCases(transport));
  return cases;
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

import assert from "node:assert/strict";
import { MptError } from "../../../lib/base/errors.ts";
import { bytesOf } from "./bytes.ts";
import { type Case, fails, pair, settled, type TransportUnderTest, V4 } from "./compliance_support.ts";
import { silence } from "./silence.ts";

/** Cancellation in every phase. */
export function abortCases(transport: TransportUnderTest): readonly Case[] {
  const { connect, listen } = transport;
  return [
    {
      claim: "does not begin a connect whose signal is aborted: ERR_ABORTED",
      run: async () => {
        await using listener = listen(V4, 0);
        const error = await fails(
          connect(V4, listener.local.port!, { signal: AbortSignal.abort() }),
          "ERR_ABORTED",
        );
        assert.equal(error.message, `Cannot connect to ${listener.local.address}: it was cancelled`);
      },
    },
    {
      claim: "ends a connect on its way when its signal aborts: ERR_ABORTED",
      run: async () => {
        await using nobody = await silence(transport);
        const stop = new AbortController();
        const connecting = fails(
          connect(V4, nobody.local.port!, { signal: stop.signal }),
          "ERR_ABORTED",
        );
        setTimeout(() => stop.abort(), 20);
        await connecting;
      },
    },
    {
      claim: "ends a connect with the reason of its signal when that is an MptError",
      run: async () => {
        await using listener = listen(V4, 0);
        const reason = new MptError("ERR_TIMED_OUT", "Cannot go on: the run took too long");
        const connecting = connect(V4, listener.local.port!, { signal: AbortSignal.abort(reason) });
        assert.equal(await fails(connecting, "ERR_TIMED_OUT"), reason);
      },
    },
    {
      claim: "either fails or is aborted when its signal aborts at any moment of the connect",
      run: async () => {
        await using listener = listen(V4, 0);
        for (let turns = 0; turns < 12; turns++) {
          const stop = new AbortController();
          const connecting = connect(V4, listener.local.port!, { signal: stop.signal });
          for (let turn = 0; turn < turns; turn++) await (turn % 2 === 0 ? null : setImmediateTurn());
          stop.abort();
          try {
            const client = await connecting;
            await client.closed;
            await fails((await client.openStream()).read(), "ERR_ABORTED");
          } catch (error) {
            assert(error instanceof MptError && error.code === "ERR_ABORTED", String(error));
          }
        }
      },
    },
    {
      claim: "ends an idle connection when its signal aborts: ERR_ABORTED",
      run: async () => {
        const stop = new AbortController();
        await using ends = await pair(transport, { connect: { signal: stop.signal } });
        stop.abort();
        await ends.client.closed;
        await fails(ends.near.read(), "ERR_ABORTED");
        await fails(ends.near.write(bytesOf("x")), "ERR_ABORTED");
        await fails(ends.near.closeWrite(), "ERR_ABORTED");
      },
    },
    {
      claim: "fails the read that waits when its signal aborts: ERR_ABORTED",
      run: async () => {
        const stop = new AbortController();
        await using ends = await pair(transport, { connect: { signal: stop.signal } });
        const reading = fails(ends.near.read(), "ERR_ABORTED");
        stop.abort();
        await reading;
        await ends.client.closed;
      },
    },
    {
      claim: "fails the consume that waits when the connection is aborted: ERR_ABORTED",
      run: async () => {
        await using ends = await pair(transport);
        const consuming = fails(ends.near.consume(() => {}), "ERR_ABORTED");
        ends.client.abort();
        await consuming;
        await ends.client.closed;
        await fails(ends.near.read(), "ERR_ABORTED");
      },
    },
    {
      claim: "fails the write that waits when its signal aborts: ERR_ABORTED",
      run: async () => {
        const stop = new AbortController();
        await using ends = await pair(transport, { connect: { signal: stop.signal } });
        let sent = 0;
        const chunk = new Uint8Array(1_000_000);
        const writing = fails(
          (async () => {
            for (;; sent++) await ends.near.write(chunk);
          })(),
          "ERR_ABORTED",
        );
        await settled(() => sent);
        stop.abort();
        await writing;
        await ends.client.closed;
      },
    },
    {
      claim: "has no write left when it is over, although something was received while the write waited",
      run: async () => {
        await using ends = await pair(transport);
        let sent = 0;
        let over = false;
        const chunk = new Uint8Array(1_000_000);
        const writing = fails(
          (async () => {
            for (;; sent++) await ends.near.write(chunk);
          })(),
          "ERR_ABORTED",
        ).finally(() => over = true);
        await settled(() => sent);
        await ends.far.write(bytesOf("x"));
        assert.equal((await ends.near.read())?.length, 1);
        ends.client.abort();
        await ends.client.closed;
        // From now on the descriptor's number may be another connection's.
        for (let turn = 0; turn < 200 && !over; turn++) await setImmediateTurn();
        assert.equal(over, true);
        await writing;
      },
    },
    {
      claim: "lets go of its signal when it is over",
      run: async () => {
        const stop = new AbortController();
        let listeners = 0;
        const { signal } = stop;
        const add = signal.addEventListener.bind(signal);
        const remove = signal.removeEventListener.bind(signal);
        signal.addEventListener = (...args: Parameters<typeof add>): void => {
          listeners++;
          add(...args);
        };
        signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
          listeners--;
          remove(...args);
        };
        await using ends = await pair(transport, { connect: { signal } });
        await ends.client.close();
        await Promise.resolve();
        assert.equal(listeners, 0);
      },
    },
  ];
}

function setImmediateTurn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 0));
}

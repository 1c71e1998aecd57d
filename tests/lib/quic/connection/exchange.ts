import assert from "node:assert/strict";
import type { Connection } from "../../../../lib/quic/connection/connection.ts";
import { type Pair, pattern } from "./pair.ts";

/** Reads everything that has arrived on a stream; the bytes, and whether it has ended. */
export function drain(connection: Connection, id: number, into: Uint8Array[]): boolean {
  for (
    let result = connection.streams.read(id);
    result.type !== "empty";
    result = connection.streams.read(id)
  ) {
    if (result.type === "data") into.push(result.bytes);
    else return result.type === "end";
  }
  return false;
}

/** One array of many. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Sends bytes on a stream of each end, with the answer on the way back; true if they arrived unaltered. */
export function exchange(pair: Pair, bytes: number, forUs: number): boolean {
  const up = pattern(bytes, 1);
  const down = pattern(bytes, 2);
  const id = pair.client.open("bidirectional")!;
  pair.client.streams.write(id, up);
  pair.client.streams.finish(id);
  const atServer: Uint8Array[] = [];
  const atClient: Uint8Array[] = [];
  let serverDone = false;
  let clientDone = false;
  pair.work = ({ client, server }) => {
    if (server === null) return;
    if (!serverDone && drain(server, id, atServer)) {
      // A stream that the server does not know yet has an end as well
      if (atServer.length === 0) return;
      serverDone = true;
      server.streams.write(id, down);
      server.streams.finish(id);
    }
    clientDone ||= drain(client, id, atClient);
  };
  const done = pair.run(() => serverDone && clientDone, forUs);
  assert.equal(
    done,
    true,
    `server ${joined(atServer).length}, client ${joined(atClient).length} of ${bytes}`,
  );
  assert.deepEqual(joined(atServer), up);
  assert.deepEqual(joined(atClient), down);
  return true;
}

// deno-lint-ignore-file no-console
/**
 * A server that does what its clients ask: `line_server.ts TRANSPORT ADDRESS`. It prints `listening PORT`.
 * Requests are {@linkcode REQUEST_BYTES} characters long:
 *
 * - `look`: six digits and so many bytes of JSON: how this end sees the connection
 * - `take N`: reads N bytes and answers one byte
 * - `give N`: N bytes
 */
import { pathToJson } from "../../../lib/base/path_json.ts";
import { Ip } from "../../../lib/base/ip.ts";
import type { Connection } from "../../../lib/io/connection.ts";
import { StreamReader } from "../../../lib/protocol/stream_reader.ts";
import { listen } from "../../../lib/transport/connect.ts";
import { REQUEST_BYTES, type View } from "./requests.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Most that is read or written at once. */
const PIECE_BYTES = 65_536;

async function serve(connection: Connection): Promise<void> {
  const stream = (await connection.acceptStream())!;
  const reader = new StreamReader(stream);
  while (await reader.peekByte() !== null) {
    const [verb, number = "0"] = decoder.decode(await reader.readExactly(REQUEST_BYTES)).trim().split(" ");
    let rest = Number(number);
    switch (verb) {
      case "look": {
        const answer = encoder.encode(JSON.stringify(view(connection)));
        await stream.write(encoder.encode(String(answer.length).padStart(6, "0")));
        await stream.write(answer);
        break;
      }
      case "take":
        while (rest > 0) rest -= (await reader.readSome(rest))!.length;
        await stream.write(encoder.encode("!"));
        break;
      case "give":
        for (; rest > 0; rest -= PIECE_BYTES) await stream.write(new Uint8Array(Math.min(rest, PIECE_BYTES)));
        break;
    }
  }
  await connection.close();
}

function view(connection: Connection): View {
  return {
    multipath: connection.isMultipath(),
    in_force: connection.transportInForce(),
    paths: connection.paths().map(pathToJson),
  };
}

async function main(): Promise<void> {
  const [wanted = "", address = ""] = Deno.args;
  await using listener = listen(wanted === "tcp" ? "tcp" : "mptcp", Ip.parse(address), 0);
  console.log(`listening ${listener.local.port}`);
  for await (const connection of listener) serve(connection).catch(() => connection.abort());
}

await main();

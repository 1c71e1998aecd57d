// deno-lint-ignore-file no-console
/**
 * A client that keeps a two-path connection to `mpt serve` open and quiet: `holding_client.ts ADDRESS PORT`.
 * It moves some bytes, waits until nothing moves any more, prints one line of JSON and stays.
 */
import { Ip } from "../../lib/base/ip.ts";
import { type PathJson, pathToJson } from "../../lib/base/path_json.ts";
import type { Connection } from "../../lib/io/connection.ts";
import { waitForJoins } from "../../lib/mptcp/joins.ts";
import type { CheckAnswer } from "../../lib/protocol/check.ts";
import { HttpClient } from "../../lib/protocol/http_client.ts";
import { connect } from "../../lib/transport/connect.ts";

/** What the client prints: both views of the same connection. */
export interface Held {
  /** The client's paths when nothing moved any more. */
  readonly paths: readonly PathJson[];
  /** The server's view, a moment before. */
  readonly check: CheckAnswer;
}

const BYTES = 5_000_000;

/** Two looks this far apart that see the same are a quiet moment, in milliseconds: no timer of TCP is longer. */
const QUIET_MS = 500;

async function main(address: string, port: number): Promise<void> {
  const connection = await connect("mptcp", Ip.parse(address), port);
  const client = new HttpClient(await connection.openStream(), connection.remote.address);
  // The server announces its second address only once data flows.
  await client.get("/", BYTES);
  await waitForJoins(connection, { connectedAtMs: performance.now(), timeoutMs: 5000 });
  const { body, complete } = await client.get(`/bytes/${BYTES}`, BYTES);
  if (!complete || body.length !== BYTES) throw new Error(`Cannot go on: only ${body.length} bytes came`);
  const check: CheckAnswer = JSON.parse(new TextDecoder().decode((await client.get("/", BYTES)).body));
  const held: Held = { paths: await quiet(connection), check };
  console.log(JSON.stringify(held));
}

async function quiet(connection: Connection): Promise<readonly PathJson[]> {
  for (let before = "";;) {
    const paths = connection.paths().map(pathToJson);
    const now = JSON.stringify(paths);
    if (now === before) return paths;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}

if (import.meta.main) {
  const [address = "", port = ""] = Deno.args;
  await main(address, Number(port));
  // The connection lives until this program is killed.
  setInterval(() => {}, 60_000);
}

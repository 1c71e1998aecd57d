// deno-lint-ignore-file no-console
/** A client of ../mptcp/line_server.ts: `tcp_client.ts ORDER`. It prints a {@linkcode Story} and ends. */
import { toMptError } from "../../../lib/base/errors.ts";
import { Ip } from "../../../lib/base/ip.ts";
import type { PathJson } from "../../../lib/base/path_json.ts";
import { pathToJson } from "../../../lib/base/path_json.ts";
import type { Transport } from "../../../lib/base/transport.ts";
import type { Connection } from "../../../lib/io/connection.ts";
import { counterDeltas, readCounters } from "../../../lib/mptcp/counters.ts";
import { connect } from "../../../lib/transport/connect.ts";
import { LineClient, type View } from "../mptcp/requests.ts";

/** What the client is to do. */
export interface Order {
  readonly transport: Transport;
  readonly address: string;
  readonly port: number;
  /** Waits until so many paths are active; "sent": until a join was sent. @default {1} */
  readonly paths?: number | "sent";
  /** How long the exchange may take, in milliseconds. @default {10000} */
  readonly dataMs?: number;
}

/** What became of it. */
export interface Story {
  /** What failed, and how; null when nothing did. */
  readonly failed: "connect" | "data" | null;
  readonly error: string | null;
  readonly multipath: boolean | null;
  readonly paths: readonly PathJson[];
  /** How the server saw it, after the upload. */
  readonly server: View | null;
  /** The counters of the client that changed. */
  readonly counters: Readonly<Record<string, number>>;
}

const UPLOAD_BYTES = 20_000;

const order: Order = JSON.parse(Deno.args[0] ?? "");
const before = readCounters();

async function until(connection: Connection, wanted: number | "sent"): Promise<void> {
  for (;;) {
    const reached = wanted === "sent"
      ? counterDeltas(before, readCounters()).has("MPTcpExtMPJoinSynTx")
      : connection.paths().filter(({ state }) => state === "active").length >= wanted;
    if (reached) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function exchange(connection: Connection): Promise<View> {
  const client = await LineClient.over(connection);
  await client.upload(UPLOAD_BYTES);
  await until(connection, order.paths ?? 1);
  return await client.look();
}

/** Ends an exchange that hangs, by ending its connection. */
async function inTime(connection: Connection): Promise<View> {
  const timer = setTimeout(() => connection.abort(), order.dataMs ?? 10_000);
  try {
    return await exchange(connection);
  } finally {
    clearTimeout(timer);
  }
}

async function tell(): Promise<Omit<Story, "counters">> {
  const nothing = { multipath: null, paths: [], server: null } as const;
  const codeOf = (error: unknown): string => toMptError(error, "Cannot go on").code;
  let connection: Connection;
  try {
    connection = await connect(order.transport, Ip.parse(order.address), order.port);
  } catch (error) {
    return { failed: "connect", error: codeOf(error), ...nothing };
  }
  try {
    const server = await inTime(connection);
    const paths = connection.paths().map(pathToJson);
    const story = { failed: null, error: null, multipath: connection.isMultipath(), paths, server };
    await connection.close();
    return story;
  } catch (error) {
    connection.abort();
    return { failed: "data", error: codeOf(error), ...nothing };
  }
}

const story = await tell();
console.log(
  JSON.stringify({ ...story, counters: Object.fromEntries(counterDeltas(before, readCounters())) }),
);

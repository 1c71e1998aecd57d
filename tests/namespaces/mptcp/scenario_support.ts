/** What scenarios share: they run on the client of a two-path network, and reach the server by nsenter. */
import { output, ROOT, type RunningProcess, start } from "../../support/command.ts";
import { Ip } from "../../../lib/base/ip.ts";
import type { Transport } from "../../../lib/base/transport.ts";
import type { Connection, ConnectOptions } from "../../../lib/io/connection.ts";
import { connect } from "../../../lib/transport/connect.ts";
import type { PathInfo, PathState } from "../../../lib/base/path.ts";
import { LineClient } from "./requests.ts";

/** The arguments that run a command on the server. */
export function onServer(...argv: readonly string[]): readonly string[] {
  return ["nsenter", "--net=/run/netns/server", "--", ...argv];
}

/** Runs a shell script on the server. */
export async function serverShell(script: string): Promise<string> {
  return await output(onServer("sh", "-ec", script));
}

/** Runs a shell script on the client. */
export async function clientShell(script: string): Promise<string> {
  return await output(["sh", "-ec", script]);
}

/** A server on the other host. */
export interface Served extends AsyncDisposable {
  readonly process: RunningProcess;
  readonly port: number;
}

/** Starts a script of this folder on the server and waits for the port that it prints. */
export async function serve(script: string, ...args: readonly string[]): Promise<Served> {
  const path = new URL(`./${script}`, import.meta.url).pathname;
  const argv = onServer(Deno.execPath(), "run", "--quiet", "--no-check", "--allow-all", path, ...args);
  const process = start(argv, { cwd: ROOT, deadlineMs: 60_000 });
  const [, port] = await process.line(/^listening (\d+)$/);
  return { process, port: Number(port), [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}

/** A connection to line_server.ts that is aborted at the end of its scope. */
export interface Dialled extends AsyncDisposable {
  readonly client: LineClient;
  readonly connection: Connection;
}

/** Connects to a server started by {@linkcode serve}. */
export async function dial(
  transport: Transport,
  address: string,
  port: number,
  options?: ConnectOptions,
): Promise<Dialled> {
  const connection = await connect(transport, Ip.parse(address), port, options);
  const client = await LineClient.over(connection);
  return {
    client,
    connection,
    async [Symbol.asyncDispose](): Promise<void> {
      connection.abort();
      await connection.closed;
    },
  };
}

/** How long a scenario waits for something that the kernel does in its own time, in milliseconds. */
const PATIENCE_MS = 15_000;

/** Waits for a state of affairs that nobody announces. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`Cannot go on: no ${what} within ${PATIENCE_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Waits until a connection has as many paths in a state as wanted, and gives all of them, sorted by id. */
export async function pathsIn(
  connection: Connection,
  state: PathState,
  count: number,
): Promise<readonly PathInfo[]> {
  try {
    return await eventually(`${count} paths that are ${state}`, () => {
      const paths = connection.paths();
      const found = paths.filter((path) => path.state === state).length === count;
      return found ? paths.toSorted((a, b) => a.id - b.id) : undefined;
    });
  } catch (error) {
    const seen = connection.paths().map((path) => `${path.id} ${path.local} > ${path.remote} ${path.state}`);
    throw new Error(`${error instanceof Error ? error.message : error}; there are:\n${seen.join("\n")}`);
  }
}

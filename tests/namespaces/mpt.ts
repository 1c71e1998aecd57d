import type { Lab, Namespaces } from "../../lib/lab/mod.ts";
import { mptArgv, type ProcessResult, type RunningProcess } from "../support/command.ts";

/** Starts `mpt serve` on the server of a network, by default with MPTCP on port 4433 of every address. */
export async function serveIn(network: Lab, ...args: readonly string[]): Promise<RunningProcess> {
  const server = network.spawn("server", mptArgv(["serve", "--ndjson", ...args]), {
    deadlineMs: 60_000,
  });
  await server.line(/"event":"listening"/);
  return server;
}

/** Runs a command of mpt on the client of a network. */
export function clientIn(network: Lab, ...args: readonly string[]): Promise<ProcessResult> {
  return network.run("client", mptArgv(args), { deadlineMs: 60_000 });
}

/** Runs a command of mpt on the host of a private network. */
export function mptIn(network: Namespaces, ...args: readonly string[]): Promise<ProcessResult> {
  return network.run(undefined, mptArgv(args));
}

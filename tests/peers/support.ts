/** What the tests with other people's programs share: mpt on both hosts of a network, files inside it. */
import type { Lab, LabHost } from "../../lib/lab/mod.ts";
import type { ProbeEndpoint, ProbeResult } from "../../lib/probe/mod.ts";
import type { CheckAnswer } from "../../lib/protocol/check.ts";
import { mptArgv, type RunningProcess } from "../support/command.ts";

/** The port of `mpt serve`. */
export const PORT = 4433;

/** Longest time that a server may take to come up, in milliseconds. */
const START_MS = 10_000;

/** How often to look whether a program listens, in milliseconds: most do not tell. */
const LOOK_MS = 20;

/** Starts `mpt serve --ndjson` on the server and waits until it listens. */
export async function startServe(
  network: Lab,
  ...args: readonly string[]
): Promise<RunningProcess> {
  const server = network.spawn("server", mptArgv(["serve", "--ndjson", ...args]), { deadlineMs: 120_000 });
  await server.line(/"event":"listening"/);
  return server;
}

/** What `mpt probe` on the client says about one address. */
export async function probeFrom(
  network: Lab,
  target: string,
  ...args: readonly string[]
): Promise<ProbeEndpoint> {
  const result: ProbeResult = JSON.parse(
    await network.output("client", mptArgv(["probe", "-t", "tcp,mptcp", target, "--json", ...args])),
  );
  const [endpoint] = result.endpoints;
  if (endpoint === undefined) throw new Error(`Cannot read the probe of ${target}: it has no address`);
  return endpoint;
}

/** What the check of `mpt serve` answers to a client of another kind. */
export async function checkBy(
  network: Lab,
  client: readonly string[],
): Promise<CheckAnswer> {
  return JSON.parse(await network.output("client", client));
}

/**
 * Writes a file that only the network sees and that vanishes with it.
 *
 * @returns Its path.
 */
export async function writeInside(network: Lab, name: string, text: string): Promise<string> {
  const path = `/run/${name}`;
  await network.output("server", ["sh", "-c", 'mkdir -p "${0%/*}" && cat > "$0"', path], { stdin: text });
  return path;
}

/**
 * Waits until somebody listens on a port.
 *
 * @throws {Error} With what `program` printed, if nobody does in time.
 */
export async function listening(
  network: Lab,
  side: LabHost | "router",
  port: number,
  program: RunningProcess,
): Promise<void> {
  const until = performance.now() + START_MS;
  for (;;) {
    if (await network.output(side, ["ss", "-Hltn", `sport = :${port}`]) !== "") return;
    if (performance.now() > until) {
      throw new Error(
        `Cannot start ${program.argv.join(" ")}: it does not listen\n${program.stdout}${program.stderr}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

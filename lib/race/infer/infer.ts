import { MptError } from "../../base/errors.ts";
import { envelope } from "../../base/result.ts";
import { deadline, endOf } from "../../io/deadline.ts";
import { ffiUnavailableReason } from "../../io/ffi_access.ts";
import { hostFacts } from "../../io/host.ts";
import type { Namespaces } from "../../lab/namespaces.ts";
import { ownProgram } from "../../lab/own_program.ts";
import { findings } from "./findings.ts";
import { makeNetwork, SERVER } from "./network.ts";
import { type Sighting, WireRecord } from "./record.ts";
import type { InferResult, ScenarioRun } from "./result.ts";
import { type Scenario, SCENARIOS } from "./scenario.ts";
import { SERVER_PERMISSIONS, SERVER_PROGRAM } from "./server_program.ts";
import { inferVerdicts } from "./verdicts.ts";

/** Options of {@linkcode inferClient}. */
export interface InferOptions {
  /** How often the attempt delay is measured, from 1 to 100. @default {3} */
  readonly rounds?: number;
  /** For how long a client is watched that does not get anywhere, in milliseconds from 100. @default {4000} */
  readonly watchMs?: number;
  /** The longest that one run of the client may take, in milliseconds. @default {10000} */
  readonly runTimeoutMs?: number;
  /** Ends the measurement; what was seen by then is kept. */
  readonly signal?: AbortSignal;
}

/** What a running measurement tells. */
export interface InferEvent {
  /** A run of the program is over. */
  readonly event: "run";
  /** What was seen in it. */
  readonly run: ScenarioRun;
}

/** After a success the client has so long to come to its end. */
const AFTER_SUCCESS_MS = 300;

/**
 * Watches how a program opens connections, in a network made for it: its own name server, addresses that
 * accept, refuse or say nothing, and answers that come late. The program is run once for each of them. Any host
 * name and port that it is told will do.
 *
 * @param command The program and its arguments, such as `["curl", "http://test.example/"]`.
 * @param options Rounds and limits.
 * @param onEvent Is told of each run of the program.
 * @returns What it does, and everything that was seen.
 * @throws {MptError} `ERR_NOT_SUPPORTED` where no network can be made, `ERR_FFI_PERMISSION` without
 * `--allow-ffi`, `ERR_INVALID_VALUE` for an empty command, `ERR_PROGRAM` when it cannot be run.
 *
 * @example What curl does
 * ```ts no-run
 * import { inferClient } from "@multipath/mpt/race";
 *
 * const { findings } = await inferClient(["curl", "-s", "http://test.example/"]);
 * console.log(findings.attempt_delay_ms?.p50, findings.family_pattern, findings.asks_https);
 * ```
 */
export async function inferClient(
  command: readonly string[],
  options: InferOptions = {},
  onEvent: (event: InferEvent) => void = () => {},
): Promise<InferResult> {
  const { rounds = 3, watchMs = 4000, runTimeoutMs = 10_000, signal } = options;
  const fault = faultOf(command, rounds, watchMs, runTimeoutMs);
  if (fault !== null) throw new MptError("ERR_INVALID_VALUE", `Cannot watch a client: ${fault}`);
  const problem = ffiUnavailableReason();
  if (problem !== null) {
    throw new MptError("ERR_FFI_PERMISSION", `Cannot watch a client: ${problem}`, { fix: "--allow-ffi" });
  }
  const startedAtMs = Date.now();
  const start = performance.now();
  await using network = await makeNetwork();
  const runs: ScenarioRun[] = [];
  for (const { scenario, round } of agenda(rounds)) {
    if (signal?.aborted) break;
    // There is nothing to be late for
    const asksHttps = runs.some(({ queries }) => queries.some(({ type }) => type === "HTTPS"));
    if (scenario.name === "late-https" && !asksHttps) continue;
    const run = await play(network, command, scenario, round, { watchMs, runTimeoutMs, signal });
    if (signal?.aborted) break;
    runs.push(run);
    onEvent({ event: "run", run });
  }
  const found = findings(runs);
  return {
    ...envelope({
      schema: "mpt.race-infer/1",
      host: hostFacts(),
      startedAtMs,
      durationMs: performance.now() - start,
      options: { rounds, watch_ms: watchMs, run_timeout_ms: runTimeoutMs },
      warnings: warningsOf(runs),
      verdicts: inferVerdicts(found, rounds),
      ...(signal?.aborted ? { end: endOf(signal) } : {}),
    }),
    command,
    findings: found,
    runs,
  };
}

function faultOf(
  command: readonly string[],
  rounds: number,
  watchMs: number,
  runTimeoutMs: number,
): string | null {
  if (command.length === 0) return "there is no command";
  if (!(rounds >= 1 && rounds <= 100)) return `${rounds} rounds are not 1 to 100`;
  if (!(watchMs >= 100)) return "it is watched for less than 100 ms";
  return runTimeoutMs >= 1000 ? null : "a run has less than a second";
}

function agenda(rounds: number): readonly { readonly scenario: Scenario; readonly round: number }[] {
  return SCENARIOS.flatMap((scenario) =>
    Array.from(
      { length: scenario.name === "fallback" ? rounds : 1 },
      (_, at) => ({ scenario, round: at + 1 }),
    )
  );
}

/** How long the client may take. */
interface Limits {
  readonly watchMs: number;
  readonly runTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Runs the client in one scenario until it ends, or has been seen for long enough. */
async function play(
  network: Namespaces,
  command: readonly string[],
  scenario: Scenario,
  round: number,
  { watchMs, runTimeoutMs, signal }: Limits,
): Promise<ScenarioRun> {
  const argv = ownProgram(SERVER_PROGRAM, SERVER_PERMISSIONS, [scenario.name]);
  await using server = network.spawn(SERVER, argv, { deadlineMs: runTimeoutMs + 10_000, env: QUIET });
  await server.line(/"ready"/);
  let serverEnded = false;
  server.finished.then(() => serverEnded = true);
  const start = performance.now();
  // A client may start others: they end with the first process of a namespace of their own
  const alone = ["unshare", "--pid", "--fork", "--kill-child=KILL", "--", ...command];
  // Who enters a mount namespace is at its root: the client shall be where its caller is. What it prints is
  // nobody's business, and may have no end
  const there = ["sh", "-c", 'cd "$1" && shift && exec "$@" > /dev/null', "sh", Deno.cwd(), ...alone];
  await using client = network.spawn(undefined, there, {
    deadlineMs: runTimeoutMs + 5000,
    env: QUIET,
  });
  let exitCode: number | null = null;
  const ended = client.finished.then(({ code }) => exitCode = code);
  using limit = deadline(runTimeoutMs, signal);
  let watched = -1;
  const isOver = (): boolean => {
    const { attempts, succeeded } = recordOf(server.stdout);
    if (attempts.length === 0) return false;
    if (watched < 0) watched = performance.now();
    const sinceMs = performance.now() - watched;
    return sinceMs > (succeeded ? Math.max(AFTER_SUCCESS_MS, lateMs(scenario)) : watchMs);
  };
  while (exitCode === null && !limit.signal.aborted && !isOver()) {
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, LOOK_MS))]);
  }
  const durationMs = performance.now() - start;
  // What the client did last may still be on its way to us
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  if (serverEnded) {
    throw new MptError("ERR_PROGRAM", `Cannot watch a client: the server ended: ${server.stderr}`);
  }
  const record = recordOf(server.stdout);
  return {
    scenario: scenario.name,
    text: scenario.text,
    round,
    queries: record.queries,
    attempts: record.attempts,
    exit_code: exitCode,
    stderr: client.stderr.slice(-MAX_STDERR),
    duration_ms: Math.round(durationMs),
  };
}

/** Deno asks for news of itself, in the midst of what is to be seen. */
const QUIET = { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };

/** What is kept of the complaints of a client. */
const MAX_STDERR = 1000;

/** How often to look whether a run is over. */
const LOOK_MS = 25;

function lateMs({ a, aaaa, httpsDelayMs }: Scenario): number {
  return Math.max(a.delayMs, aaaa.delayMs, httpsDelayMs) + AFTER_SUCCESS_MS;
}

function recordOf(lines: string): WireRecord {
  const record = new WireRecord();
  for (const line of lines.split("\n").slice(0, -1)) {
    const value = JSON.parse(line) as Sighting | { readonly kind: "ready" };
    if (value.kind !== "ready") record.add(value);
  }
  return record;
}

function warningsOf(runs: readonly ScenarioRun[]): readonly string[] {
  const without = runs.filter(({ attempts }) => attempts.length === 0);
  if (without.length === 0) return [];
  const names = [...new Set(without.map(({ scenario }) => scenario))].join(", ");
  const said = without[0]?.stderr.trim().split("\n")[0] ?? "";
  const why = said === "" ? "" : `: ${said}`;
  return [`The client made no attempt in ${without.length} of ${runs.length} runs (${names})${why}.`];
}

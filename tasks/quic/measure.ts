/**
 * One measurement: a server and a client, each in a process of its own, and what both have used.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { type RunningProcess, start } from "../../lib/io/process.ts";
import type { JobResult, Usage } from "./end.ts";
import type { StackName } from "./ends.ts";

const END = fileURLToPath(new URL("./end.ts", import.meta.url));

/** How long one measurement may take, in milliseconds. */
const DEADLINE_MS = 60_000;

/** How long idle connections are left alone before they are weighed, in milliseconds. */
const SETTLE_MS = 1000;

/** Everything that the ends need without `--allow-ffi`. */
const WITHOUT_FFI = ["--allow-net", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"] as const;

/** What to measure. */
export interface Measurement {
  readonly server: StackName;
  readonly client: StackName;
  readonly job: "upload" | "handshakes" | "connections" | "streams";
  /** Seconds, or how many. */
  readonly amount: number;
  /** Whether the ends have `--allow-ffi`. @default {true} */
  readonly ffi?: boolean;
  /** Where both ends write a profile: the file of the server and that of the client. */
  readonly profiles?: readonly [server: string, client: string];
}

/** What both ends did. */
export interface Outcome extends JobResult {
  /** Processor time of the server for the job, in milliseconds. */
  readonly server_cpu_ms: number;
  /** What the server used before the job, and after it. */
  readonly before: Usage;
  readonly after: Usage;
}

/** Runs both ends and measures. */
export async function measure(plan: Measurement): Promise<Outcome> {
  const folder = await Deno.makeTempDir({ prefix: "mpt-bench-quic-" });
  try {
    await using server = end(plan, ["serve", plan.server], plan.profiles?.[0]);
    const { port, certificate } = JSON.parse((await server.line(/^\{"port":.*/))[0]);
    const file = `${folder}/certificate.pem`;
    await Deno.writeTextFile(file, certificate);
    const args = [plan.job, plan.client, String(port), file, String(plan.amount)];
    await using client = end(plan, args, plan.profiles?.[1]);
    await client.line(/^\{"begin":/);
    const before = await usage(server, 1);
    const job: JobResult = JSON.parse((await client.line(/^\{"count":.*/))[0]);
    if (plan.job === "connections") await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const after = await usage(server, 2);
    // A client leaves when its job is done, unless its connections are to stay
    if (plan.job === "connections") client.kill("SIGTERM");
    await client.finished;
    server.kill("SIGTERM");
    await server.finished;
    return { ...job, server_cpu_ms: after.cpu_ms - before.cpu_ms, before, after };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function end({ ffi = true }: Measurement, args: readonly string[], profile?: string): RunningProcess {
  const permissions = ffi ? ["--allow-all"] : WITHOUT_FFI;
  const argv = [
    ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "--unstable-net", "--v8-flags=--expose-gc"],
    ...[...permissions, END, ...args],
  ];
  return start(argv, {
    deadlineMs: DEADLINE_MS,
    ...(profile === undefined ? {} : { env: { MPT_PROFILE: profile } }),
  });
}

async function usage(server: RunningProcess, number: number): Promise<Usage> {
  server.kill("SIGUSR2");
  return JSON.parse((await server.line(new RegExp(`^\\{"usage":${number},.*`)))[0]);
}

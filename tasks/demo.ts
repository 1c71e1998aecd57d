// deno-lint-ignore-file no-console
/**
 * mpt at work, in half a minute: a network of two paths on this machine, a server on one end, a probe
 * and a bench on the other.
 *
 * @module
 */
import { downloadDependencies, mptArgv } from "./mpt_argv.ts";
import { programPath, type RunningProcess, start } from "../lib/io/process.ts";
import { createLab, type Lab, type LabHost, type LabOptions } from "../lib/lab/mod.ts";

const RATE_MBIT = 50;

/** The client finds the second path by what the server announces. */
const NETWORK: LabOptions = {
  router: false,
  mptcp: "signal",
  paths: [{ rateMbit: RATE_MBIT }, { rateMbit: RATE_MBIT, ipv6: false }],
};
const SERVER_DEADLINE_MS = 120_000;

/** How long an interrupted command may go on before it is told again, in milliseconds. */
const INTERRUPT_MS = 2000;

/** The exit code of a program that was interrupted, as shells have it. */
const INTERRUPTED = 130;

/** Where the demo plays. */
interface Stage extends AsyncDisposable {
  /** What the reader should know about it. */
  readonly text: string;
  /** The address and port that the server listens on. */
  readonly listen: string;
  /** The address of the server. */
  readonly address: string;
  /** Arguments in front of a command that run it on an end. */
  prefix(host: LabHost): readonly string[];
}

async function makeStage(): Promise<Stage> {
  try {
    return labStage(await createLab(NETWORK));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return loopbackStage(reason);
  }
}

function labStage(lab: Lab): Stage {
  return {
    text: [
      `Two hosts, client and server, joined by two paths of ${RATE_MBIT} Mbit/s each, in network namespaces`,
      "that nobody else sees and that vanish with this program. The client is told one address of the",
      "server; MPTCP learns the other one and joins over it.",
    ].join("\n"),
    listen: "mptcp@[::]:4433",
    address: lab.addresses.server.ipv4[0] ?? "",
    prefix: (host) => lab.prefix(host),
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  };
}

function loopbackStage(reason: string): Stage {
  return {
    text: [
      "A network of two paths cannot be made here, so this runs over the loopback interface, where MPTCP",
      "has a single path and nothing to gain. Run it as root, or allow unprivileged user namespaces, to",
      `see two. ${reason}`,
    ].join("\n"),
    listen: "mptcp@127.0.0.1:0",
    address: "127.0.0.1",
    prefix: () => [],
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Starts the server and waits until it listens. Gives its port. */
async function startServer(
  stage: Stage,
): Promise<{ readonly server: RunningProcess; readonly port: string }> {
  // Without MPTCP in the kernel there is still something to show.
  const args = ["serve", "--listen", stage.listen, "--fallback", "tcp"];
  console.log(`\nserver$ mpt ${args.join(" ")}`);
  const server = start([...stage.prefix("server"), ...mptArgv(args)], { deadlineMs: SERVER_DEADLINE_MS });
  try {
    const [line = "", port = ""] = await server.line(/^listening on \S+:(\d+)\b.*$/);
    console.log(line);
    return { server, port };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** Runs mpt on the client, straight on this terminal. Gives its exit code. */
async function runClient(stage: Stage, args: readonly string[], stop: AbortSignal): Promise<number> {
  if (stop.aborted) return INTERRUPTED;
  console.log(`\nclient$ mpt ${args.join(" ")}`);
  const [program = "", ...rest] = [...stage.prefix("client"), ...mptArgv(args)];
  const child = new Deno.Command(program, { args: rest, stdin: "null", env: { PATH: programPath() } })
    .spawn();
  const interrupt = (): void => {
    try {
      child.kill("SIGTERM");
    } catch {
      // It is over.
    }
  };
  // Ctrl-C reaches every program of the terminal, and mpt then shows what it has; a second signal
  // would cut that short.
  let timer: ReturnType<typeof setTimeout> | undefined;
  const later = (): void => void (timer = setTimeout(interrupt, INTERRUPT_MS));
  stop.addEventListener("abort", later, { once: true });
  const { code } = await child.status;
  stop.removeEventListener("abort", later);
  clearTimeout(timer);
  return code;
}

async function demo(stop: AbortSignal): Promise<number> {
  await downloadDependencies();
  await using stage = await makeStage();
  console.log(stage.text);
  const { server, port } = await startServer(stage);
  await using _ = server;
  const target = `${stage.address}:${port}`;
  const codes: number[] = [];
  console.log("\nDoes MPTCP reach the server, and over how many paths?");
  codes.push(await runClient(stage, ["probe", target], stop));
  console.log("\nWhat is it worth? TCP on each path alone, then MPTCP on all, 3 seconds each.");
  codes.push(await runClient(stage, ["bench", "--transport", "tcp,mptcp", "--duration", "3", target], stop));
  return stop.aborted ? INTERRUPTED : Math.max(...codes);
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => stop.abort());
}
Deno.exit(await demo(stop.signal));

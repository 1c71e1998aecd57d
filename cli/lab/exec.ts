import { MptError } from "../../lib/base/errors.ts";
import { sleep } from "../../lib/io/deadline.ts";
import type { LabHost } from "../../lib/lab/mod.ts";
import { EXIT } from "../exit_codes.ts";
import type { ControlClient } from "./control_client.ts";
import { LAB_HOSTS, type LabHello } from "./hello.ts";

/** How long a command may take to end when its lab does, in milliseconds. */
const GRACE_MS = 2000;

/** How long the news of the end of a lab may take, in milliseconds. */
const NEWS_MS = 300;

/** The signals that are handed on. A terminal sends SIGINT and SIGQUIT to the command by itself. */
const HANDED_ON = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/** Enters the working directory, which entering a namespace forgets, where it is visible inside. */
const IN_FOLDER = 'cd -- "$1" 2>/dev/null || cd /; shift; exec "$@"';

/** Options of {@linkcode execInLab}. */
export interface ExecOptions {
  /** Kills the command after so many milliseconds. */
  readonly timeoutMs?: number | undefined;
}

/** How a command in a lab ended. */
export interface ExecEnd {
  /** The command's exit code, or that of mpt where the command did not end by itself. */
  readonly code: number;
  /** Why it did not end by itself, in words. */
  readonly cut: string | null;
}

/**
 * Runs a command on a host of a lab, on this terminal, to its end.
 *
 * @param client A connection to the owner, for this alone.
 * @returns How it ended.
 * @throws {MptError} `ERR_USAGE` when the lab has no such host.
 */
export async function execInLab(
  client: ControlClient,
  hello: LabHello,
  host: LabHost,
  command: readonly string[],
  options: ExecOptions = {},
): Promise<ExecEnd> {
  const argv = [...prefixOf(hello, host), "sh", "-c", IN_FOLDER, "sh", Deno.cwd(), ...command];
  let cut: string | null = null;
  let over = false;
  const send = (signal: Deno.Signal): void => {
    try {
      if (!over) child.kill(signal);
    } catch {
      // It ended a moment ago.
    }
  };
  // Before the command: a signal that comes as soon as it runs must not get lost.
  using _ = handOn(send);
  const child = spawn(argv, hello.env);
  const timers: ReturnType<typeof setTimeout>[] = [];
  const end = (reason: string): void => {
    if (over || cut !== null) return;
    cut = reason;
    send("SIGTERM");
    timers.push(setTimeout(() => send("SIGKILL"), GRACE_MS));
  };
  const { timeoutMs } = options;
  if (timeoutMs !== undefined) {
    timers.push(setTimeout(() => end(`--timeout ${timeoutMs / 1000} is over`), timeoutMs));
  }
  const watched = client.request({ op: "watch" }).catch(() => null).then((reason) =>
    end(`the lab ${hello.name} ended${typeof reason === "string" ? `: ${reason}` : ""}`)
  );
  const status = await child.status;
  // The end of the lab kills what is inside; the word of it may still be on its way.
  if (status.signal === "SIGKILL") await Promise.race([watched, sleep(NEWS_MS)]);
  over = true;
  timers.forEach(clearTimeout);
  return { code: cut === null ? status.code : EXIT.untestable, cut };
}

function spawn([program = "", ...args]: readonly string[], env: LabHello["env"]): Deno.ChildProcess {
  const stdio = { stdin: "inherit", stdout: "inherit", stderr: "inherit" } as const;
  return new Deno.Command(program, { args, env: { ...env }, ...stdio }).spawn();
}

function prefixOf(hello: LabHello, host: LabHost): readonly string[] {
  const prefix = hello.prefix[host];
  if (prefix !== undefined) return prefix;
  const hosts = LAB_HOSTS.filter((name) => hello.prefix[name] !== undefined).join(", ");
  throw new MptError("ERR_USAGE", `Cannot enter ${host}: the lab ${hello.name} has ${hosts}`);
}

/** Hands signals on, and does not die of them: there is a lab to take away afterwards. */
function handOn(send: (signal: Deno.Signal) => void): Disposable {
  // Any of them: the command may read from a file and write to a terminal, whose Ctrl-C reaches it all the same.
  const atTerminal = [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
  const handlers = new Map<Deno.Signal, () => void>([
    ...HANDED_ON.map((signal) => [signal, () => send(signal)] as const),
    // The terminal has sent these to the whole foreground; a second one would mean something else.
    ...(["SIGINT", "SIGQUIT"] as const).map((signal) =>
      [signal, () => atTerminal ? undefined : send(signal)] as const
    ),
  ]);
  for (const [signal, handler] of handlers) Deno.addSignalListener(signal, handler);
  return {
    [Symbol.dispose](): void {
      for (const [signal, handler] of handlers) Deno.removeSignalListener(signal, handler);
    },
  };
}

import { MptError } from "../base/errors.ts";
import {
  output,
  type ProcessOptions,
  type ProcessResult,
  programPath,
  run,
  type RunningProcess,
  start,
} from "../io/process.ts";
import { namespaceFix } from "./namespace_fix.ts";

/**
 * How namespaces are made: `root` needs the right to make them, `user` takes an unprivileged user
 * namespace in which the caller is root.
 */
export type NamespaceMode = "root" | "user";

/** Whether this machine lets the caller make namespaces. */
export type NamespaceSupport =
  | { readonly mode: NamespaceMode; readonly reason: null }
  | { readonly mode: null; readonly reason: string };

const UNSHARE: Readonly<Record<NamespaceMode, readonly string[]>> = {
  root: ["unshare", "--net", "--mount"],
  user: ["unshare", "--user", "--map-root-user", "--net", "--mount"],
};

/** The kernel tells setpriv of no death before it asked: a command whose parent is gone by then ends here. */
const ONLY_CHILD_OF = '[ "$PPID" = "$0" ] && exec "$@"';

/**
 * Tries the ways of making namespaces, the plainest first.
 *
 * @param launcher Arguments in front of every command, such as `setpriv --reuid=...` to drop rights.
 * @returns The first way that works, or the reason why none does.
 */
export function namespaceSupport(launcher: readonly string[] = []): NamespaceSupport {
  let reason = "";
  for (const mode of ["root", "user"] as const) {
    const [program = "", ...args] = [...launcher, ...UNSHARE[mode], "true"];
    try {
      const result = new Deno.Command(program, { args, stdin: "null" }).outputSync();
      if (result.success) return { mode, reason: null };
      reason = new TextDecoder().decode(result.stderr).trim();
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  return { mode: null, reason: `namespaces cannot be made here (${reason})` };
}

/** Options of {@linkcode hold}. */
export interface HoldOptions {
  /** Arguments in front of every command, such as `setpriv --reuid=...` to drop rights. */
  readonly launcher?: readonly string[];
  /** Folders under `/run` that stay visible inside; absolute paths of folders that exist. @default {[]} */
  readonly keep?: readonly string[];
}

/**
 * A private mount and network namespace that lives as long as its holder: a process that sits in
 * `cat` at the end of a pipe from this process. The pipe closes when this process dies, even by
 * SIGKILL; the holder then ends, and the kernel takes the namespaces with it.
 */
export class Namespaces implements AsyncDisposable {
  /** The process that holds the namespaces. */
  readonly pid: number;
  /** How the namespaces were made. */
  readonly mode: NamespaceMode;
  /** How the holder ended, with which the namespaces are gone; null when they were disposed of. Never rejects. */
  readonly ended: Promise<string | null>;
  readonly #launcher: readonly string[];
  readonly #holder: Deno.ChildProcess;
  readonly #complaints: Promise<string>;
  readonly #running = new Set<RunningProcess>();
  #closed = false;

  /** Use {@linkcode hold}. */
  constructor(
    holder: Deno.ChildProcess,
    complaints: Promise<string>,
    mode: NamespaceMode,
    launcher: readonly string[],
  ) {
    this.pid = holder.pid;
    this.mode = mode;
    this.#holder = holder;
    this.#complaints = complaints;
    this.#launcher = launcher;
    this.ended = holder.status.then(({ code, signal }) =>
      this.#closed ? null : signal === null ? `exit code ${code}` : `signal ${signal}`
    );
  }

  /**
   * The arguments that, put in front of a command, run it inside.
   *
   * @param name A namespace of `ip netns`; without it the holder's own.
   * @param parent The process that is to start the command: the kernel kills the command when it dies. With
   *   null it is any process, and one that dies at once may leave the command behind. @default {this process}
   * @returns The arguments.
   */
  prefix(name?: string, parent: number | null = Deno.pid): readonly string[] {
    return [
      ...this.#launcher,
      "nsenter",
      `--target=${this.pid}`,
      ...(this.mode === "user" ? ["--user", "--preserve-credentials"] : []),
      "--mount",
      ...(name === undefined ? ["--net", "--"] : ["--", "nsenter", `--net=/run/netns/${name}`, "--"]),
      // Last, because entering a namespace clears it.
      "setpriv",
      "--pdeathsig=KILL",
      "--",
      ...(parent === null ? [] : ["sh", "-c", ONLY_CHILD_OF, String(parent)]),
    ];
  }

  /** Runs a command inside to its end; see {@linkcode run}. */
  run(name: string | undefined, argv: readonly string[], options?: ProcessOptions): Promise<ProcessResult> {
    return run([...this.prefix(name), ...argv], options);
  }

  /** Runs a command inside that has to succeed, for its standard output; see {@linkcode output}. */
  output(name: string | undefined, argv: readonly string[], options?: ProcessOptions): Promise<string> {
    return output([...this.prefix(name), ...argv], options);
  }

  /** Starts a command inside; it ends at the latest with the namespaces. See {@linkcode start}. */
  spawn(name: string | undefined, argv: readonly string[], options?: ProcessOptions): RunningProcess {
    const child = start([...this.prefix(name), ...argv], options);
    this.#running.add(child);
    child.finished.finally(() => this.#running.delete(child));
    return child;
  }

  /** Kills what runs inside and removes the namespaces. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#running].map((child) => child[Symbol.asyncDispose]()));
    await this.#holder.stdin.close();
    await this.#holder.status;
    await this.#complaints;
  }
}

/**
 * Makes a private mount and network namespace, with an empty `/run`, and runs a script in it.
 *
 * @param script The lines of a shell script; the first that fails ends it.
 * @param options How to make the namespaces.
 * @returns The namespaces; dispose of them.
 * @throws {MptError} `ERR_NOT_SUPPORTED` if namespaces cannot be made here, `ERR_PROGRAM` with the output of
 *   the script if it failed.
 */
export async function hold(script: readonly string[], options: HoldOptions = {}): Promise<Namespaces> {
  const { launcher = [], keep = [] } = options;
  const support = namespaceSupport(launcher);
  if (support.mode === null) {
    throw new MptError("ERR_NOT_SUPPORTED", `Cannot make a private network: ${support.reason}`, {
      fix: namespaceFix(support.reason),
    });
  }
  const lines = ["set -e", ...privateRun(keep), ...script, "echo ready", "exec cat"];
  const [program = "", ...args] = [...launcher, ...UNSHARE[support.mode], "sh", "-c", lines.join("\n")];
  const holder = new Deno.Command(program, {
    args,
    env: { PATH: programPath() },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(holder.stderr).text();
  if (await firstLine(holder.stdout) !== "ready") {
    await holder.stdin.close().catch(() => {});
    await holder.status;
    throw new MptError("ERR_PROGRAM", `Cannot make a private network: ${(await stderr).trim()}`);
  }
  return new Namespaces(holder, stderr, support.mode, launcher);
}

/** An empty `/run` with the folders to keep in it: made aside, because the new one hides the old. */
function privateRun(keep: readonly string[]): readonly string[] {
  if (keep.length === 0) return ["mount -t tmpfs tmpfs /run"];
  return [
    "mount -t tmpfs tmpfs /mnt",
    ...keep.flatMap((folder) => {
      const there = shellQuote(`/mnt${folder.slice("/run".length)}`);
      return [`mkdir -p ${there}`, `mount --no-mtab --bind ${shellQuote(folder)} ${there}`];
    }),
    // mount(8) would write down the move in a file under the old /run.
    "mount --no-mtab --move /mnt /run",
  ];
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return text.split("\n", 1)[0] ?? "";
}

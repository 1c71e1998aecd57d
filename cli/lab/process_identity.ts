import { run } from "../../lib/io/process.ts";

/** A process that cannot be taken for another one: process ids come round again, with another start. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in ticks since the machine did: field 22 of /proc/PID/stat. */
  readonly start: number;
}

/**
 * Reads /proc/PID/stat (proc_pid_stat(5)).
 *
 * @returns Null when the text is something else, or the process is over and only waits for its parent.
 */
export function parseStat(text: string): ProcessIdentity | null {
  // The second field is the name in brackets, in which anything can stand, blanks and brackets too.
  const end = text.lastIndexOf(")");
  const pid = Number(/^(\d{1,10}) \(/.exec(text)?.[1] ?? NaN);
  const [state = "", ...rest] = text.slice(end + 2).trimEnd().split(" ");
  const start = Number(rest[18] ?? NaN);
  if (end < 0 || !Number.isSafeInteger(pid) || !Number.isSafeInteger(start)) return null;
  return /^[ZX]$/.test(state) ? null : { pid, start };
}

/** The process of this id, or null when there is none that runs. */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  // Deno lets nobody but a program with all permissions read /proc.
  const { stdout } = await run(["cat", `/proc/${pid}/stat`]);
  return parseStat(stdout);
}

/** Whether the very same process still runs. */
export async function isRunning({ pid, start }: ProcessIdentity): Promise<boolean> {
  return (await identify(pid))?.start === start;
}

/** Kills a process, if it is still the same one. */
export async function killSame(identity: ProcessIdentity, signal: Deno.Signal): Promise<void> {
  if (!(await isRunning(identity))) return;
  try {
    Deno.kill(identity.pid, signal);
  } catch {
    // It ended a moment ago.
  }
}

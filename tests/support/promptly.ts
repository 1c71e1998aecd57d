/** Real-time priority, where this user may give it and util-linux is there. */
function realTime(): readonly string[] {
  const argv = ["chrt", "--rr", "10"];
  try {
    const [program = "", ...args] = [...argv, "true"];
    const { success } = new Deno.Command(program, { args, stdin: "null", stderr: "null" }).outputSync();
    return success ? argv : [];
  } catch {
    return [];
  }
}

/**
 * Arguments in front of a program that let it run as soon as it has something to do, whatever else the machine
 * does: for tests that measure when it does it. Empty where that is not allowed.
 */
export const PROMPTLY: readonly string[] = realTime();

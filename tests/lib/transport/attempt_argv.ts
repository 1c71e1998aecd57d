/** The command that runs attempt.ts with these permissions of Deno. */
export function attemptArgv(permissions: readonly string[], args: readonly string[]): readonly string[] {
  const script = new URL("./attempt.ts", import.meta.url).pathname;
  return [Deno.execPath(), "run", "--quiet", "--no-prompt", ...permissions, script, ...args];
}

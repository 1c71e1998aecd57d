/** The permissions that mpt can use. */
const PERMISSIONS: readonly Deno.PermissionName[] = ["net", "ffi", "env", "sys", "read", "write", "run"];

/**
 * The command that runs this very program again, with the permissions that it has.
 *
 * @param args The arguments after `mpt`.
 */
export function selfArgv(args: readonly string[]): readonly string[] {
  if (Deno.build.standalone) return [Deno.execPath(), ...args];
  const flags = PERMISSIONS.filter((name) => Deno.permissions.querySync({ name }).state === "granted");
  return [
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    // Reads late what is loaded late, which it must be allowed to
    ...(flags.includes("read") ? ["--unstable-lazy-dynamic-imports"] : []),
    ...flags.map((name) => `--allow-${name}`),
    import.meta.resolve("../main.ts"),
    ...args,
  ];
}

/** A text that a shell takes for one word. */
export function shellQuote(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

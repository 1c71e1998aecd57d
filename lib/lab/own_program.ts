/**
 * The command that runs a module of this package as a program of its own, also inside a namespace from
 * which nothing can be downloaded: the module must be imported by the caller, so that it is at hand.
 *
 * @param url Its `import.meta.url`.
 * @param permissions Flags of `deno run`.
 * @param args The arguments of the program.
 * @returns A program and its arguments.
 */
export function ownProgram(
  url: string,
  permissions: readonly string[],
  args: readonly string[] = [],
): readonly string[] {
  const flags = ["--quiet", "--no-prompt", "--no-check", "--no-config", "--no-lock", "--cached-only"];
  const { protocol, host } = new URL(url);
  // Deno wants to hear of every host but those of the known registries, also for what it has already.
  const source = protocol === "file:" ? [] : [`--allow-import=${host}`];
  return [Deno.execPath(), "run", ...flags, ...source, ...permissions, url, ...args];
}

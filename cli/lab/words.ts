/** The arguments of a command in front of and behind `--`. */
export interface Words {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/**
 * Parts the arguments of a command at `--`, which the parser of options takes away.
 *
 * @param given What the parser left, in its order.
 * @param args All arguments of the program.
 */
export function words(given: readonly (string | undefined)[], args: readonly string[] = Deno.args): Words {
  const left = given.filter((word) => word !== undefined);
  const at = args.indexOf("--");
  // Without it, `mpt lab exec client ip link` means what it says.
  const count = at < 0 ? Math.max(0, left.length - 1) : args.length - at - 1;
  return { before: left.slice(0, left.length - count), after: left.slice(left.length - count) };
}

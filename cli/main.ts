#!/usr/bin/env -S deno run --quiet --allow-net --allow-ffi --allow-env --allow-sys --allow-read --allow-write
/**
 * The command line: `mpt probe`, `mpt race`, `mpt serve`, `mpt bench`, `mpt doctor`, `mpt lab`.
 *
 * @module
 */
const [first] = Deno.args;

// The version needs no argument parser: answering here halves the time.
if (Deno.args.length === 1 && (first === "--version" || first === "-V")) {
  const { TOOL } = await import("../lib/base/tool.ts");
  Deno.stdout.writeSync(new TextEncoder().encode(`${TOOL.name} ${TOOL.version}\n`));
} else {
  const { main } = await import("./program.ts");
  await main(Deno.args);
}

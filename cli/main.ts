#!/usr/bin/env -S deno run --quiet --unstable-lazy-dynamic-imports --allow-net --allow-ffi --allow-env --allow-sys --allow-read --allow-write
/**
 * The command line: `mpt probe`, `mpt race`, `mpt serve`, `mpt bench`, `mpt doctor`, `mpt lab`.
 *
 * @module
 */
import { TOOL } from "../lib/base/tool.ts";

const [first] = Deno.args;

// The version needs no argument parser: answering here halves the time.
if (Deno.args.length === 1 && (first === "--version" || first === "-V")) {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(`${TOOL.name} ${TOOL.version}\n`));
  } catch (error) {
    const { notPrinted } = await import("./output.ts");
    notPrinted(error);
  }
} else {
  const { main } = await program();
  await main(Deno.args);
}

/** What is loaded late Deno reads late, if told so by the flag; for that it wants to be allowed to read files. */
async function program(): Promise<typeof import("./program.ts")> {
  try {
    return await import("./program.ts");
  } catch (error) {
    if (Deno.permissions.querySync({ name: "read" }).state === "granted") throw error;
    const text =
      "mpt: Cannot load itself with --unstable-lazy-dynamic-imports: Deno was not given --allow-read\n" +
      "     try: run mpt with --allow-read, or without --unstable-lazy-dynamic-imports\n";
    Deno.stderr.writeSync(new TextEncoder().encode(text));
    Deno.exit(3);
  }
}

import { exitCodeOf } from "../exit_codes.ts";
import { MptError, toMptError } from "../../lib/base/errors.ts";
import { encodeHello } from "./hello.ts";
import { LineChannel } from "./lines.ts";
import { ownLab } from "./owner.ts";
import { decodeSpec, MAX_SPEC_BYTES } from "./owner_spec.ts";
import { encodeError } from "./protocol.ts";
import { openStateFolder } from "./state_folder.ts";

/**
 * The process behind a lab. Its input is one line, the specification; with a lifeline the lab lives as long as
 * the input stays open. Its output is one line: `{"ready": ...}` or `{"error": ...}`.
 *
 * @returns Its exit code.
 */
export async function ownerMain(): Promise<number> {
  const stop = new AbortController();
  const end = (): void => stop.abort(new MptError("ERR_ABORTED", "Cannot go on: interrupted"));
  // SIGHUP too: the terminal that the lab was made in may close.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) Deno.addSignalListener(signal, end);
  using lines = new LineChannel(stdio(), MAX_SPEC_BYTES);
  let told = false;
  try {
    const line = await lines.read();
    const spec = decodeSpec(line ?? "{}");
    if (spec.lifeline) void untilEnd(lines).then(end);
    await ownLab(spec, await openStateFolder(), async (hello) => {
      told = true;
      await lines.write(JSON.stringify({ ready: encodeHello(hello) }));
    }, stop);
    return 0;
  } catch (error) {
    if (!told) await lines.write(JSON.stringify({ error: encodeError(error) })).catch(() => {});
    return exitCodeOf(toMptError(error, "Cannot own a lab").code);
  }
}

async function untilEnd(lines: LineChannel): Promise<void> {
  while (await lines.read().catch(() => null) !== null);
}

function stdio(): {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
} {
  return {
    read: (buffer) => Deno.stdin.read(buffer),
    write: (bytes) => Deno.stdout.write(bytes),
    close: () => Deno.stdin.close(),
  };
}

import type { Namespaces } from "./namespaces.ts";
import { ownProgram } from "./own_program.ts";
import { RTT_PERMISSIONS, RTT_PROGRAM } from "./rtt_program.ts";

/** How much longer than its delays an answer may take, in milliseconds: queues, and a SYN that is lost once. */
const PATIENCE_MS = 2000;

/** How long the program may take to start, in milliseconds. */
const START_MS = 20_000;

/**
 * Measures the round-trip time from the client of a lab to addresses of the server.
 *
 * @param namespaces The lab.
 * @param addresses The addresses.
 * @param leastMs What the longest of the round-trip times takes at least.
 * @returns Milliseconds in the same order; null where no answer came, or where Deno may not run inside.
 */
export async function measureRtts(
  namespaces: Namespaces,
  addresses: readonly string[],
  leastMs: number,
): Promise<readonly (number | null)[]> {
  if (addresses.length === 0) return [];
  const timeoutMs = Math.ceil(leastMs) + PATIENCE_MS;
  const argv = ownProgram(RTT_PROGRAM, RTT_PERMISSIONS, [String(timeoutMs), ...addresses]);
  const { code, stdout } = await namespaces.run("client", argv, { deadlineMs: timeoutMs + START_MS });
  const times: unknown = code === 0 ? JSON.parse(stdout) : [];
  return addresses.map((_, index) => {
    const time: unknown = Array.isArray(times) ? times[index] : null;
    return typeof time === "number" ? time : null;
  });
}

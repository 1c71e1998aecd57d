import type { Namespaces } from "./namespaces.ts";
import { ownProgram } from "./own_program.ts";
import { RTT_PERMISSIONS, RTT_PROGRAM } from "./rtt_program.ts";

/**
 * Measures the round-trip time from the client of a lab to addresses of the server.
 *
 * @param namespaces The lab.
 * @param addresses The addresses.
 * @returns Milliseconds in the same order; null where no answer came, or where Deno may not run inside.
 */
export async function measureRtts(
  namespaces: Namespaces,
  addresses: readonly string[],
): Promise<readonly (number | null)[]> {
  if (addresses.length === 0) return [];
  const argv = ownProgram(RTT_PROGRAM, RTT_PERMISSIONS, addresses);
  const { code, stdout } = await namespaces.run("client", argv);
  const times: unknown = code === 0 ? JSON.parse(stdout) : [];
  return addresses.map((_, index) => {
    const time: unknown = Array.isArray(times) ? times[index] : null;
    return typeof time === "number" ? time : null;
  });
}

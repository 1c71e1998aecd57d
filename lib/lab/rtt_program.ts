/**
 * Measures round-trip times as a program of its own: its arguments are how many milliseconds it may take, and
 * addresses. It runs on a host of a lab. A port where nobody listens answers a SYN at once with a reset, so nothing has to run there.
 * Prints a list in JSON: milliseconds, or null where no answer came.
 */
export const RTT_PROGRAM: string = import.meta.url;

/** The permissions of Deno that the program needs. */
export const RTT_PERMISSIONS: readonly string[] = ["--allow-net"];

/** RFC 6335: reserved for a service that nobody runs. */
const PORT = 1;
/** The shortest of so many counts: what makes the others longer is the machine. */
const TRIES = 3;
async function main(): Promise<void> {
  const [timeout, ...addresses] = Deno.args;
  const timeoutMs = Number(timeout);
  const times = await Promise.all(addresses.map((address) => shortest(address, timeoutMs)));
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(times)}\n`));
}

async function shortest(hostname: string, timeoutMs: number): Promise<number | null> {
  const signal = AbortSignal.timeout(timeoutMs);
  const end = performance.now() + timeoutMs;
  let best: number | null = null;
  // Not one more that could not come back in time.
  for (let at = 0; at < TRIES && performance.now() + (best ?? 0) < end; at++) {
    const ms = await once(hostname, signal);
    if (ms !== null && (best === null || ms < best)) best = ms;
  }
  return best;
}

async function once(hostname: string, signal: AbortSignal): Promise<number | null> {
  const start = performance.now();
  try {
    (await Deno.connect({ hostname, port: PORT, signal })).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionRefused)) return null;
  }
  return performance.now() - start;
}

if (import.meta.main) await main();

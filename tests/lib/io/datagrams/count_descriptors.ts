// deno-lint-ignore-file no-console
/** Runs the compliance suite of each backend and prints how many descriptors each left open. */
import { datagramCases } from "./compliance.ts";
import type { BackendUnderTest } from "./support.ts";

const BACKENDS: readonly BackendUnderTest[] = [
  { backend: "ffi", peer: "ffi", needs: [] },
  { backend: "deno", peer: "deno", needs: [] },
  { backend: "node", peer: "node", needs: [] },
];

async function runAll(under: BackendUnderTest): Promise<void> {
  for (const { run } of datagramCases(under)) await run();
}

/** Descriptors that Deno closes on another thread are gone a moment later: the lowest count is the true one. */
async function openDescriptors(): Promise<number> {
  let lowest = Infinity;
  for (let look = 0; look < 20; look++) {
    const open = await Array.fromAsync(Deno.readDir("/proc/self/fd"));
    lowest = Math.min(lowest, open.length);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return lowest;
}

// What is opened once and for good, such as the descriptor that wakes the poller, is open after this.
for (const under of BACKENDS) await runAll(under);

const left: Record<string, number> = {};
for (const under of BACKENDS) {
  const before = await openDescriptors();
  await runAll(under);
  left[under.backend] = await openDescriptors() - before;
}
console.log(JSON.stringify(left));

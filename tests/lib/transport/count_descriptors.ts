// deno-lint-ignore-file no-console
/** Runs the compliance suite of each transport and prints how many descriptors each left open. */
import { complianceCases, type TransportUnderTest } from "./compliance.ts";
import { DENO_TCP, MPQUIC, MPTCP, QUIC, TCP } from "./transports.ts";

const TRANSPORTS: Readonly<Record<string, TransportUnderTest>> = {
  "tcp": TCP,
  "mptcp": MPTCP,
  "tcp over Deno.connect": DENO_TCP,
  "quic": QUIC,
  "mpquic": MPQUIC,
};

async function runAll(transport: TransportUnderTest): Promise<void> {
  for (const { claim, run } of complianceCases(transport)) {
    // Bytes are counted elsewhere, and take time.
    if (!claim.includes("100000000 bytes")) await run();
  }
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
await runAll(TCP);

const left: Record<string, number> = {};
for (const [name, transport] of Object.entries(TRANSPORTS)) {
  const before = await openDescriptors();
  await runAll(transport);
  left[name] = await openDescriptors() - before;
}
console.log(JSON.stringify(left));

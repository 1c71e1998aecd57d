// deno-lint-ignore-file no-console
/** Races in several ways and prints how many descriptors each way left open. */
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { race, type RaceOptions } from "../../../lib/race/mod.ts";
import { type Connection, listen } from "../../../lib/transport/mod.ts";

const aborted = new AbortController();
aborted.abort();

const WAYS: Readonly<Record<string, RaceOptions>> = {
  "winner": {},
  "losers": { exhaustive: true, transports: ["tcp", "mptcp", "quic"], quic: { insecure: true } },
  "one at a time": { maxParallel: 1 },
  "aborted": { signal: aborted.signal },
  "deadline": { timeoutMs: 1 },
  "silent resolver": { resolver: [Endpoint.parse("127.0.0.1:9")], timeoutMs: 100 },
};

await using tcp = listen("mptcp", Ip.parse("127.0.0.1"), 0);
const port = tcp.local.port!;
await using quic = listen("quic", Ip.parse("127.0.0.1"), port);

/** What comes in is closed at once: else the other end would be counted. */
async function closeAll(listener: AsyncIterable<Connection>): Promise<void> {
  for await (const connection of listener) await connection.close();
}

const serving = [closeAll(tcp), closeAll(quic)];

async function once(options: RaceOptions): Promise<void> {
  const target = options.resolver === undefined ? "localhost" : "www.example.com";
  for (let round = 0; round < 5; round++) {
    await using _outcome = await race(`${target}:${port}`, { families: "both", timeoutMs: 5000, ...options });
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

// What is opened once and for good, such as the descriptor that wakes the poller, is open after this
for (const options of Object.values(WAYS)) await once(options);

const left: Record<string, number> = {};
for (const [name, options] of Object.entries(WAYS)) {
  const before = await openDescriptors();
  await once(options);
  left[name] = await openDescriptors() - before;
}
await Promise.all([tcp.close(), quic.close()]);
await Promise.all(serving);
console.log(JSON.stringify(left));

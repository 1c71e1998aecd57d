// deno-lint-ignore-file no-console
/**
 * Connects to the URL in its first argument by Happy Eyeballs of mpt, asks for it, and prints how many
 * milliseconds it took from the call to the first byte of the answer. The second argument says how often it does
 * so; the last time counts.
 *
 * @module
 */
import { race } from "../lib/race/mod.ts";

/** Where the program is. */
export const RACE_CLIENT: string = import.meta.url;

async function main(url: URL, times: number): Promise<void> {
  let tookMs = 0;
  for (let time = 0; time < times; time++) tookMs = await firstByteMs(url);
  console.log(tookMs);
}

async function firstByteMs(url: URL): Promise<number> {
  const start = performance.now();
  await using outcome = await race(url.hostname, { port: Number(url.port || "80") });
  const { connection, end_reason } = outcome;
  if (connection === null) throw new Error(`Cannot connect to ${url.host}: ${end_reason}`);
  const stream = await connection.openStream();
  await stream.write(new TextEncoder().encode(`GET / HTTP/1.1\r\nHost: ${url.hostname}\r\n\r\n`));
  await stream.read();
  return performance.now() - start;
}

if (import.meta.main) await main(new URL(Deno.args[0] ?? ""), Number(Deno.args[1] ?? "1"));

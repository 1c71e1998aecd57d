import * as fc from "fast-check";
import { play } from "./play.ts";
import { describe, multipathScripts } from "./script.ts";
const all = fc.sample(multipathScripts, { numRuns: 500, seed: Number(Deno.args[0]) });
for (let i = Number(Deno.args[1] ?? 0); i < 500; i++) {
  const t = performance.now();
  Deno.writeTextFileSync("/tmp/e_at.txt", `${i}\n${describe(all[i]!)}\n${JSON.stringify(all[i], (_k, v) => v === Infinity ? "INF" : v)}`);
  try { play(all[i]!); } catch (e) { console.log(i, String(e).slice(0, 300)); }
  if (performance.now() - t > 3000) console.log(i, "took", performance.now() - t);
}
console.log("done");

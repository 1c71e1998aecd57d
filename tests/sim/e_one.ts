import { play } from "./play.ts";
const line = Deno.readTextFileSync("/tmp/e_at.txt").split("\n").at(-1)!;
play(JSON.parse(line, (_k, v) => v === "INF" ? Infinity : v));

import assert from "node:assert/strict";
import { nearMatches } from "../../cli/near_matches.ts";
import { CODES } from "../../cli/codes.ts";
import { mpt } from "../support/command.ts";
import { jsonOf } from "./answers.ts";

Deno.test("mpt explain prints what a code means", async () => {
  const { code, stdout, stderr } = await mpt([
    "explain",
    "--color",
    "never",
    "join-stalled-by-accept-filter",
  ]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(
    stdout,
    /^! join-stalled-by-accept-filter: The server's accept filter holds back a further path/,
  );
  for (const part of ["you see", "why", "evidence", "fix"]) {
    assert.match(stdout, new RegExp(`^${part} `, "m"));
  }
  assert.match(stdout, /AcceptFilter http none/);
  assert(stdout.split("\n").slice(1).every((line) => line.length <= 100), stdout);
});

Deno.test("mpt explain keeps to a narrow terminal", async () => {
  const { stdout } = await mpt(["explain", "--color", "never", "nat"], { env: { COLUMNS: "50" } });
  assert(stdout.split("\n").slice(1).every((line) => line.length <= 50), stdout);
});

Deno.test("mpt explain alone lists every code", async () => {
  const { code, stdout } = await mpt(["explain"]);
  assert.equal(code, 0);
  for (const each of CODES) {
    assert.match(stdout, new RegExp(`^  ${each} +[A-Z]`, "m"));
  }
  assert(!stdout.includes("{"), stdout);
});

Deno.test("mpt explain --json has the entries", async () => {
  const { schema, entries } = jsonOf(await mpt(["explain", "--json", "nat"]));
  assert.equal(schema, "mpt.explain/1");
  assert(Array.isArray(entries) && entries.length === 1);
  assert.deepEqual(Object.keys(entries[0]), ["code", "level", "sentence", "seen", "why", "evidence", "fix"]);
});

Deno.test("mpt explain asks about a code that does not exist, and ends with 2", async () => {
  for (
    const [word, answer] of [
      ["option-striped-syn", /did you mean option-stripped-syn/],
      ["accept-filter", /did you mean join-stalled-by-accept-filter\?/],
      ["zzzzzzzz", /`mpt explain` lists all/],
      ["", /lists all/],
      ["__proto__", /There is no code/],
    ] as const
  ) {
    const { code, stdout, stderr } = await mpt(["explain", word]);
    assert.deepEqual([code, stdout], [2, ""], word);
    assert.match(stderr, answer);
  }
});

Deno.test("codes are completed", async () => {
  const { stdout } = await mpt(["complete", "--", "explain", "option-"]);
  assert.match(stdout, /^option-stripped-synack/m);
});

Deno.test("nearMatches() gives the closest first and nothing that is far off", () => {
  assert.deepEqual(nearMatches("na", ["tcp-proxy", "nats", "nat"], 1), ["nat"]);
  assert.deepEqual(nearMatches("proxy", ["tcp-proxy", "nat"]), ["tcp-proxy"]);
  assert.deepEqual(nearMatches("qqqqqqqq", ["nat", "tcp-proxy"]), []);
});

Deno.test("no two commands mean different things by the same code", () => {
  assert.equal(new Set(CODES).size, CODES.length);
});

Deno.test("mpt explain knows every code that mpt doctor prints", async () => {
  const { verdicts, checks } = jsonOf(await mpt(["doctor", "--sockopts", "--json"]));
  assert(Array.isArray(verdicts) && Array.isArray(checks) && checks.length > 20);
  for (const { code } of [...verdicts, ...checks]) assert(CODES.includes(code), code);
});

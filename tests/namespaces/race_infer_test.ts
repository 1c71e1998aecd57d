// Measures: delays of other people's clients within 15 ms.
import assert from "node:assert/strict";
import { inferClient } from "../../lib/race/infer/infer.ts";
import type { InferFindings } from "../../lib/race/infer/result.ts";
import { mptArgv, run } from "../support/command.ts";
import { PROMPTLY } from "../support/promptly.ts";
import { requires } from "../support/requires.ts";

/** What is measured has to be within so many milliseconds of what is published. */
const TOLERANCE_MS = 15;

/** Long enough for eight attempts, and for the kernel to send the first one again. */
const WATCH_MS = 2600;

/** A client whose process had to wait for the processor is watched again. */
const TRIES = 3;

/** Watches a client until its delay is the one that is published, at most three times. */
async function watch(command: readonly string[], delayMs: number): Promise<InferFindings> {
  for (let attempt = 1;; attempt++) {
    const { findings, warnings } = await inferClient([...PROMPTLY, ...command], { watchMs: WATCH_MS });
    const seen = findings.attempt_delay_ms?.p50 ?? assert.fail(`no second attempt: ${warnings}`);
    if (Math.abs(seen - delayMs) <= TOLERANCE_MS) return findings;
    assert.ok(attempt < TRIES, `${command[0]}: ${seen} ms instead of ${delayMs}`);
  }
}

/** What the clients have in common: they ask getaddrinfo(3). */
function assertWaitsForAll(findings: InferFindings): void {
  assert.equal(findings.resolution_delay_ms, null);
  assert.equal(findings.waits_for_a, true);
  assert.equal(findings.asks_https, false);
  assert.equal(findings.first_family, 6);
  assert.ok((findings.after_failure_ms ?? Infinity) < 100);
}

Deno.test({
  name: "inferClient() sees what curl does: 200 ms, one address of each family",
  ...requires("namespaces", "ffi", "tool:nft", "tool:curl"),
  async fn() {
    const findings = await watch(["curl", "-s", "http://test.example/"], 200);
    assertWaitsForAll(findings);
    assert.equal(findings.family_pattern, "one-of-each");
    assert.equal(findings.keeps_earlier, true);
  },
});

Deno.test({
  name: "inferClient() sees what Deno.connect() does: 250 ms, all addresses, families in turns",
  ...requires("namespaces", "ffi", "tool:nft"),
  async fn() {
    const script = `(await Deno.connect({ hostname: "test.example", port: 80 })).close()`;
    const findings = await watch([Deno.execPath(), "eval", script], 250);
    assertWaitsForAll(findings);
    assert.equal(findings.family_pattern, "alternating");
    assert.equal(findings.address_order, "as-answered");
    assert.equal(findings.attempt_gaps_ms.length, 7);
    assert.equal(findings.keeps_earlier, true);
  },
});

Deno.test({
  name: "inferClient() sees what Node.js does: 250 ms, families in turns, one attempt at a time",
  ...requires("namespaces", "ffi", "tool:nft", "tool:node"),
  async fn() {
    const script =
      `const c = require("net").connect(80, "test.example", () => c.destroy()); c.on("error", () => {})`;
    const findings = await watch(["node", "-e", script], 250);
    assertWaitsForAll(findings);
    assert.equal(findings.family_pattern, "alternating");
    assert.equal(findings.address_order, "as-answered");
    assert.equal(findings.keeps_earlier, false);
  },
});

Deno.test({
  name: "inferClient() keeps what it saw when it is stopped, and leaves nothing behind",
  ...requires("namespaces", "ffi", "tool:nft", "tool:curl"),
  async fn() {
    const controller = new AbortController();
    const result = await inferClient(["curl", "-s", "http://test.example/"], {
      signal: controller.signal,
    }, () => controller.abort());
    assert.equal(result.end.reason, "interrupted");
    assert.equal(result.runs.length, 1);
    assert.equal(result.runs[0]?.attempts.length, 2);
  },
});

Deno.test({
  name: "inferClient() says that a program made no attempt",
  ...requires("namespaces", "ffi", "tool:nft"),
  async fn() {
    const { findings, warnings, verdicts } = await inferClient(["true"], { rounds: 1 });
    assert.equal(findings.first_family, "unknown");
    assert.match(warnings[0] ?? "", /made no attempt in 5 of 5 runs/);
    assert.ok(verdicts.every(({ level }) => level === "unknown"));
  },
});

Deno.test("inferClient() refuses an empty command", async () => {
  await assert.rejects(inferClient([]), { code: "ERR_INVALID_VALUE" });
  await assert.rejects(inferClient(["true"], { rounds: 0 }), { code: "ERR_INVALID_VALUE" });
});

Deno.test({
  name: "mpt race --infer runs a program where its caller is, and tells what it does",
  ...requires("namespaces", "ffi", "tool:nft", "tool:curl"),
  async fn() {
    const permissions = ["--allow-all", "--unstable-net"];
    const folder = await Deno.makeTempDir();
    // The path is relative: it only leads somewhere from here
    const watch = (...options: readonly string[]) =>
      run(
        mptArgv(["race", "--infer", "--rounds", "1", ...options, "--", "sh", "./client.sh"], { permissions }),
        { cwd: folder },
      );
    try {
      await Deno.writeTextFile(`${folder}/client.sh`, "exec curl -s http://test.example/\n");
      const json = await watch("--json");
      assert.equal(json.code, 0, json.stderr);
      const { schema, command, findings, verdicts } = JSON.parse(json.stdout);
      assert.equal(schema, "mpt.race-infer/1");
      assert.deepEqual(command, ["sh", "./client.sh"]);
      assert.equal(findings.first_family, 6);
      assert.ok(verdicts.some(({ code }: { code: string }) => code === "attempt-delay"));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

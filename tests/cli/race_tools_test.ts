import assert from "node:assert/strict";
import { Ip } from "../../lib/base/ip.ts";
import type { RaceResult } from "../../lib/race/mod.ts";
import type { ProfileRun } from "../../lib/race/compare.ts";
import { FakeServer } from "../lib/dns/fake_server.ts";
import { mpt, startMpt } from "../support/command.ts";

const PERMISSIONS = ["--allow-all", "--unstable-net"];

/** A folder that is gone afterwards, and a port where somebody listens. */
async function withServer(work: (folder: string, port: number) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    await work(folder, server.addr.port);
  } finally {
    server.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("mpt race saves a picture and the events of each round", async () => {
  await withServer(async (folder, port) => {
    const files = ["--svg", `${folder}/race.svg`, "--qlog", `${folder}/logs`];
    const { code, stderr } = await mpt(["race", "--json", "--rounds", "2", ...files, `127.0.0.1:${port}`], {
      permissions: PERMISSIONS,
    });
    assert.equal(code, 0, stderr);
    assert.match(
      await Deno.readTextFile(`${folder}/race.svg`),
      /^<svg [^]*1 tcp {3}127\.0\.0\.1[^]*<\/svg>\n$/,
    );
    const logs: string[] = [];
    for await (const { name } of Deno.readDir(`${folder}/logs`)) logs.push(name);
    logs.sort();
    assert.deepEqual(logs, ["race_127.0.0.1_1.sqlog", "race_127.0.0.1_2.sqlog"]);
    assert.match(await Deno.readTextFile(`${folder}/logs/${logs[1]}`), /"hev3:connection_selected"/);
  });
});

Deno.test("mpt race follows a policy file, and the options beside it", async () => {
  await withServer(async (folder, port) => {
    await Deno.writeTextFile(
      `${folder}/policy.toml`,
      "attemptDelayMs = 123\nmaxParallel = 2\ntransports = ['tcp']\n",
    );
    const { code, stdout, stderr } = await mpt(
      ["race", "--json", "--policy", `${folder}/policy.toml`, `127.0.0.1:${port}`],
      { permissions: PERMISSIONS },
    );
    assert.equal(code, 0, stderr);
    const { constants, options }: RaceResult = JSON.parse(stdout);
    assert.equal(constants["attempt_delay_ms"]?.value, 123);
    assert.equal(options["max_parallel"], 2);
  });
});

Deno.test("mpt race refuses a bad policy with its line or its key, as wrong usage", async () => {
  await withServer(async (folder, port) => {
    for (
      const [text, message] of [
        ["attemptDelayMs = 1\n", /policy\.toml: Cannot use 1 as attemptDelayMs: it is not from 10 to/],
        ["\nfamilies = [\n", /policy\.toml: line \d+, column \d+: /],
      ] as const
    ) {
      await Deno.writeTextFile(`${folder}/policy.toml`, text);
      const { code, stderr } = await mpt(["race", "--policy", `${folder}/policy.toml`, `127.0.0.1:${port}`], {
        permissions: PERMISSIONS,
      });
      assert.equal(code, 2);
      assert.match(stderr, message);
    }
  });
});

Deno.test("mpt race --profile races as other clients do and says so", async () => {
  await withServer(async (_folder, port) => {
    const asked = ["race", "--profile", "curl,go", `127.0.0.1:${port}`];
    const json = await mpt([...asked, "--json"], { permissions: PERMISSIONS });
    assert.equal(json.code, 0, json.stderr);
    const { profiles }: { profiles: readonly ProfileRun[] } = JSON.parse(json.stdout);
    assert.deepEqual(
      profiles.map((
        { profile, result },
      ) => [profile, result.algorithm, result.constants["attempt_delay_ms"]?.value]),
      [["curl", "hev2", 200], ["go", "hev2", 300]],
    );
    const text = await mpt(asked, { permissions: PERMISSIONS });
    assert.match(text.stdout, /^curl 7\.88 +200 ms .* IPv4 127\.0\.0\.1$/m);
    assert.equal((await mpt(["race", "--profile", "netscape", `127.0.0.1:${port}`])).code, 2);
  });
});

/** A DNS server that knows IPv4 addresses and never says whether there are others. */
function withoutAaaa(): FakeServer {
  return FakeServer.start(({ questions: [question] }) =>
    question?.type === "A"
      ? [{ answers: [{ type: "A", name: question.name, ttl: 60, address: Ip.parse("127.0.0.1") }] }]
      : []
  );
}

Deno.test("mpt race --profile that is interrupted or out of time says so, and claims no comparison", async () => {
  await using server = withoutAaaa();
  await withServer(async (_folder, port) => {
    // mpt waits for AAAA for 50 ms, curl waits for it however late it is
    const asked = ["race", "--ndjson", "--family", "both", "--resolver", server.endpoint.address];
    const profiles = ["--profile", "curl,go", `host.test:${port}`];
    await using run = startMpt([...asked, ...profiles], { permissions: PERMISSIONS });
    await run.line(/"profile":"curl"/);
    run.kill("SIGINT");
    const { code, stdout } = await run.finished;
    const { result } = JSON.parse(stdout.trim().split("\n").at(-1)!);
    assert.deepEqual([code, result.end.reason, result.winner], [130, "interrupted", 0]);
    assert.deepEqual(result.profiles.map(({ profile }: ProfileRun) => profile), ["curl"]);
    const late = await mpt([...asked, "--timeout", "1.5", ...profiles], { permissions: PERMISSIONS });
    assert.equal(late.code, 3);
  });
});

Deno.test("mpt race --infer refuses options that are about a race of its own", async () => {
  for (const given of [["--svg", "a.svg"], ["--require", "ipv6"], ["-t", "tcp"], ["--insecure"]]) {
    const { code, stderr } = await mpt(["race", "--infer", ...given, "--", "true"], {
      permissions: PERMISSIONS,
    });
    assert.equal(code, 2);
    assert.match(stderr, /^error: option '.*' cannot be used with option '--infer'\n/);
  }
});

Deno.test("mpt race --infer needs a command, and the right to run it", async () => {
  const none = await mpt(["race", "--infer"], { permissions: PERMISSIONS });
  assert.equal(none.code, 2);
  assert.match(none.stderr, /what should run is missing/);
  const { code, stdout, stderr } = await mpt(["race", "--infer", "--json", "--", "true"], {
    permissions: ["--allow-net", "--allow-ffi", "--allow-env", "--allow-sys", "--allow-read"],
  });
  assert.equal(code, 3);
  assert.match(stderr, /Cannot watch a program without --allow-run/);
  const { schema, end } = JSON.parse(stdout);
  assert.deepEqual([schema, end.error.code], ["mpt.race-infer/1", "ERR_PERMISSION"]);
});

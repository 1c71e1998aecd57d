import assert from "node:assert/strict";
import { MptError } from "../../lib/base/errors.ts";
import { readPolicy } from "../../cli/race_policy_file.ts";

async function policyOf(name: string, text: string): Promise<unknown> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    return await readPolicy(`${folder}/${name}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function refuses(name: string, text: string, reason: RegExp, data: object): Promise<void> {
  await assert.rejects(policyOf(name, text), (error: unknown) => {
    assert.ok(error instanceof MptError);
    assert.equal(error.code, "ERR_INVALID_VALUE");
    assert.match(error.message, reason);
    assert.deepEqual(error.data, data);
    return true;
  });
}

Deno.test("readPolicy() reads the same policy from TOML and JSON", async () => {
  const toml = `
# mobile data only when wlan does not answer
transports = ["mptcp", "tcp"]
attemptDelayMs = 100

[[interfaces]]
name = "wlan0"

[[interfaces]]
name = "wwan0"
delayMs = 1000
`;
  const expected = {
    transports: ["mptcp", "tcp"],
    interfaces: [{ name: "wlan0" }, { name: "wwan0", delayMs: 1000 }],
    attemptDelayMs: 100,
  };
  assert.deepEqual(await policyOf("policy.toml", toml), expected);
  assert.deepEqual(await policyOf("policy.json", JSON.stringify(expected)), expected);
});

Deno.test("readPolicy() names line and column of what is neither TOML nor JSON", async () => {
  await refuses("a.toml", "maxParallel = 2\nattemptDelayMs = =\n", /a\.toml: line 2, column 18: /, {
    line: 2,
    column: 18,
  });
  await refuses("a.json", '{\n  "maxParallel": x\n}', /a\.json: line 2, column 18: Unexpected token/, {
    line: 2,
    column: 18,
  });
  await refuses("c.json", "{ x }", /c\.json: line 1, column 3: /, { line: 1, column: 3 });
  await refuses("b.json", '{\n  "maxParallel": 2', /b\.json: line 2, column 19: /, { line: 2, column: 19 });
});

Deno.test("readPolicy() names the key that is wrong", async () => {
  await refuses("a.toml", "maxParalel = 2", /a\.toml: Cannot use maxParalel: no such setting/, {
    key: "maxParalel",
  });
});

Deno.test("readPolicy() refuses a file that is not there", async () => {
  await assert.rejects(readPolicy("/nonexistent/policy.toml"), /Cannot .*\/nonexistent\/policy\.toml/);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "smol-toml";
import { MptError } from "../../../lib/base/errors.ts";
import { IPV4_FIRST_POLICY } from "../../../lib/race/order/policy_table.ts";
import { parsePolicy } from "../../../lib/race/policy.ts";

function refuses(value: unknown, key: string | null, reason: RegExp): void {
  assert.throws(() => parsePolicy(value), (error: unknown) => {
    assert.ok(error instanceof MptError);
    assert.equal(error.code, "ERR_INVALID_VALUE");
    assert.match(error.message, reason);
    assert.equal(error.data["key"] ?? null, key);
    return true;
  });
}

Deno.test("parsePolicy() reads families, transports, interfaces, delays and the budget", () => {
  const policy = parsePolicy({
    algorithm: "hev3",
    families: ["ipv4", "ipv6"],
    transports: ["mptcp", "tcp"],
    transportOrder: "transport",
    interfaces: [{ name: "wlan0" }, { name: "wwan0", delayMs: 500 }],
    attemptDelayMs: 100,
    maxParallel: 3,
    timeoutMs: 5000,
  });
  assert.deepEqual(policy, {
    algorithm: "hev3",
    families: "auto",
    preferredFamily: 4,
    policy: IPV4_FIRST_POLICY,
    transports: ["mptcp", "tcp"],
    transportOrder: "transport",
    interfaces: [{ name: "wlan0" }, { name: "wwan0", delayMs: 500 }],
    attemptDelayMs: 100,
    maxParallel: 3,
    timeoutMs: 5000,
  });
  assert.deepEqual(parsePolicy({}), {});
  assert.equal(parsePolicy({ families: ["ipv6"] }).families, 6);
});

Deno.test("parsePolicy() names the key that is wrong", () => {
  refuses(null, "a policy", /it is not a table/);
  refuses({ atemptDelayMs: 1 }, "atemptDelayMs", /no such setting; there are algorithm, families/);
  refuses({ attemptDelayMs: 9 }, "attemptDelayMs", /it is not from 10 to/);
  refuses({ attemptDelayMs: "250" }, "attemptDelayMs", /it is not a number/);
  refuses({ preferredFamilyCount: 1.5 }, "preferredFamilyCount", /not a whole number/);
  refuses({ families: [] }, "families", /it is not a list of 1 to 2/);
  refuses({ families: ["ipv6", "ipv6"] }, "families", /a family is there twice/);
  refuses({ families: ["ipv5"] }, "families[0]", /it is not one of ipv6, ipv4/);
  refuses({ transports: ["tcp", "sctp"] }, "transports[1]", /it is not one of tcp, mptcp, quic, mpquic/);
  refuses({ transports: ["tcp", "tcp"] }, "transports", /a transport is there twice/);
  refuses({ interfaces: [{}] }, "interfaces[0].name", /it is not the name of an interface/);
  refuses({ interfaces: [{ name: "a" }, { name: "a" }] }, "interfaces[1].name", /it is there twice/);
  refuses({ interfaces: [{ name: "a", dealyMs: 1 }] }, "interfaces[0].dealyMs", /no such setting/);
  refuses({ maxParallel: 0 }, "maxParallel", /it is not from 1/);
  refuses({ serviceRecords: true }, "serviceRecords", /it is not one of auto, always, never/);
});

Deno.test("parsePolicy() refuses settings that do not go together", () => {
  refuses({ attemptDelayMs: 50, minAttemptDelayMs: 100 }, null, /below its minimum/);
  refuses({ lists: "by-family", interfaces: [{ name: "eth0" }] }, null, /interfaces need one list/);
});

Deno.test("parsePolicy() survives any JSON", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    try {
      parsePolicy(value);
    } catch (error) {
      assert.ok(error instanceof MptError && error.code === "ERR_INVALID_VALUE");
    }
  }));
});

Deno.test("the policy of docs/race.md is one", async () => {
  const page = await Deno.readTextFile(new URL("../../../docs/race.md", import.meta.url));
  const text = /```toml\n([^]*?)```/.exec(page)?.[1] ?? assert.fail("there is no policy on the page");
  const { transports, timeoutMs } = parsePolicy(parse(text));
  assert.deepEqual([transports, timeoutMs], [["mptcp", "tcp"], 30_000]);
});

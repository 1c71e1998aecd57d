import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../../lib/base/errors.ts";
import { checkChange, parseLab } from "../../../../lib/lab/plan/parse.ts";
import { PRESETS } from "../../../../lib/lab/plan/presets.ts";

/** What a value is refused with. */
function refusal(read: (value: unknown) => unknown, value: unknown): string {
  try {
    read(value);
  } catch (error) {
    assert(error instanceof MptError && error.code === "ERR_INVALID_VALUE");
    return error.message;
  }
  throw new Error(`Cannot see ${JSON.stringify(value)} refused: it was taken`);
}

Deno.test("parseLab() gives the same settings back", () => {
  for (const { options } of Object.values(PRESETS)) {
    assert.deepEqual(parseLab(JSON.parse(JSON.stringify(options))), options);
  }
});

Deno.test("parseLab() names the key of a wrong value", () => {
  const path = (value: unknown) => ({ paths: [{}, value] });
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [null, /^Cannot use null as a lab: it is not a table/],
    [[], /^Cannot use a list as a lab/],
    [{}, /^Cannot do without paths: a lab has 1 to 8 of them$/],
    [{ paths: 3 }, /as paths: it is not a list of 1 to 8 paths/],
    [{ paths: [] }, /^Cannot use 0 paths: a lab has 1 to 8 of them$/],
    [{ paths: Array.from({ length: 9 }, () => ({})) }, /^Cannot use 9 paths: a lab has 1 to 8 of them$/],
    [{ paths: [{}], ruoter: true }, /^Cannot use ruoter: no such setting; there are paths, router, mptcp/],
    [{ paths: [{}], router: "yes" }, /"yes" as router: it is not true or false/],
    [{ paths: [{}], mptcp: "mesh" }, /"mesh" as mptcp: it is not one of subflow, signal, fullmesh, none/],
    [{ paths: [{}], seed: 1.5 }, /1\.5 as seed: it is not a whole number/],
    [{ paths: [{}], seed: -1 }, /-1 as seed: it is not from 0 to 4294967295/],
    [{ paths: [{}], link: "tap" }, /"tap" as link/],
    [path(7), /7 as paths\[1\]: it is not a table/],
    [path({ dealyMs: 10 }), /^Cannot use paths\[1\]\.dealyMs: no such setting/],
    [path({ rateMbit: "20" }), /"20" as paths\[1\]\.rateMbit: it is not a number/],
    [path({ rateMbit: 0 }), /0 as paths\[1\]\.rateMbit: it is not from 0\.01 to 10000/],
    [path({ rateMbit: NaN }), /NaN as paths\[1\]\.rateMbit/],
    [path({ loss: 5 }), /5 as paths\[1\]\.loss: it is not from 0 to 1/],
    [path({ delayMs: Infinity }), /Infinity as paths\[1\]\.delayMs/],
    [path({ mtu: 100 }), /100 as paths\[1\]\.mtu: it is not from 576 to 9000/],
    [path({ up: 5 }), /5 as paths\[1\]\.up: it is not a table/],
    [path({ down: { jitterMs: -1 } }), /-1 as paths\[1\]\.down\.jitterMs/],
    [path({ down: { mtu: 1400 } }), /^Cannot use paths\[1\]\.down\.mtu: no such setting/],
    [path({ queueMs: 10, queuePackets: 10 }), /paths\[1\]\.queuePackets: queueMs is there too/],
    [path({ name: "" }), /paths\[1\]\.name: it is not a letter and up to 10 of/],
    [path({ name: "Path" }), /paths\[1\]\.name/],
    [path({ name: "a'; reboot #" }), /paths\[1\]\.name/],
    [path({ name: "abcdefghijkl" }), /paths\[1\]\.name/],
    [path({ name: "lo" }), /"lo" as paths\[1\]\.name: "lo" is the name of something else/],
    [path({ name: "path1" }), /paths\[1\]\.name: paths\[0\] has the same name/],
    [{ paths: [{ name: "path2" }, {}] }, /paths\[1\]\.name: paths\[0\] has the same name/],
    [path({ "\u001b[31m": 1 }), /paths\[1\]\."\\u001b\[31m": no such setting/],
    [JSON.parse(`{ "paths": [{ "__proto__": 1 }] }`), /paths\[0\]\.__proto__/],
  ];
  for (const [value, pattern] of cases) assert.match(refusal(parseLab, value), pattern);
});

Deno.test("checkChange() takes each part of a change and names what is wrong", () => {
  const change = {
    state: "down",
    blackhole: true,
    rateMbit: null,
    delayMs: 1,
    direction: "up",
    rebind: true,
  };
  assert.deepEqual(checkChange(change), change);
  assert.match(refusal(checkChange, { state: "dwon" }), /"dwon" as state: it is not one of up, down/);
  assert.match(refusal(checkChange, { rebind: false }), /rebind/);
  assert.match(refusal(checkChange, { mtu: 1400 }), /^Cannot use mtu: no such setting/);
  assert.match(refusal(checkChange, { loss: 1.01 }), /1\.01 as loss/);
});

Deno.test("parseLab() and checkChange() refuse anything else with an error that has a code", () => {
  fc.assert(fc.property(fc.anything(), fc.constantFrom(parseLab, checkChange), (value, read) => {
    try {
      read(value);
    } catch (error) {
      assert(error instanceof MptError && error.code === "ERR_INVALID_VALUE", String(error));
    }
  }));
});

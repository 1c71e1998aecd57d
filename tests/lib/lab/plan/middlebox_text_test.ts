import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../../lib/base/errors.ts";
import { checkMiddlebox, type Middlebox } from "../../../../lib/lab/plan/middlebox.ts";
import { formatMiddlebox, parseMiddlebox } from "../../../../lib/lab/plan/middlebox_text.ts";
import { anyMiddlebox } from "./middleboxes.ts";

function refusalOf(text: string): string {
  try {
    parseMiddlebox(text);
  } catch (error) {
    assert(error instanceof MptError && error.code === "ERR_INVALID_VALUE", String(error));
    return error.message.replace(/^Cannot use ".*" as a middlebox: /, "");
  }
  assert.fail(`${text} was read`);
}

Deno.test("parseMiddlebox() reads a kind and its keys in any order", () => {
  const cases: readonly (readonly [string, Middlebox])[] = [
    ["strip", { kind: "strip" }],
    ["strip,packets=syn,option=mp-join,path=path2,direction=up", {
      kind: "strip",
      option: "mp-join",
      packets: "syn",
      direction: "up",
      path: "path2",
    }],
    ["reject,how=icmp-admin-prohibited", { kind: "reject", how: "icmp-admin-prohibited" }],
    ["drop-udp,port=443", { kind: "drop-udp", port: 443 }],
    ["corrupt,probability=5%", { kind: "corrupt", probability: 0.05 }],
    ["proxy,port=80,path=lte", { kind: "proxy", port: 80, path: "lte" }],
  ];
  for (const [text, box] of cases) assert.deepEqual(parseMiddlebox(text), box);
});

Deno.test("parseMiddlebox() reads what formatMiddlebox() writes", () => {
  fc.assert(fc.property(anyMiddlebox(["path1", "lte", "a-012345678"]), (box) => {
    assert.deepEqual(parseMiddlebox(formatMiddlebox(box)), { ...box });
    checkMiddlebox(box, ["path1", "lte", "a-012345678"]);
  }));
});

Deno.test("parseMiddlebox() says what is wrong and what would be right", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["", /^"" is not the kind: it is one of strip, drop, reject, /],
    ["stripp", /^"stripp" is not the kind/],
    ["strip,", /^"" is not a key of strip: it is one of option, packets, direction, path$/],
    ["strip,how=reset", /^"how" is not a key of strip/],
    ["strip,option", /^option has no value: write option=\.\.\.$/],
    ["strip,option=", /^"" is not a value of option: it is one of any, mptcp, mp-capable/],
    ["strip,option=any", /^option any names no option/],
    ["strip,path=path1,path=path2", /^path is there twice$/],
    ["drop,path=Path 1", /^"Path 1" is no name of a path$/],
    ["nat,direction=up", /^"direction" is not a key of nat/],
    ["drop-udp,port=0", /^Cannot use "0" as the port of drop-udp: it is less than 1$/],
    ["proxy,port=http", /it is not a whole number/],
    ["corrupt,probability=0", /less than 0\.000001$/],
    ["corrupt,probability=2", /did you mean 2%\?$/],
    [`strip,path=${"x".repeat(500)}`, /^it is longer than 200 characters$/],
    ["constructor", /is not the kind/],
    ["strip,__proto__=1", /is not a key/],
  ];
  for (const [text, reason] of cases) assert.match(refusalOf(text), reason, text);
});

Deno.test("parseMiddlebox() refuses or reads any text, and what it reads comes back", () => {
  const word = fc.constantFrom(
    "strip",
    "corrupt",
    "option",
    "=",
    ",",
    "mptcp",
    "path",
    "port",
    "1",
    "5%",
    "x",
  );
  fc.assert(fc.property(fc.oneof(fc.string(), fc.array(word).map((words) => words.join(""))), (text) => {
    let box: Middlebox;
    try {
      box = parseMiddlebox(text);
    } catch (error) {
      assert(error instanceof MptError && error.code === "ERR_INVALID_VALUE", String(error));
      return;
    }
    assert.deepEqual(parseMiddlebox(formatMiddlebox(box)), box);
  }));
});

Deno.test("checkMiddlebox() refuses paths that are not there and values out of range", () => {
  const cases: readonly (readonly [Middlebox, RegExp])[] = [
    [{ kind: "nat", path: "path3" }, /there is no path "path3"; the lab has path1, path2$/],
    [{ kind: "strip", option: "any" }, /option any names no option/],
    [{ kind: "drop-udp", port: 65536 }, /port 65536 is not a number from 1 to 65535$/],
    [{ kind: "proxy", port: 1.5 }, /port 1\.5/],
    [{ kind: "corrupt", probability: 0 }, /probability 0 is not from/],
    [{ kind: "corrupt", probability: NaN }, /probability NaN is not from/],
  ];
  for (const [box, message] of cases) {
    assert.throws(() => checkMiddlebox(box, ["path1", "path2"]), { code: "ERR_INVALID_VALUE", message });
  }
});

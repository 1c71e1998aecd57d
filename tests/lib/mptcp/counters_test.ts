import assert from "node:assert/strict";
import fc from "fast-check";
import { counterDeltas, parseCounters, readCounters } from "../../../lib/mptcp/counters.ts";
import { output } from "../../support/command.ts";
import "../../support/open_libc.ts";
import { requires } from "../../support/requires.ts";

Deno.test("parseCounters() reads pairs of lines by name, negative values too", () => {
  const text = "Tcp: RtoMin MaxConn\nTcp: 200 -1\nMPTcpExt: MPCapableSYNTX Blackhole\nMPTcpExt: 7 0\n";
  assert.deepEqual(
    [...parseCounters(text)],
    [["TcpRtoMin", 200], ["TcpMaxConn", -1], ["MPTcpExtMPCapableSYNTX", 7], ["MPTcpExtBlackhole", 0]],
  );
});

for (
  const [claim, text, expected] of [
    ["an empty file", "", []],
    ["a line of names without values", "Tcp: A B\n", []],
    ["values of another prefix", "Tcp: A\nUdp: 1\nUdp: B\nUdp: 2\n", [["UdpB", 2]]],
    ["fewer values than names", "Tcp: A B\nTcp: 1\n", [["TcpA", 1]]],
    ["more values than names", "Tcp: A\nTcp: 1 2\n", [["TcpA", 1]]],
    ["values that are no numbers", "Tcp: A B C\nTcp: x 1 1e3\n", [["TcpB", 1]]],
    ["lines without a prefix", "A B\n1 2\nTcp: A\nTcp: 3", [["TcpA", 3]]],
    ["blanks between and after", "Tcp:  A   B \nTcp: 1  2 \n", [["TcpA", 1], ["TcpB", 2]]],
  ] as const
) {
  Deno.test(`parseCounters() makes the best of ${claim}`, () => {
    assert.deepEqual([...parseCounters(text)], expected);
  });
}

Deno.test("parseCounters() never throws, and every value is a whole number", () => {
  const lines = fc.array(fc.oneof(
    fc.constantFrom("Tcp: A B", "Tcp: 1 2", "Tcp:", ": 1", "Ext: A", "Ext: -9"),
    fc.string({ unit: "binary" }),
  ));
  fc.assert(fc.property(lines, (list) => {
    for (const value of parseCounters(list.join("\n")).values()) assert.ok(Number.isInteger(value));
  }));
});

Deno.test("counterDeltas() has the counters that changed, and counts new ones from 0", () => {
  const before = new Map([["same", 5], ["more", 1], ["gauge", 2], ["gone", 3]]);
  const after = new Map([["same", 5], ["more", 4], ["gauge", 0], ["new", 7], ["zero", 0]]);
  assert.deepEqual([...counterDeltas(before, after)], [["more", 3], ["gauge", -2], ["new", 7]]);
});

Deno.test({
  name: "readCounters() agrees with nstat by name and value",
  ...requires("mptcp", "tool:nstat"),
  fn: async () => {
    const before = readCounters();
    const shown = JSON.parse(await output(["nstat", "-asz", "--json"]))["kernel"];
    const after = readCounters();
    const names = Object.keys(shown).filter((name) => /^(MPTcpExt|TcpExt|Tcp[A-Z])/.test(name));
    assert.ok(names.includes("MPTcpExtMPCapableSYNTX") && names.includes("TcpExtTCPTimeouts"));
    for (const name of names) {
      // Gauges go down as well, and nstat leaves signs out
      if (/CurrEstab|MaxConn/.test(name)) continue;
      const [low, high] = [before.get(name), after.get(name)];
      assert.ok(low !== undefined && high !== undefined, name);
      assert.ok(low <= shown[name] && shown[name] <= high, `${name}: ${low} <= ${shown[name]} <= ${high}`);
    }
  },
});

import assert from "node:assert/strict";
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { duration, durationOrZero, integer, size } from "../../cli/common_options.ts";
import { pathChoice, transports } from "../../cli/option_values.ts";

function refuses(parse: () => unknown, message: RegExp): void {
  assert.throws(parse, (error) => {
    assert(error instanceof InvalidArgumentError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("duration() reads seconds unless there is a unit, into milliseconds", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["5", 5000],
    ["0.25", 250],
    ["250ms", 250],
    ["2m", 120_000],
    ["1h", 3_600_000],
  ];
  for (const [text, ms] of cases) assert.equal(duration(text), ms, text);
  refuses(() => duration("0"), /more than 0/);
  refuses(() => duration("600h"), /longer than 24 days/);
  for (const text of ["", "-1", "soon", "5 parsecs", "1e9", "Infinity", "NaN"]) {
    refuses(() => duration(text), /./);
  }
});

Deno.test("durationOrZero() takes 0 in any spelling", () => {
  for (const text of ["0", "00", "0.0", "0s", "0 ms"]) assert.equal(durationOrZero(text), 0, text);
  assert.equal(durationOrZero("0.5"), 500);
  refuses(() => durationOrZero("-0"), /./);
});

Deno.test("size() reads bytes with decimal and binary units, not 0", () => {
  assert.deepEqual(["1", "10M", "1GiB", "5kB"].map(size), [1, 10_000_000, 1_073_741_824, 5000]);
  refuses(() => size("0"), /more than 0/);
  refuses(() => size("lots"), /lots/);
});

Deno.test("integer() keeps its range", () => {
  assert.equal(integer(1, 128)("128"), 128);
  for (const text of ["0", "129", "1.5", "x", ""]) refuses(() => integer(1, 128)(text), /./);
});

Deno.test("transports() reads a list, each once", () => {
  assert.deepEqual(transports("tcp, mptcp,tcp"), ["tcp", "mptcp"]);
  refuses(() => transports("tcp,sctp"), /Unknown transport "sctp": use tcp or mptcp/);
  refuses(() => transports("mpquic"), /This version has tcp and mptcp, not mpquic/);
  refuses(() => transports(""), /Unknown transport ""/);
});

Deno.test("pathChoice() reads where a path begins and ends", () => {
  const choice = pathChoice("local=192.0.2.1,remote=[2001:db8::1]:443,interface=eth0");
  assert.deepEqual([String(choice.local), String(choice.remote), choice.interface], [
    "192.0.2.1",
    "[2001:db8::1]:443",
    "eth0",
  ]);
  assert.deepEqual(pathChoice("interface=eth0"), { interface: "eth0" });
  refuses(() => pathChoice("local=name"), /name/);
  refuses(() => pathChoice("remote=name:1"), /Remote must be an address, not the name name/);
  assert.deepEqual(pathChoice("status=backup"), { status: "backup" });
  refuses(() => pathChoice("status=sleeping"), /Status is available or backup, not "sleeping"/);
  refuses(() => pathChoice("colour=red"), /Unknown part "colour"/);
  for (const text of ["", "local", "local=", "=x", "local=192.0.2.1,"]) {
    refuses(() => pathChoice(text), /name=value/);
  }
});

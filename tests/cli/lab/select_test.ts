import assert from "node:assert/strict";
import { chooseLab } from "../../../cli/lab/select.ts";
import type { LabState } from "../../../cli/lab/state_file.ts";

const lab = (name: string): LabState => ({
  name,
  token: "0".repeat(32),
  owner: { pid: 2, start: 1 },
  holder: null,
  createdAt: "",
});

Deno.test("chooseLab() takes the one that is named, or the only one", () => {
  assert.equal(chooseLab([lab("a")], undefined).name, "a");
  assert.equal(chooseLab([lab("a"), lab("b")], "b").name, "b");
});

Deno.test("chooseLab() says what runs when it cannot tell", () => {
  const fails = (labs: readonly string[], name: string | undefined, message: RegExp): void =>
    assert.throws(() => chooseLab(labs.map(lab), name), (error: Error & { code?: string }) => {
      assert.match(error.message, message);
      return error.code === "ERR_USAGE";
    });
  fails([], undefined, /Cannot reach a lab: no lab is running$/);
  fails([], "a", /no lab is running, a neither/);
  fails(["a", "b"], undefined, /Cannot tell which lab is meant: a, b are running/);
  fails(["a", "b"], "c", /Cannot reach the lab c: running is a, b/);
});

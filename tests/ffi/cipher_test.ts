import assert from "node:assert/strict";
import { output } from "../support/command.ts";
import { requires } from "../support/requires.ts";

Deno.test({
  name: "garbage collections change no byte that libcrypto writes, even when ciphers are forgotten",
  ...requires("libcrypto"),
  fn: async () => {
    const script = new URL("./cipher_stress.ts", import.meta.url).pathname;
    const argv = [Deno.execPath(), "run", "--quiet", "--allow-all", "--v8-flags=--expose-gc", script];
    assert.equal(await output(argv, { deadlineMs: 60_000 }), "3000 right answers\n");
  },
});

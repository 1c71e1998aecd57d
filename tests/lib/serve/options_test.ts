import assert from "node:assert/strict";
import { DEFAULT_LIMITS, defaultListen, limitsOf, type ServeLimits } from "../../../lib/serve/options.ts";
import { serve } from "../../../lib/serve/mod.ts";

Deno.test("limitsOf() takes what is given and the default of the rest", () => {
  assert.deepEqual(limitsOf({}), DEFAULT_LIMITS);
  assert.deepEqual(limitsOf({ maxBytes: 5 }), { ...DEFAULT_LIMITS, maxBytes: 5 });
});

Deno.test("limitsOf() refuses limits that would not be one: ERR_INVALID_VALUE", () => {
  for (const name of Object.keys(DEFAULT_LIMITS)) {
    for (const value of [0, -1, 1.5, NaN, Infinity, 2 ** 53]) {
      const limits: Partial<ServeLimits> = { [name]: value };
      assert.throws(() => limitsOf(limits), {
        code: "ERR_INVALID_VALUE",
        message: `Cannot serve with ${name} ${value}: it must be a whole number above 0`,
      });
    }
  }
});

Deno.test("defaultListen() is MPTCP on port 4433 of every address, IPv6 and IPv4", () => {
  assert.deepEqual(defaultListen().map(String), ["mptcp@[::]:4433"]);
});

Deno.test("serve() without an address is a mistake: ERR_USAGE", async () => {
  await assert.rejects(serve({ listen: [] }), { code: "ERR_USAGE" });
});

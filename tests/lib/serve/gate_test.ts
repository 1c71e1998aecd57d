import assert from "node:assert/strict";
import fc from "fast-check";
import { Gate } from "../../../lib/serve/gate.ts";

Deno.test("Gate lets connections in up to both limits, and says which was reached", () => {
  const gate = new Gate({ maxConnections: 3, maxPerAddress: 2 });
  assert.equal(gate.enter("a"), null);
  assert.equal(gate.enter("a"), null);
  assert.equal(gate.enter("a"), "this address has its 2 connections");
  assert.equal(gate.enter("b"), null);
  assert.equal(gate.enter("c"), "the server has its 3 connections");
  gate.leave("a");
  assert.equal(gate.enter("c"), null);
  assert.equal(gate.total, 3);
});

Deno.test("Gate: the leaving of somebody who was never in changes nothing", () => {
  const gate = new Gate({ maxConnections: 1, maxPerAddress: 1 });
  gate.leave("a");
  assert.equal(gate.total, 0);
  assert.equal(gate.enter("a"), null);
  gate.leave("b");
  assert.equal(gate.enter("c"), "the server has its 1 connections");
});

Deno.test("Gate agrees with a list of who is in, whatever the order of comings and goings", () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.constantFrom("a", "b", "c", "__proto__")), {
    maxLength: 60,
  });
  fc.assert(fc.property(steps, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 4 }), (
    all,
    maxConnections,
    maxPerAddress,
  ) => {
    const gate = new Gate({ maxConnections, maxPerAddress });
    const inside: string[] = [];
    for (const [enter, address] of all) {
      if (enter) {
        const own = inside.filter((each) => each === address).length;
        const fits = inside.length < maxConnections && own < maxPerAddress;
        assert.equal(gate.enter(address) === null, fits);
        if (fits) inside.push(address);
      } else {
        gate.leave(address);
        const at = inside.indexOf(address);
        if (at >= 0) inside.splice(at, 1);
      }
      assert.equal(gate.total, inside.length);
    }
  }));
});

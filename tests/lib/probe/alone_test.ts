import assert from "node:assert/strict";
import { alone } from "../../../lib/probe/alone.ts";

Deno.test("alone() lets one at a time in, and the next when it goes", async () => {
  const first = await alone(undefined);
  // Another process may hold it: then it was waited for, and that is said.
  assert(first.warnings.every((text) => text.startsWith("--isolate ")));
  const order: string[] = [];
  const waiting = alone(undefined).then((got) => {
    order.push("second in");
    return got;
  });
  // Whoever does not wait is in by the next turn of the event loop.
  await new Promise((resolve) => setTimeout(resolve));
  order.push("first out");
  first[Symbol.dispose]();
  using _second = await waiting;
  assert.deepEqual(order, ["first out", "second in"]);
});

Deno.test("alone() that is aborted does not wait for ever, and says that it did not work", async () => {
  using _first = await alone(undefined);
  const stop = new AbortController();
  const waiting = alone(stop.signal);
  stop.abort();
  using second = await waiting;
  assert.match(second.warnings.join(), /could not keep other probes away/);
});

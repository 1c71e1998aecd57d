import assert from "node:assert/strict";
import { isTransport, TRANSPORTS } from "../../../lib/base/transport.ts";

Deno.test("isTransport() takes the four names and nothing else", () => {
  for (const name of TRANSPORTS) assert.ok(isTransport(name));
  for (const text of ["", "TCP", "tcp4", "udp", "toString", "length"]) assert.ok(!isTransport(text), text);
});

Deno.test("TRANSPORTS cannot be changed", () => {
  assert.throws(() => Reflect.apply(Array.prototype.push, TRANSPORTS, ["sctp"]), TypeError);
});

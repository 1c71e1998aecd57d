import assert from "node:assert/strict";
import { furtherAddresses } from "../../../lib/protocol/further_addresses.ts";

Deno.test("furtherAddresses() takes addresses with a port, and passes over what makes no sense", () => {
  const addresses = [
    "192.0.2.1:443",
    "example.com:443",
    "192.0.2.2",
    "",
    "[2001:db8::1]:443",
    "[::1",
    "1.2.3.4:0",
  ];
  assert.deepEqual(furtherAddresses({ addresses }).map(({ address }) => address), [
    "192.0.2.1:443",
    "[2001:db8::1]:443",
  ]);
  assert.deepEqual(furtherAddresses(null), []);
});

Deno.test("furtherAddresses() tries no more than a few, however many a server names", () => {
  const addresses = Array.from({ length: 1000 }, (_, i) => `192.0.2.${i % 250}:443`);
  assert.equal(furtherAddresses({ addresses }).length, 8);
});

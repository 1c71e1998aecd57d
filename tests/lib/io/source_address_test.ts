import assert from "node:assert/strict";
import { Ip } from "../../../lib/base/ip.ts";
import { sourceAddress } from "../../../lib/io/source_address.ts";
import { requires } from "../../support/requires.ts";
import "../../support/open_libc.ts";

Deno.test({
  name: "sourceAddress() is the address that the kernel would send from",
  ...requires("ffi"),
  fn() {
    assert.equal(sourceAddress(Ip.parse("127.0.0.1"), null)?.toString(), "127.0.0.1");
    assert.equal(sourceAddress(Ip.parse("127.5.6.7"), null)?.toString(), "127.0.0.1");
  },
});

Deno.test({
  name: "sourceAddress() is null where nothing leads there",
  ...requires("ffi"),
  fn() {
    assert.equal(sourceAddress(Ip.parse("127.0.0.1"), "no-such-if"), null);
    assert.equal(sourceAddress(Ip.parse("255.255.255.255"), null), null);
    assert.throws(() => sourceAddress(Ip.parse("fe80::1%no-such-if"), null), { code: "ERR_INVALID_ADDRESS" });
  },
});

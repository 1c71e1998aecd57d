import assert from "node:assert/strict";
import { fromHex, toHex } from "../../../lib/base/hex.ts";
import { encodeForgetMarked } from "../../../lib/netlink/conntrack.ts";

Deno.test("encodeForgetMarked() asks for the deletion of what has a mark, and for an acknowledgement", () => {
  assert.equal(
    toHex(encodeForgetMarked(2)),
    // length, CT_DELETE, REQUEST | ACK, sequence, port; nfgenmsg; CTA_MARK; CTA_MARK_MASK
    toHex(
      fromHex("24000000 0201 0500 01000000 00000000 | 00 00 0000 | 0800 0800 00000002 | 0800 1500 ffffffff"),
    ),
  );
});

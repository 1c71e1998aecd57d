import assert from "node:assert/strict";
import { fails, pair } from "./compliance_support.ts";
import { QUIC } from "./transports.ts";

Deno.test("quic chooses its congestion control when it connects, and says so when asked to change it: ERR_NOT_SUPPORTED", async () => {
  await using ends = await pair(QUIC, { connect: { congestion: "reno" } });
  const error = await fails(() => ends.client.setCongestion("cubic"), "ERR_NOT_SUPPORTED");
  assert.match(error.message, /chosen when connecting/);
});

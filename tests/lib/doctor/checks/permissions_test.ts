import { healthy } from "../some_facts.ts";
import { testCases } from "./cases.ts";

testCases([
  [
    "a missing permission",
    { permissions: { ...healthy.permissions, net: "missing" } },
    "permission-net",
    "warn",
    /Without --allow-net, no connection/,
    /^--allow-net$/,
  ],
  [
    "a partial permission",
    { permissions: { ...healthy.permissions, write: "partial" } },
    "permission-write",
    "ok",
    /for some things only/,
  ],
]);

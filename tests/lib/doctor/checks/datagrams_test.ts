import { known } from "../../../../lib/doctor/fact.ts";
import { testCases } from "./cases.ts";

testCases([
  ["no libcrypto", { libcrypto: known(false) }, "libcrypto", "warn", /not there/, /libssl3/],
  [
    "no GSO",
    { udpOffload: known({ gso: "ENOPROTOOPT", gro: null }) },
    "udp-offload",
    "warn",
    /UDP_SEGMENT: ENOPROTOOPT/,
  ],
]);

import { known } from "../../../../lib/doctor/fact.ts";
import { link, WLAN0 } from "../some_facts.ts";
import { setting, testCases } from "./cases.ts";

testCases([
  ["cubic", {}, "congestion-control", "ok", /cubic/],
  ["bbr with fq", setting("net/ipv4/tcp_congestion_control", "bbr"), "congestion-control", "ok", /bbr/],
  [
    "bbr without fq",
    {
      ...setting("net/ipv4/tcp_congestion_control", "bbr"),
      links: known([link(2, "eth0", { qdisc: "pfifo_fast" }), WLAN0]),
    },
    "congestion-control",
    "warn",
    /on eth0:/,
    /cubic/,
  ],
]);

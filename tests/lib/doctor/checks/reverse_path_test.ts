import { known } from "../../../../lib/doctor/fact.ts";
import { source } from "../some_facts.ts";
import { FIRST, routing, testCases, WRONG_WAY } from "./cases.ts";

testCases([
  ["a loose filter", {}, "reverse-path-filter", "ok", /not strict/],
  [
    "a strict filter with own routes",
    { reversePathFilter: known(new Map([["all", 1], ["eth0", 0], ["wlan0", 0]])) },
    "reverse-path-filter",
    "ok",
    /own route back/,
  ],
  [
    "a strict filter without own routes",
    {
      reversePathFilter: known(new Map([["all", 1], ["eth0", 0], ["wlan0", 0]])),
      ...routing(source(FIRST), WRONG_WAY),
    },
    "reverse-path-filter",
    "warn",
    /strict on wlan0/,
    /^sysctl -w net\.ipv4\.conf\.all\.rp_filter=2$/,
  ],
  [
    "a strict filter on one interface",
    {
      reversePathFilter: known(new Map([["all", 0], ["eth0", 0], ["wlan0", 1]])),
      ...routing(source(FIRST), WRONG_WAY),
    },
    "reverse-path-filter",
    "warn",
    /strict on wlan0/,
    /^sysctl -w net\/ipv4\/conf\/wlan0\/rp_filter=2$/,
  ],
  [
    "a strict filter that `all` loosens",
    {
      reversePathFilter: known(new Map([["all", 2], ["eth0", 1], ["wlan0", 1]])),
      ...routing(source(FIRST), WRONG_WAY),
    },
    "reverse-path-filter",
    "ok",
    /not strict/,
  ],
  [
    "a strict filter on a host with one interface",
    { reversePathFilter: known(new Map([["all", 1]])), ...routing(source(FIRST)) },
    "reverse-path-filter",
    "ok",
    /does not notice/,
  ],
]);

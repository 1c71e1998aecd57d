import { known } from "../../../../lib/doctor/fact.ts";
import { address, ETH0, link, source, unread } from "../some_facts.ts";
import { FIRST, routing, testCases } from "./cases.ts";

testCases([
  ["two interfaces", {}, "addresses", "ok", /eth0 and wlan0/],
  [
    "one interface",
    routing(source(FIRST), source(address("2001:db8:1::2", ETH0))),
    "addresses",
    "warn",
    /by eth0 only/,
  ],
  ["no interface", routing(), "addresses", "warn", /only loopback/],
  [
    "unread addresses",
    { addresses: unread("no", "--allow-ffi") },
    "addresses",
    "unknown",
    /unknown: no/,
    /--allow-ffi/,
  ],
  [
    "a container bridge without a route",
    {
      links: known([ETH0, link(3, "docker0", { kind: "bridge" })]),
      ...routing(
        source(FIRST),
        source(address("172.17.0.1", link(3, "docker0")), { hasDefaultRoute: false, interfaceIndex: 2 }),
      ),
    },
    "addresses",
    "warn",
    /by eth0 only/,
  ],
  [
    "a bridge that is the way out",
    { links: known([ETH0, link(3, "wlan0", { kind: "bridge" })]) },
    "addresses",
    "ok",
    /eth0 and wlan0/,
  ],
]);

import { Ip } from "../../../../lib/base/ip.ts";
import { address, endpoint, ETH0, source, WLAN0 } from "../some_facts.ts";
import { endpoints, FIRST, routing, SECOND, testCases, WRONG_WAY } from "./cases.ts";

testCases([
  ["routes by the own interface", {}, "source-route", "ok", /leave by the interface that holds it/],
  [
    "a route by another interface",
    routing(
      source(FIRST),
      source(SECOND, { interfaceIndex: 2, boundInterfaceIndex: 2, gateway: Ip.parse("10.1.0.254") }),
    ),
    "source-route",
    "warn",
    /10\.1\.0\.2, which is on wlan0, leave by eth0/,
    /^ip route add 10\.1\.0\.0\/24 dev wlan0 table 103\nip route add default via 10\.1\.0\.254 dev wlan0 table 103\nip rule add from 10\.1\.0\.2 table 103$/,
  ],
  [
    "a route by another interface for all but subflows",
    routing(source(FIRST), WRONG_WAY),
    "source-route",
    "ok",
    /bound to wlan0 by their endpoint/,
  ],
  [
    "a route by another interface for an announced address",
    {
      ...routing(source(FIRST), WRONG_WAY),
      ...endpoints(endpoint(1, "10.1.0.2", { subflow: true, signal: true, interfaceIndex: 3 })),
    },
    "source-route",
    "warn",
    /leave by eth0/,
  ],
  [
    "no route and no router",
    {
      ...routing(
        source(FIRST),
        source(SECOND, {
          interfaceIndex: null,
          boundInterfaceIndex: null,
          hasDefaultRoute: false,
          gateway: null,
        }),
      ),
      ...endpoints(),
    },
    "source-route",
    "warn",
    /no route beyond their own network/,
    /default via ROUTER dev wlan0/,
  ],
  [
    "a point-to-point link",
    {
      ...routing(
        source(FIRST),
        source(address("10.1.0.2", WLAN0, { prefixLength: 32 }), { interfaceIndex: 2, gateway: null }),
      ),
      ...endpoints(),
    },
    "source-route",
    "warn",
    /leave by eth0/,
    /^ip route add default dev wlan0 table 103\nip rule/,
  ],
  [
    "an IPv6 address",
    {
      ...routing(
        source(address("2001:db8:1::2", ETH0)),
        source(address("2001:db8:2:0:1::2", WLAN0), { interfaceIndex: 2 }),
      ),
      ...endpoints(),
    },
    "source-route",
    "warn",
    /2001:db8:2:0:1::2/,
    /^ip -6 route add 2001:db8:2::\/64 dev wlan0 table 103\nip -6 route add default via fe80::1 dev wlan0/,
  ],
  [
    "no route from anywhere",
    routing(
      ...[FIRST, SECOND].map((each) =>
        source(each, {
          interfaceIndex: null,
          boundInterfaceIndex: null,
          hasDefaultRoute: false,
          gateway: null,
        })
      ),
    ),
    "source-route",
    "ok",
    /No address has a route/,
  ],
]);

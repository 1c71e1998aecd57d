import assert from "node:assert/strict";
import { type AddressPair, pairText } from "../../../../lib/quic/path_manager/pair.ts";
import { allowedPairs, nextPair, type PathPolicy } from "../../../../lib/quic/path_manager/policy.ts";
import { unreachable } from "../../../../lib/quic/path_manager/reachable.ts";
import { ALPHA, ALPHA6, BETA, CELL, local, remote, WIFI, WIFI6 } from "./addresses.ts";

Deno.test("which addresses reach each other follows from their families and scopes", () => {
  const cases: readonly (readonly [from: string, to: string, why: string | null])[] = [
    ["192.0.2.1", "203.0.113.1", null],
    ["10.0.0.1", "203.0.113.1", null],
    ["2001:db8::1", "2001:db8::2", null],
    ["192.0.2.1", "2001:db8::2", "family"],
    ["192.0.2.1", "::ffff:203.0.113.1", null],
    ["127.0.0.1", "127.0.0.2", null],
    ["127.0.0.1", "203.0.113.1", "loopback"],
    ["192.0.2.1", "127.0.0.1", "loopback"],
    ["::1", "2001:db8::2", "loopback"],
    ["0.0.0.0", "203.0.113.1", "not-unicast"],
    ["192.0.2.1", "224.0.0.1", "not-unicast"],
    ["fe80::1", "2001:db8::2", "link-local"],
    ["2001:db8::1", "fe80::2%eth0", "link-local"],
    ["169.254.1.1", "203.0.113.1", "link-local"],
    ["169.254.1.1", "169.254.1.2", null],
    ["fe80::1", "fe80::2%eth0", null],
    ["fe80::1", "fe80::2%eth1", "link-local"],
    ["fe80::1", "fe80::2%3", null],
  ];
  for (const [from, to, why] of cases) {
    assert.equal(unreachable({ local: local("eth0", from), remote: remote(to) }), why, `${from} to ${to}`);
  }
});

/** The pairs in the order in which they are tried. */
function order(policy: PathPolicy, explicit: readonly AddressPair[] = []): readonly string[] {
  const pairs = allowedPairs(policy, [WIFI, WIFI6, CELL], [ALPHA, BETA, ALPHA6], explicit);
  const used: AddressPair[] = [];
  for (;;) {
    const next = nextPair(policy, used, pairs.filter((pair) => !used.includes(pair)));
    if (next === undefined) return used.map(pairText);
    used.push(next);
  }
}

Deno.test("full-mesh spreads its paths over the interfaces first, then over the peer's addresses", () => {
  assert.deepEqual(order("full-mesh"), [
    "192.0.2.10 (wlan0) -> 203.0.113.1:443",
    "198.51.100.10 (wwan0) -> 203.0.113.2:443",
    "2001:db8::10 (wlan0) -> [2001:db8:1::1]:443",
    "198.51.100.10 (wwan0) -> 203.0.113.1:443",
    "192.0.2.10 (wlan0) -> 203.0.113.2:443",
  ]);
});

Deno.test("one-per-interface tries one pair for each interface", () => {
  assert.deepEqual(order("one-per-interface"), [
    "192.0.2.10 (wlan0) -> 203.0.113.1:443",
    "198.51.100.10 (wwan0) -> 203.0.113.2:443",
  ]);
});

Deno.test("explicit tries what is listed, in that order, as far as it can work", () => {
  const pairs = [
    { local: CELL, remote: BETA },
    { local: local("eth7", "192.0.2.77"), remote: ALPHA },
    { local: WIFI, remote: ALPHA6 },
    { local: WIFI, remote: remote("203.0.113.9", 8443) },
  ];
  assert.deepEqual(order("explicit", pairs), [
    "198.51.100.10 (wwan0) -> 203.0.113.2:443",
    "192.0.2.10 (wlan0) -> 203.0.113.9:8443",
  ]);
});

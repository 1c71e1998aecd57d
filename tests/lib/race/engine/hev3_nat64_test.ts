import assert from "node:assert/strict";
import { parsePrefix } from "../../../../lib/race/order/prefix.ts";
import { A, B, C, CONNECTS, ip, NO_HTTPS, queriesOf, run, startsOf, zone } from "./hev3_world.ts";
import { addresses, DUAL_STACK, IPV6_ONLY, negative } from "./world.ts";

const PREF64 = parsePrefix("2001:db8:64::/96");

Deno.test("H3-18 (draft 8.1): the prefix is discovered, then A records are asked for and translated", () => {
  const race = run({
    network: IPV6_ONLY,
    dns: zone({
      "example.com": { HTTPS: NO_HTTPS, AAAA: negative(10), A: addresses(20, "192.0.2.33") },
      "ipv4only.arpa": { AAAA: addresses(30, "2001:db8:64::192.0.0.170") },
    }),
    fate: () => CONNECTS,
  });
  assert.deepEqual(queriesOf(race).at(-1), [30, "example.com", "A"]);
  assert.deepEqual(startsOf(race), [[50, "2001:db8:64::c000:221"]]);
});

Deno.test("H3-18 (draft 8.2): translated AAAA records are IPv4 again when they are sorted, and each address is there once", () => {
  const race = run({
    network: { ...IPV6_ONLY, nat64: [PREF64] },
    dns: zone({
      "example.com": {
        HTTPS: NO_HTTPS,
        AAAA: addresses(0, "2001:db8:64::c000:203", A, B),
        A: addresses(0, C),
      },
    }),
  });
  // The native address first: RFC 6724 prefers IPv6; then the translated one as the other family
  assert.deepEqual(race.starts.map(({ to }) => to), [A, "2001:db8:64::c000:203", B]);
  assert.equal(race.engine.attempts[1]?.candidate.ip.toString(), C);
  const dual = run({
    network: { ...DUAL_STACK, nat64: [PREF64] },
    dns: zone({
      "example.com": { HTTPS: NO_HTTPS, AAAA: addresses(0, "2001:db8:64::c000:203"), A: negative(0) },
    }),
  });
  assert.deepEqual(
    dual.starts.map(({ to }) => to),
    [C],
    "with a route of its own it is not translated again",
  );
});

Deno.test("H3-18 (RFC 7050 3): every prefix is used, in its order", () => {
  const race = run({
    network: { ...IPV6_ONLY, nat64: [PREF64, parsePrefix("64:ff9b::/96")] },
    dns: zone({ "example.com": { HTTPS: NO_HTTPS, AAAA: negative(0), A: addresses(0, C) } }),
  });
  assert.deepEqual(race.starts.map(({ to }) => to), ["2001:db8:64::c000:203", "64:ff9b::c000:203"]);
});

Deno.test("H3-18 (draft 8.3): an address of the host or the link is not translated", () => {
  const race = run({
    network: { ...IPV6_ONLY, nat64: [PREF64] },
    options: {
      target: {
        kind: "addresses",
        addresses: ["127.0.0.1", "169.254.0.1", "0.0.0.1", "255.255.255.255"].map(ip),
      },
    },
  });
  assert.ok(race.starts.every(({ to }) => !to.includes(":")));
});

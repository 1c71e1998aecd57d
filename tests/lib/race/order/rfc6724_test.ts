import assert from "node:assert/strict";
import { Ip } from "../../../../lib/base/ip.ts";
import { sortDestinations } from "../../../../lib/race/order/destination_order.ts";
import {
  DEFAULT_POLICY,
  DEFAULT_POLICY_ROWS,
  IPV4_FIRST_POLICY,
  type PolicyTable,
  policyTable,
} from "../../../../lib/race/order/policy_table.ts";
import { selectSource, type SourceAddress } from "../../../../lib/race/order/source_selection.ts";

type Mark = "deprecated" | "temporary" | "home" | "care-of";

/** An address of the host, written as in RFC 6724: the address, then what it is. */
function source(text: string): SourceAddress {
  const [address = "", ...marks] = text.split(" ") as [string, ...Mark[]];
  return {
    ip: Ip.parse(address),
    deprecated: marks.includes("deprecated"),
    temporary: marks.includes("temporary"),
    ...(marks.includes("home")
      ? { mobility: "home" }
      : marks.includes("care-of")
      ? { mobility: "care-of" }
      : {}),
  };
}

/** RFC 6724 10.1: destination, candidates, the one that is chosen. */
const SOURCES: readonly (readonly [string, readonly string[], string, string])[] = [
  ["2001:db8:1::1", ["2001:db8:3::1", "fe80::1"], "2001:db8:3::1", "prefer appropriate scope"],
  ["ff05::1", ["2001:db8:3::1", "fe80::1"], "2001:db8:3::1", "prefer appropriate scope"],
  ["2001:db8:1::1", ["2001:db8:1::1 deprecated", "2001:db8:2::1"], "2001:db8:1::1", "prefer same address"],
  ["fe80::1", ["fe80::2 deprecated", "2001:db8:1::1"], "fe80::2", "prefer appropriate scope"],
  ["2001:db8:1::1", ["2001:db8:1::2", "2001:db8:3::2"], "2001:db8:1::2", "longest matching prefix"],
  ["2001:db8:1::1", ["2001:db8:1::2 care-of", "2001:db8:3::2 home"], "2001:db8:3::2", "prefer home address"],
  [
    "2002:c633:6401::1",
    ["2002:c633:6401::d5e3:7953:13eb:22e8 temporary", "2001:db8:1::2"],
    "2002:c633:6401::d5e3:7953:13eb:22e8",
    "prefer matching label",
  ],
  [
    "2001:db8:1::d5e3:0:0:1",
    ["2001:db8:1::2", "2001:db8:1::d5e3:7953:13eb:22e8 temporary"],
    "2001:db8:1::d5e3:7953:13eb:22e8",
    "prefer temporary address",
  ],
];

for (const [index, [destination, candidates, expected, reason]] of SOURCES.entries()) {
  Deno.test(`selectSource(): RFC 6724 10.1, example ${index + 1} (${reason})`, () => {
    for (const order of [candidates, candidates.toReversed()]) {
      const chosen = selectSource(Ip.parse(destination), order.map(source), DEFAULT_POLICY);
      assert.equal(chosen?.ip.toString(), Ip.parse(expected).toString());
    }
  });
}

const withRows = (...rows: readonly (readonly [string, number, number])[]): PolicyTable =>
  policyTable([...rows, ...DEFAULT_POLICY_ROWS]);

const LINK_LOCAL_LATE = withRows(["fe80::/10", 33, 1]);
const MULTIHOMED = withRows(["2001:db8:1aaa::/48", 43, 6], ["2001:db8:1bbb::/48", 43, 6]);
const OWN_ULA = withRows(["fd11:1111:1111::/48", 45, 14]);
const OWN_6TO4 = withRows(["2002:c633:6401::/48", 45, 14]);
const SITE_A = ["2001:db8:1aaa::a", "2001:db8:70aa::a", "fe80::a"];

/** RFC 6724 10.2 to 10.7: candidates, destinations in the order of the result with their sources. */
const DESTINATIONS: readonly {
  readonly section: string;
  readonly table?: PolicyTable;
  readonly sources: readonly string[];
  readonly result: readonly (readonly [string, string])[];
}[] = [
  {
    section: "10.2, prefer matching scope",
    sources: ["2001:db8:1::2", "fe80::1", "169.254.13.78"],
    result: [["2001:db8:1::1", "2001:db8:1::2"], ["198.51.100.121", "169.254.13.78"]],
  },
  {
    section: "10.2, prefer matching scope of IPv4",
    sources: ["fe80::1", "198.51.100.117"],
    result: [["198.51.100.121", "198.51.100.117"], ["2001:db8:1::1", "fe80::1"]],
  },
  {
    section: "10.2, prefer higher precedence",
    sources: ["2001:db8:1::2", "fe80::1", "10.1.2.4"],
    result: [["2001:db8:1::1", "2001:db8:1::2"], ["10.1.2.3", "10.1.2.4"]],
  },
  {
    section: "10.2, prefer smaller scope",
    sources: ["2001:db8:1::2", "fe80::2"],
    result: [["fe80::1", "fe80::2"], ["2001:db8:1::1", "2001:db8:1::2"]],
  },
  {
    section: "10.2, prefer home address",
    sources: ["2001:db8:1::2 care-of", "2001:db8:3::1 home", "fe80::2 care-of"],
    result: [["2001:db8:1::1", "2001:db8:3::1"], ["fe80::1", "fe80::2"]],
  },
  {
    section: "10.2, avoid deprecated addresses",
    sources: ["2001:db8:1::2", "fe80::2 deprecated"],
    result: [["2001:db8:1::1", "2001:db8:1::2"], ["fe80::1", "fe80::2"]],
  },
  {
    section: "10.2, longest matching prefix",
    sources: ["2001:db8:1::2", "2001:db8:3f44::2", "fe80::2"],
    result: [["2001:db8:1::1", "2001:db8:1::2"], ["2001:db8:3ffe::1", "2001:db8:3f44::2"]],
  },
  {
    section: "10.2, prefer matching label",
    sources: ["2002:c633:6401::2", "fe80::2"],
    result: [["2002:c633:6401::1", "2002:c633:6401::2"], ["2001:db8:1::1", "2002:c633:6401::2"]],
  },
  {
    section: "10.2, prefer higher precedence to 6to4",
    sources: ["2002:c633:6401::2", "2001:db8:1::2", "fe80::2"],
    result: [["2001:db8:1::1", "2001:db8:1::2"], ["2002:c633:6401::1", "2002:c633:6401::2"]],
  },
  {
    section: "10.3, IPv4 preferred, scope first",
    table: IPV4_FIRST_POLICY,
    sources: ["2001:db8::2", "fe80::1", "169.254.13.78"],
    result: [["2001:db8::1", "2001:db8::2"], ["198.51.100.121", "169.254.13.78"]],
  },
  {
    section: "10.3, IPv4 preferred, only IPv4",
    table: IPV4_FIRST_POLICY,
    sources: ["fe80::1", "198.51.100.117"],
    result: [["198.51.100.121", "198.51.100.117"], ["2001:db8::1", "fe80::1"]],
  },
  {
    section: "10.3, IPv4 preferred",
    table: IPV4_FIRST_POLICY,
    sources: ["2001:db8::2", "fe80::1", "10.1.2.4"],
    result: [["10.1.2.3", "10.1.2.4"], ["2001:db8::1", "2001:db8::2"]],
  },
  {
    section: "10.4, link-local late",
    table: LINK_LOCAL_LATE,
    sources: ["2001:db8::2", "fe80::2"],
    result: [["2001:db8::1", "2001:db8::2"], ["fe80::1", "fe80::2"]],
  },
  {
    section: "10.4, link-local late, deprecated",
    table: LINK_LOCAL_LATE,
    sources: ["2001:db8::2 deprecated", "fe80::2"],
    result: [["fe80::1", "fe80::2"], ["2001:db8::1", "2001:db8::2"]],
  },
  {
    section: "10.5, two providers, to site B",
    sources: SITE_A,
    result: [["2001:db8:70bb::b", "2001:db8:70aa::a"], ["2001:db8:1bbb::b", "2001:db8:1aaa::a"]],
  },
  {
    section: "10.5, two providers, to site C",
    sources: SITE_A,
    result: [["2001:db8:1ccc::c", "2001:db8:1aaa::a"], ["2001:db8:6ccc::c", "2001:db8:70aa::a"]],
  },
  {
    section: "10.5, two providers with rows of their own, to site B",
    table: MULTIHOMED,
    sources: SITE_A,
    result: [["2001:db8:1bbb::b", "2001:db8:1aaa::a"], ["2001:db8:70bb::b", "2001:db8:70aa::a"]],
  },
  {
    section: "10.5, two providers with rows of their own, to site C",
    table: MULTIHOMED,
    sources: SITE_A,
    result: [["2001:db8:6ccc::c", "2001:db8:70aa::a"], ["2001:db8:1ccc::c", "2001:db8:70aa::a"]],
  },
  {
    section: "10.6, unique local addresses",
    sources: ["2001:db8:1::1", "fd11:1111:1111:1::1"],
    result: [["2001:db8:2::2", "2001:db8:1::1"], ["fd22:2222:2222:2::2", "fd11:1111:1111:1::1"]],
  },
  {
    section: "10.6, a row for another unique local prefix",
    table: OWN_ULA,
    sources: ["2001:db8:1::1", "fd11:1111:1111:1::1"],
    result: [["2001:db8:2::2", "2001:db8:1::1"], ["fd22:2222:2222:2::2", "fd11:1111:1111:1::1"]],
  },
  {
    section: "10.6, a row for the own unique local prefix",
    table: OWN_ULA,
    sources: ["2001:db8:1::1", "fd11:1111:1111:1::1"],
    result: [["fd11:1111:1111:2::2", "fd11:1111:1111:1::1"], ["2001:db8:2::2", "2001:db8:1::1"]],
  },
  {
    section: "10.7, 6to4",
    sources: ["2002:c633:6401::2", "10.1.2.3"],
    result: [["203.0.113.1", "10.1.2.3"], ["2001:db8:1::1", "2002:c633:6401::2"]],
  },
  {
    section: "10.7, a row for the own 6to4 prefix",
    table: OWN_6TO4,
    sources: ["2002:c633:6401:1::1", "10.1.2.3"],
    result: [["2002:c633:6401:2::2", "2002:c633:6401:1::1"], ["203.0.113.1", "10.1.2.3"]],
  },
];

for (const { section, table = DEFAULT_POLICY, sources, result } of DESTINATIONS) {
  Deno.test(`sortDestinations(): RFC 6724 ${section}`, () => {
    const candidates = sources.map(source);
    const given = result.map(([address]) => Ip.parse(address));
    for (const order of [given, given.toReversed()]) {
      const described = (ip: Ip) => ({ ip, source: selectSource(ip, candidates, table) });
      const sorted = sortDestinations(order, described, table);
      assert.deepEqual(sorted.map((ip) => [String(ip), String(described(ip).source?.ip)]), result);
    }
  });
}

Deno.test("selectSource(): RFC 6724 10.6, no unique local address for a multicast group", () => {
  const candidates = ["2001:db8:1::1", "fd11:1111:1111:1::1"].map(source);
  assert.equal(selectSource(Ip.parse("ff0e::1"), candidates, OWN_ULA)?.ip.toString(), "2001:db8:1::1");
});

Deno.test("selectSource() takes no address of another family, no group and not the unspecified address", () => {
  assert.equal(selectSource(Ip.parse("192.0.2.1"), [source("2001:db8::1")], DEFAULT_POLICY), null);
  assert.equal(
    selectSource(Ip.parse("2001:db8::1"), [source("ff02::1"), source("::")], DEFAULT_POLICY),
    null,
  );
});

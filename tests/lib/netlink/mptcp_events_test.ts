import assert from "node:assert/strict";
import fc from "fast-check";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import type { Ip } from "../../../lib/base/ip.ts";
import { AttributeWriter } from "../../../lib/netlink/attribute.ts";
import { decodeGroups, encodeGeneric } from "../../../lib/netlink/generic.ts";
import { decodeEvents, type PathManagerEvent } from "../../../lib/netlink/mptcp_events.ts";
import { addresses } from "../base/arbitraries.ts";
import { EVENTS, EVENTS_IPV6, FAMILY, NO_FAMILY } from "./captures.ts";

const FAMILY_ID = 28;

function message(command: number, attributes: AttributeWriter, version: number = 1): Uint8Array<ArrayBuffer> {
  return encodeGeneric({ family: FAMILY_ID, command, version, attributes });
}

/** The events with their ends as text. */
function told(parts: readonly Uint8Array[]): readonly unknown[] {
  return decodeEvents(parts, FAMILY_ID).map(({ local, remote, ...rest }) => ({
    ...rest,
    ...(local === undefined ? {} : { local: local.address }),
    ...(remote === undefined ? {} : { remote: remote.address }),
  }));
}

Deno.test("decodeEvents() reads what the kernel sent about a connection", () => {
  assert.deepEqual(told(EVENTS), [
    {
      kind: "created",
      command: 1,
      token: 0xa7d51504,
      local: "10.0.1.2:43045",
      remote: "10.0.1.2:53200",
      idLocal: 0,
      idRemote: 0,
      denyJoinId0: false,
      serverSide: true,
      unknown: [],
    },
    { kind: "announced", command: 6, token: 0xbc613273, remote: "10.0.2.2:43045", idRemote: 1, unknown: [] },
    {
      kind: "subflow-closed",
      command: 11,
      token: 0xbc613273,
      local: "10.0.2.2:38903",
      remote: "10.0.2.2:43045",
      idLocal: 1,
      idRemote: 1,
      backup: false,
      error: "ECONNREFUSED",
      unknown: [],
    },
    { kind: "closed", command: 3, token: 0xbc613273, unknown: [] },
  ]);
});

Deno.test("decodeEvents() reads IPv6 ends, and a listener, which has one end", () => {
  assert.deepEqual(told(EVENTS_IPV6), [
    { kind: "listener-created", command: 15, local: "[fd00:1::2]:34033", unknown: [] },
    {
      kind: "created",
      command: 1,
      token: 0x2b9f91b6,
      local: "[fd00:1::2]:43062",
      remote: "[fd00:1::2]:34033",
      idLocal: 0,
      idRemote: 0,
      unknown: [],
    },
  ]);
});

Deno.test("decodeEvents() keeps commands and attributes that it does not know, and those of another size", () => {
  const attributes = new AttributeWriter().u32(1, 7).u32(99, 0x01020304).u32(11, 1).bytes(
    5,
    new Uint8Array(3),
  );
  assert.deepEqual(decodeEvents([message(77, attributes, 9)], FAMILY_ID), [{
    kind: "unknown",
    command: 77,
    token: 7,
    unknown: [{ type: 99, hex: "04030201" }, { type: 11, hex: "01000000" }, { type: 5, hex: "000000" }],
  }]);
});

Deno.test("decodeEvents() passes over messages of other families", () => {
  assert.deepEqual(decodeEvents(EVENTS, FAMILY_ID + 1), []);
  assert.deepEqual(decodeEvents(FAMILY, FAMILY_ID), []);
});

Deno.test("decodeEvents() refuses a message without its header, and lengths that point outside", () => {
  const [created] = EVENTS;
  for (const cut of [17, 24, 63, 99]) {
    assert.throws(() => decodeEvents([created!.subarray(0, cut)], FAMILY_ID), { code: "ERR_PROTOCOL" });
  }
  const long = created!.slice();
  long[20] = 0xff;
  assert.throws(() => decodeEvents([long], FAMILY_ID), { code: "ERR_PROTOCOL" });
});

Deno.test("decodeEvents() reads back every event that the kernel could write", () => {
  const ends = addresses.filter((ip) => ip.zone === undefined && ip.unmapped().family === ip.family);
  const events = fc.record({
    token: fc.nat(0xffff_ffff),
    local: ends,
    remote: ends,
    sport: fc.nat(0xffff),
    dport: fc.nat(0xffff),
    idLocal: fc.nat(255),
    idRemote: fc.nat(255),
    backup: fc.boolean(),
    flags: fc.nat(3),
    resetReason: fc.nat(0xffff_ffff),
    resetFlags: fc.nat(0xffff_ffff),
    interfaceIndex: fc.nat(0x7fff_ffff),
  });
  fc.assert(fc.property(events, (event) => {
    const address = (
      four: number,
      ip: Ip,
    ): [number, Uint8Array] => [ip.family === 4 ? four : four + 1, ip.bytes];
    const attributes = new AttributeWriter()
      .u32(1, event.token)
      .bytes(...address(5, event.local))
      .bytes(...address(7, event.remote))
      .bytes(9, Uint8Array.of(event.sport >> 8, event.sport & 0xff))
      .bytes(10, Uint8Array.of(event.dport >> 8, event.dport & 0xff))
      .bytes(3, Uint8Array.of(event.idLocal))
      .bytes(4, Uint8Array.of(event.idRemote))
      .bytes(11, Uint8Array.of(Number(event.backup)))
      .bytes(13, Uint8Array.of(event.flags, 0))
      .u32(15, event.interfaceIndex)
      .u32(16, event.resetReason)
      .u32(17, event.resetFlags);
    const wanted: PathManagerEvent = {
      kind: "subflow-closed",
      command: 11,
      token: event.token,
      local: Endpoint.of(event.local, event.sport),
      remote: Endpoint.of(event.remote, event.dport),
      idLocal: event.idLocal,
      idRemote: event.idRemote,
      backup: event.backup,
      denyJoinId0: (event.flags & 1) !== 0,
      serverSide: (event.flags & 2) !== 0,
      interfaceIndex: event.interfaceIndex,
      resetReason: event.resetReason,
      resetFlags: event.resetFlags,
      unknown: [],
    };
    assert.deepEqual(decodeEvents([message(11, attributes)], FAMILY_ID), [wanted]);
  }));
});

Deno.test("decodeGroups() finds the group of events, and none where there is no path manager", () => {
  assert.deepEqual([...decodeGroups(FAMILY)], [["mptcp_pm_cmds", 8], ["mptcp_pm_events", 9]]);
  assert.equal(decodeGroups(NO_FAMILY).size, 0);
});

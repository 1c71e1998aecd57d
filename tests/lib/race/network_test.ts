import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { readNetwork } from "../../../lib/race/network.ts";
import { planRace, type RaceOptions } from "../../../lib/race/plan.ts";
import { requires } from "../../support/requires.ts";

function read(options: RaceOptions = {}, isLocal: boolean = false): ReturnType<typeof readNetwork> {
  return readNetwork(planRace(Endpoint.parse("example.com"), options), isLocal);
}

Deno.test("readNetwork() knows the addresses of this host and where it would send from", () => {
  const { addresses, view } = read();
  assert.ok(addresses.has("127.0.0.1"), [...addresses].join(" "));
  assert.equal(view.sourceOf(Ip.parse("127.0.0.1"), null)?.ip.toString(), "127.0.0.1");
});

Deno.test({
  name: "readNetwork() asks the kernel where it can, also over one interface",
  ...requires("ffi"),
  fn() {
    const { json, view } = read();
    assert.equal(json.known, true);
    assert.equal(view.sourceOf(Ip.parse("127.0.0.1"), "lo")?.prefixLength, 8);
    assert.equal(view.sourceOf(Ip.parse("127.0.0.1"), "no-such-if"), null);
    // A zone that names no interface leads nowhere, and is no reason to end the race
    assert.equal(view.sourceOf(Ip.parse("fe80::1%no-such-if"), null), null);
  },
});

Deno.test("readNetwork() lets the options choose the families, and says what it found all the same", () => {
  const { json } = read();
  const families = (options: RaceOptions, isLocal?: boolean): readonly boolean[] => {
    const snapshot = read(options, isLocal);
    assert.deepEqual([snapshot.json.ipv4, snapshot.json.ipv6], [json.ipv4, json.ipv6]);
    return [snapshot.view.ipv4, snapshot.view.ipv6];
  };
  assert.deepEqual(families({ families: 4 }), [true, false]);
  assert.deepEqual(families({ families: 6 }), [false, true]);
  assert.deepEqual(families({ families: "both" }), [true, true]);
  assert.deepEqual(families({}, true), [true, true]);
  const none = !json.ipv4 && !json.ipv6;
  assert.deepEqual(families({}), none ? [true, true] : [json.ipv4, json.ipv6]);
  assert.deepEqual(read({ nat64: ["64:ff9b::/96"] }).json.nat64, ["64:ff9b::/96"]);
});

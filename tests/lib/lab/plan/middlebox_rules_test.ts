import assert from "node:assert/strict";
import fc from "fast-check";
import type { Middlebox } from "../../../../lib/lab/plan/middlebox.ts";
import { parseCounts } from "../../../../lib/lab/plan/middlebox_counts.ts";
import { type RoutedPath, routerRuleset } from "../../../../lib/lab/plan/middlebox_rules.ts";
import { parseMiddlebox } from "../../../../lib/lab/plan/middlebox_text.ts";
import { anyMiddlebox } from "./middleboxes.ts";

const PATHS: readonly RoutedPath[] = [
  { name: "wifi", device: "c1", rebinds: 0 },
  { name: "lte", device: "c2", rebinds: 1 },
];

/** The rules of some middleboxes, without what is the same in all. */
function rulesOf(...texts: readonly string[]): readonly string[] {
  const placed = texts.map((text, index) => ({ id: index + 1, box: parseMiddlebox(text) }));
  return routerRuleset({ paths: PATHS, placed, gone: [], proxy: { ipv4: 7004, ipv6: 7006 } }).split("\n")
    .filter((line) => line.startsWith("add rule inet mpt_router "))
    .map((line) => line.slice("add rule inet mpt_router ".length));
}

Deno.test("routerRuleset() matches options, segments, direction and path", () => {
  assert.deepEqual(rulesOf("strip"), [
    "forward meta l4proto tcp tcp option mptcp exists counter name mbox_1 reset tcp option mptcp",
  ]);
  assert.deepEqual(rulesOf("strip,option=mp-join,packets=syn,direction=up,path=lte"), [
    'forward iifname { "c2" } tcp flags & (syn | ack) == syn tcp option mptcp subtype 1 ' +
    "counter name mbox_1 reset tcp option mptcp",
  ]);
  assert.deepEqual(rulesOf("drop,option=any,packets=synack,direction=down"), [
    'forward oifname { "c1", "c2" } tcp flags & (syn | ack) == (syn | ack) counter name mbox_1 drop',
  ]);
  assert.deepEqual(rulesOf("reject,path=wifi"), [
    'forward iifname { "c1" } tcp flags & (syn | ack) == syn counter name mbox_1 reject with tcp reset',
    'forward oifname { "c1" } tcp flags & (syn | ack) == syn counter name mbox_1 reject with tcp reset',
  ]);
});

Deno.test("routerRuleset() finds the port of the server in another field on the way down", () => {
  assert.deepEqual(rulesOf("drop-udp,port=443,path=wifi"), [
    'forward iifname { "c1" } udp dport 443 counter name mbox_1 drop',
    'forward oifname { "c1" } udp sport 443 counter name mbox_1 drop',
  ]);
});

Deno.test("routerRuleset() counts what it corrupted, not what it looked at", () => {
  assert.deepEqual(rulesOf("corrupt,probability=0.1%"), [
    "forward meta l4proto tcp numgen random mod 1000000 < 1000 @ih,0,16 set @ih,0,16 ^ 0xffff counter name mbox_1",
    "forward meta l4proto udp numgen random mod 1000000 < 1000 @ih,160,16 set @ih,160,16 ^ 0xffff " +
    "counter name mbox_1",
  ]);
});

Deno.test("routerRuleset() never asks nft for a millionth that there is not", () => {
  for (const share of ["1", "100%", "0.9999999"]) {
    assert(rulesOf(`corrupt,probability=${share}`).every((rule) => !rule.includes("numgen")), share);
  }
  assert(rulesOf("corrupt,probability=0.000001").every((rule) => rule.includes("mod 1000000 < 1 ")));
});

Deno.test("routerRuleset() takes turns with the ports of a NAT, so that a rebinding always shows", () => {
  assert.deepEqual(rulesOf("nat"), [
    'translate iifname "c1" ct mark set 1 counter name mbox_1',
    'translate iifname "c1" meta l4proto { tcp, udp } masquerade to :20000-39999 fully-random',
    'translate iifname "c1" masquerade',
    'translate iifname "c2" ct mark set 2 counter name mbox_1',
    'translate iifname "c2" meta l4proto { tcp, udp } masquerade to :40000-59999 fully-random',
    'translate iifname "c2" masquerade',
  ]);
});

Deno.test("routerRuleset() diverts only new connections to the proxy, each family to its port", () => {
  assert.deepEqual(rulesOf("proxy,port=80,path=lte"), [
    'divert iifname "c2" meta nfproto ipv4 tcp dport 80 tcp flags & (syn | ack) == syn counter name mbox_1 ' +
    "redirect to :7004",
    'divert iifname "c2" meta nfproto ipv6 tcp dport 80 tcp flags & (syn | ack) == syn counter name mbox_1 ' +
    "redirect to :7006",
  ]);
});

Deno.test("routerRuleset() tracks connections only where NAT or a proxy needs it", () => {
  const text = (box: Middlebox) =>
    routerRuleset({ paths: PATHS, placed: [{ id: 4, box }], gone: [2, 3], proxy: null });
  const strip = text({ kind: "strip" });
  assert.match(strip, /^delete chain inet mpt_router translate$/m);
  assert.match(strip, /^delete chain inet mpt_router divert$/m);
  assert.match(strip, /^add counter inet mpt_router mbox_4$/m);
  assert.deepEqual(strip.match(/^delete counter .*$/gm), [
    "delete counter inet mpt_router mbox_2",
    "delete counter inet mpt_router mbox_3",
  ]);
  assert.doesNotMatch(text({ kind: "nat" }), /delete chain inet mpt_router translate/);
});

Deno.test("routerRuleset() has at least one rule for every middlebox, with its counter", () => {
  fc.assert(fc.property(fc.array(anyMiddlebox(["wifi", "lte"]), { minLength: 1, maxLength: 8 }), (boxes) => {
    const placed = boxes.map((box, index) => ({ id: index + 1, box }));
    const lines = routerRuleset({ paths: PATHS, placed, gone: [], proxy: { ipv4: 1, ipv6: 2 } }).split("\n");
    for (const { id } of placed) {
      assert(lines.some((line) => line.startsWith("add rule ") && line.split(" ").includes(`mbox_${id}`)));
    }
  }));
});

Deno.test("parseCounts() reads the counters in what nft 1.0.6 printed", () => {
  const counts = parseCounts(
    '{"nftables": [{"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", ' +
      '"json_schema_version": 1}}, {"counter": {"family": "inet", "name": "mbox_1", "table": "mpt_router", ' +
      '"handle": 4, "packets": 12, "bytes": 960}}]}\n',
  );
  assert.deepEqual([...counts], [["mbox_1", { packets: 12, bytes: 960 }]]);
  assert.equal(parseCounts('{"nftables": [null, 1, {"counter": null}]}').size, 0);
  for (const text of ["", "{}", "[]", '{"nftables": 1}', '{"nftables": [']) {
    assert.throws(() => parseCounts(text), { code: "ERR_PROTOCOL" });
  }
});

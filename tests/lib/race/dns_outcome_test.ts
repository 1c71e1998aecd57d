import assert from "node:assert/strict";
import { Ip } from "../../../lib/base/ip.ts";
import type { DnsResult } from "../../../lib/dns/resolver.ts";
import { DnsName } from "../../../lib/dns/wire/name.ts";
import type { DnsRecord } from "../../../lib/dns/wire/record.ts";
import { NO_PARAMS, type SvcParams } from "../../../lib/dns/wire/svcb.ts";
import { dnsOutcome } from "../../../lib/race/dns_outcome.ts";

const NAME = DnsName.parse("example.com");

function result(records: readonly DnsRecord[], parts: Partial<DnsResult> = {}): DnsResult {
  return {
    name: NAME,
    type: "HTTPS",
    status: records.length > 0 ? "positive" : "no-data",
    reason: null,
    records,
    names: [NAME],
    ttl: null,
    server: null,
    startMs: 0,
    endMs: 0,
    tries: [],
    ...parts,
  };
}

const service = (priority: number, target: string, params: Partial<SvcParams> = {}): DnsRecord => ({
  name: NAME,
  ttl: 1,
  type: "HTTPS",
  priority,
  target: DnsName.parse(target),
  params: { ...NO_PARAMS, ...params },
});

Deno.test("dnsOutcome() gives addresses, nothing, and failures", () => {
  const address = Ip.parse("192.0.2.1");
  assert.deepEqual(dnsOutcome(result([{ name: NAME, ttl: 1, type: "A", address }])), {
    kind: "addresses",
    addresses: [address],
  });
  assert.deepEqual(dnsOutcome(result([])), { kind: "negative" });
  assert.deepEqual(dnsOutcome(result([], { status: "no-name" })), { kind: "negative" });
  assert.deepEqual(dnsOutcome(result([], { status: "failed", reason: "timeout" })), {
    kind: "failed",
    reason: "timeout",
  });
});

Deno.test("dnsOutcome() takes an alias before the services beside it", () => {
  assert.deepEqual(dnsOutcome(result([service(1, "."), service(0, "CDN.example")])), {
    kind: "alias",
    target: "cdn.example",
  });
  assert.deepEqual(dnsOutcome(result([service(0, ".")])), { kind: "alias", target: "." });
});

Deno.test("dnsOutcome() gives services and marks those with a mandatory key that is unknown, or no port", () => {
  const outcome = dnsOutcome(result([
    service(1, ".", { mandatory: [1], alpn: ["h2"], port: 8443, ech: Uint8Array.of(1) }),
    service(2, "Alt.example", { mandatory: [667], unknown: [{ key: 667, value: new Uint8Array(0) }] }),
    service(3, ".", { port: 0 }),
  ]));
  assert.ok(outcome.kind === "services");
  assert.deepEqual(outcome.services.map(({ unusable }) => unusable), [false, true, true]);
  assert.deepEqual(outcome.services.map(({ target }) => target), [".", "alt.example", "."]);
  assert.deepEqual([outcome.services[0]?.port, outcome.services[0]?.alpn], [8443, ["h2"]]);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { MptError } from "../../../lib/base/errors.ts";
import type { PathInfo } from "../../../lib/base/path.ts";
import { pathFromJson, pathToJson } from "../../../lib/base/path_json.ts";
import { addresses } from "./arbitraries.ts";

const endpoints = fc.tuple(addresses, fc.nat(65535)).map(([ip, port]) => Endpoint.of(ip, port));
const measures = fc.oneof(fc.maxSafeNat(), fc.double({ min: 0, max: 1e12, noNaN: true }).map((x) => x + 0));

const paths: fc.Arbitrary<PathInfo> = fc.record({
  id: fc.maxSafeNat(),
  local: endpoints,
  remote: endpoints,
  interface: fc.stringMatching(/^[a-z0-9._-]{1,15}$/),
  state: fc.constantFrom("validating", "active", "stale", "failed", "closed"),
  status: fc.constantFrom("available", "backup"),
  rttMs: measures,
  minRttMs: measures,
  cwndBytes: measures,
  mtu: measures,
  bytesSent: fc.maxSafeNat(),
  bytesReceived: fc.maxSafeNat(),
  bytesRetransmitted: fc.maxSafeNat(),
  deliveryRateBps: measures,
}, {
  requiredKeys: [
    "id",
    "local",
    "remote",
    "state",
    "status",
    "bytesSent",
    "bytesReceived",
    "bytesRetransmitted",
  ],
  noNullPrototype: true,
});

const VALID = {
  id: 1,
  local: "192.0.2.1:443",
  remote: "[2001:db8::2]:50000",
  interface: null,
  state: "active",
  status: "available",
  rtt_ms: 12.5,
  min_rtt_ms: null,
  cwnd_bytes: null,
  mtu: null,
  bytes_sent: 1,
  bytes_received: 2,
  bytes_retransmitted: 0,
  delivery_rate_bps: null,
};

function refuses(value: unknown, message: RegExp): void {
  assert.throws(() => pathFromJson(value), (error) => {
    assert.ok(error instanceof MptError);
    assert.equal(error.code, "ERR_PROTOCOL");
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("pathFromJson() reads what pathToJson() wrote, through JSON text", () => {
  fc.assert(fc.property(paths, (path) => {
    assert.deepEqual(pathFromJson(JSON.parse(JSON.stringify(pathToJson(path)))), path);
  }));
});

Deno.test("pathToJson() has every key, with null for what is absent", () => {
  const path = pathFromJson(VALID);
  assert.deepEqual(pathToJson(path), VALID);
  assert.equal("mtu" in path, false);
});

Deno.test("pathFromJson() ignores unknown fields and takes missing optional ones as unknown", () => {
  const { interface: _interface, mtu: _mtu, ...rest } = VALID;
  const path = pathFromJson({ ...rest, color: "red" });
  assert.deepEqual(path, pathFromJson(VALID));
});

Deno.test("pathFromJson() gives a path or ERR_PROTOCOL, whatever the JSON", () => {
  const spoiled = fc.tuple(fc.constantFrom(...Object.keys(VALID)), fc.jsonValue())
    .map(([key, value]) => ({ ...VALID, [key]: value }));
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), spoiled), (value) => {
      try {
        const json = pathToJson(pathFromJson(value));
        assert.deepEqual(pathToJson(pathFromJson(json)), json);
      } catch (error) {
        assert.ok(error instanceof MptError, String(error));
        assert.equal(error.code, "ERR_PROTOCOL");
        assert.doesNotMatch(error.message, /\p{Cc}/u);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("pathFromJson() refuses any required field that is missing, by name", () => {
  const required = [
    "id",
    "local",
    "remote",
    "state",
    "status",
    "bytes_sent",
    "bytes_received",
    "bytes_retransmitted",
  ];
  for (const key of required) {
    refuses({ ...VALID, [key]: undefined }, new RegExp(`^Cannot read "${key}" of a path: `));
  }
});

Deno.test("pathFromJson() refuses hostile values", () => {
  for (const value of [null, undefined, 1, "path", [], [VALID]]) refuses(value, /not a JSON object/);
  for (const id of [-1, 0.5, 2 ** 53, "1", null, NaN]) refuses({ ...VALID, id }, /"id" .* whole number/);
  for (const rtt_ms of [-1, Infinity, NaN, 1e300, "1", true]) refuses({ ...VALID, rtt_ms }, /"rtt_ms"/);
  refuses({ ...VALID, state: "toString" }, /"state" .*"toString" is not one of validating, active/);
  refuses({ ...VALID, status: 1 }, /"status" .*it is not one of available, backup/);
  refuses({ ...VALID, interface: "" }, /"interface"/);
  refuses({ ...VALID, interface: "eth0\x1b[2J" }, /"interface"/);
  refuses({ ...VALID, interface: "x".repeat(256) }, /"interface"/);
  for (const local of ["192.0.2.1", "host:443", "tcp@192.0.2.1:443"]) {
    refuses({ ...VALID, local }, /"local" .*is not an address with a port/);
  }
  refuses({ ...VALID, local: "192.0.2.1:65536" }, /"local" of a path: .*not from 0 to 65535/);
  refuses({ ...VALID, remote: { toString: "x" } }, /"remote" of a path: it is not a text/);
});

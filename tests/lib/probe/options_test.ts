import assert from "node:assert/strict";
import { type DataKind, dataKindOf } from "../../../lib/probe/options.ts";
import { plan } from "./fixtures.ts";

Deno.test("dataKindOf() goes by what the server of a port expects", () => {
  const kinds: Readonly<Record<DataKind, readonly number[]>> = {
    tls: [443, 465, 636, 853, 993, 995, 8443],
    none: [21, 22, 25, 110, 143, 587, 3306, 5432, 6379],
    http: [80, 1, 3000, 4433, 8080, 65535],
  };
  for (const kind of ["tls", "none", "http"] as const) {
    for (const port of kinds[kind]) assert.equal(dataKindOf(port), kind, String(port));
  }
});

Deno.test("planProbe() takes the port of the target, else 443, and the data phase from it", () => {
  assert.deepEqual([plan({}, "host").port, plan({}, "host").data], [443, "tls"]);
  assert.deepEqual([plan({}, "host:4433").port, plan({}, "host:4433").data], [4433, "http"]);
  assert.equal(plan({ data: "auto" }, "host:22").data, "none");
  assert.equal(plan({ data: "http" }, "host:22").data, "http");
});

Deno.test("planProbe() has the documented defaults", () => {
  const { target: _target, ...rest } = plan();
  assert.deepEqual(rest, {
    port: 443,
    transports: ["tcp", "mptcp", "quic", "mpquic"],
    connectTimeoutMs: 5000,
    dataTimeoutMs: 5000,
    joinTimeoutMs: 3000,
    data: "tls",
    localAddress: undefined,
    interface: undefined,
    congestion: undefined,
    watchMs: 0,
    isolate: false,
    quic: {},
    alpn: ["h3", "hq-interop", "perf", "mpt", "doq"],
    quicTimeoutMs: 3000,
    transportsAsked: [],
  });
});

Deno.test("planProbe() waits longer for the quic that was asked for than for the one that was not", () => {
  const asked = plan({ transports: ["quic"], quic: { alpn: ["x"] } });
  assert.deepEqual([asked.transportsAsked, asked.quicTimeoutMs, asked.alpn], [["quic"], 5000, ["x"]]);
  assert.equal(plan({ connectTimeoutMs: 1000 }).quicTimeoutMs, 1000);
  assert.equal(plan({ connectTimeoutMs: 60_000 }).quicTimeoutMs, 3000);
});

Deno.test("planProbe() has quic where mpquic was asked for: several paths begin with one", () => {
  assert.deepEqual(plan({ transports: ["tcp", "mpquic"] }).transports, ["tcp", "quic", "mpquic"]);
  assert.deepEqual(plan({ transports: ["mpquic", "quic"] }).transports, ["mpquic", "quic"]);
});

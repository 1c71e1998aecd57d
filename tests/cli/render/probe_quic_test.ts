import assert from "node:assert/strict";
import { PLAIN } from "../../../cli/render/paint.ts";
import { renderProbe } from "../../../cli/render/probe.ts";
import { quicFacts } from "../../../cli/render/probe_quic.ts";
import { parametersJson } from "../../../lib/probe/quic/parameters.ts";
import type { QuicIdentityJson } from "../../../lib/probe/quic/result.ts";
import { DEFAULT_PARAMETERS } from "../../../lib/quic/wire/transport_parameters.ts";
import { endpoint, mptcp, path, quic, result, SKIPPED } from "../../lib/probe/fixtures.ts";

const CERTIFICATE: QuicIdentityJson = {
  trusted: "yes",
  trusted_by: "system",
  problem: null,
  reason: null,
  server_name: "example.com",
  type: "x509",
  pin: "sha256/XWVo/DoRGaPYq0fpTqlKse4/1T3Thc9AFWqgszkOVrI=",
  chain: [
    {
      subject: "CN=example.com",
      issuer: "CN=Example CA",
      names: ["example.com", "a.example", "b.example", "c.example", "d.example"],
      not_before: "2026-11-01T00:00:00.000Z",
      not_after: "2027-02-01T00:00:00.000Z",
      key: "ECDSA P-256",
    },
    {
      subject: "CN=Example CA",
      issuer: "CN=Root",
      names: [],
      not_before: "2020-01-01T00:00:00.000Z",
      not_after: "2030-01-01T00:00:00.000Z",
      key: "RSA 4096",
    },
  ],
};

const PARAMETERS = parametersJson({
  ...DEFAULT_PARAMETERS,
  initialMaxData: 1_048_576,
  initialMaxStreamDataBidiRemote: 524_288,
  initialMaxStreamsBidi: 100,
  initialMaxStreamsUni: 3,
  maxIdleTimeoutMs: 30_000,
  disableActiveMigration: true,
  unknown: [{ id: "3e", value: new Uint8Array(2) }],
});

const KERNEL = { tcp: SKIPPED, mptcp: mptcp({ status: "skipped", ms: null, detail: null, paths: [] }) };

const H3 = endpoint({
  ...KERNEL,
  quic: quic({ certificate: CERTIFICATE, transport_parameters: PARAMETERS }),
});

Deno.test("quicFacts() says what a server told in its handshake, in words", () => {
  assert.deepEqual(quicFacts([H3], PLAIN, false), [
    "",
    "QUIC to 198.51.100.1:443:",
    "  handshake    30.5 ms, round trip 12.0 ms",
    "  version      1, h3",
    "  encryption   TLS_AES_128_GCM_SHA256, x25519",
    "  certificate  for example.com, a.example, b.example and 2 more, from 2026-11-01 until 2027-02-01",
    "  trust        yes, as example.com, by the system's certificates",
    "  key          ECDSA P-256, sha256/XWVo/DoRGaPYq0fpTqlKse4/1T3Thc9AFWqgszkOVrI=",
    "  streams      100 bidirectional and 3 unidirectional ones at first",
    "  data         1.05 MB at first, 524 kB on one stream",
    "  datagrams    none",
    "  idle         it forgets the connection after 30.0 s",
    "  migration    not allowed",
  ]);
});

Deno.test("quicFacts() with --verbose adds the chain, what was offered, and every parameter", () => {
  const lines = quicFacts([H3], PLAIN, true).join("\n");
  assert.match(lines, /version +1, h3, also offered: hq-interop\n/);
  assert.match(lines, /\n {15}CN=Example CA, RSA 4096, until 2030-01-01\n/);
  assert.match(lines, /\n {2}issuer +CN=Example CA\n/);
  assert.match(lines, /\n {2}fixed bit +has to be set\n/);
  assert.match(lines, /\n {2}unknown +parameters 0x3e$/);
});

Deno.test("quicFacts() says once what several addresses have in common", () => {
  const other = endpoint({
    ...KERNEL,
    address: "2001:db8::1",
    quic: quic({ certificate: CERTIFICATE, transport_parameters: PARAMETERS, retry: true, paths: [] }),
  });
  const different = endpoint({ ...KERNEL, address: "198.51.100.9", quic: quic({ alpn: "perf" }) });
  const lines = quicFacts([H3, other, different], PLAIN, false);
  assert(
    lines.includes("QUIC to [2001:db8::1]:443: 30.5 ms, after a Retry; the rest as to 198.51.100.1:443"),
  );
  assert(lines.includes("QUIC to 198.51.100.9:443:"));
  assert.equal(lines.filter((line) => line.startsWith("  certificate")).length, 1);
});

Deno.test("quicFacts() shows a certificate that is not trusted with the reason, and nothing without a handshake", () => {
  const untrusted: QuicIdentityJson = {
    ...CERTIFICATE,
    trusted: "no",
    trusted_by: null,
    problem: "expired",
    reason: "it expired on 2026-01-01",
  };
  const lines = quicFacts([endpoint({ quic: quic({ certificate: untrusted }) })], PLAIN, false);
  assert(lines.includes("  trust        no: it expired on 2026-01-01"));
  assert.deepEqual(
    quicFacts([endpoint({ quic: quic({ status: "unknown" }) }), endpoint()], PLAIN, false),
    [],
  );
});

Deno.test("renderProbe() leaves out the columns of transports that nobody asked for", () => {
  const heading = (fields: Parameters<typeof endpoint>[0]): string =>
    renderProbe(result({ endpoints: [endpoint(fields)] }), PLAIN, false).split("\n")
      .find((line) => line.startsWith("ADDRESS"))!.replaceAll(/ +/g, " ");
  assert.equal(heading(KERNEL), "ADDRESS INTERFACE TCP CONNECT MPTCP CONNECT PATHS DATA");
  assert.equal(heading({ ...KERNEL, quic: quic() }), "ADDRESS INTERFACE QUIC HANDSHAKE DATA");
  assert.equal(
    heading({ quic: quic({ paths: [path(0)] }) }),
    "ADDRESS INTERFACE TCP CONNECT MPTCP CONNECT PATHS QUIC HANDSHAKE DATA",
  );
});

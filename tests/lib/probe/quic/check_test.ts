import assert from "node:assert/strict";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { probe, type ProbeOptions, type ProbeResult, requirementHolds } from "../../../../lib/probe/mod.ts";
import { QUIC_CODES } from "../../../../lib/probe/quic/codes.ts";
import type { QuicCheckJson } from "../../../../lib/probe/quic/result.ts";
import type { QuicListener } from "../../../../lib/quic/driver/api.ts";
import { listen } from "../../../../lib/quic/driver/listen.ts";
import type { QuicListenOptions } from "../../../../lib/quic/driver/options.ts";
import { PacketHeader } from "../../../../lib/quic/wire/packet_header.ts";
import { encodeVersionNegotiation } from "../../../../lib/quic/wire/write_packet.ts";
import { serve } from "../../../../lib/serve/mod.ts";
import { closedPort } from "../../../support/raw_tcp.ts";
import { rawUdp } from "../../../support/raw_udp.ts";
import { requires } from "../../../support/requires.ts";
import "../../../support/open_libc.ts";

/** A QUIC server that takes everybody and never says a word. */
async function listening(
  options: Partial<QuicListenOptions> = {},
): Promise<{ readonly listener: QuicListener } & AsyncDisposable> {
  const address = Endpoint.parse("127.0.0.1:0", { allowPortZero: true });
  const listener = await listen(address, { alpn: ["h3"], ...options });
  const taking = (async () => {
    for await (const _ of listener) continue;
  })();
  return {
    listener,
    async [Symbol.asyncDispose](): Promise<void> {
      await listener.close();
      await taking;
    },
  };
}

async function probeQuic(port: number, options: ProbeOptions = {}): Promise<[QuicCheckJson, ProbeResult]> {
  const result = await probe(Endpoint.parse(`127.0.0.1:${port}`), { transports: ["quic"], ...options });
  return [result.endpoints[0]!.quic, result];
}

function codes({ verdicts }: ProbeResult): readonly string[] {
  // Each can be explained
  for (const { code } of verdicts.filter((each) => /^m?p?quic-/.test(each.code))) {
    assert(QUIC_CODES.some((each) => each === code), code);
  }
  return verdicts.map(({ code, level }) => `${code} ${level}`);
}

Deno.test("a probe of mpt serve over QUIC tells handshake, certificate, parameters and the server's view", async () => {
  const address = Endpoint.parse("quic@127.0.0.1:0", { allowPortZero: true });
  await using server = await serve({ listen: [address] });
  const port = server.listeners[0]!.local.port!;
  const [quic, result] = await probeQuic(port);
  assert.deepEqual([quic.status, quic.reason, quic.answered], ["yes", null, true]);
  assert.deepEqual([quic.version, quic.versions, quic.alpn, quic.retry], ["1", null, "hq-interop", false]);
  assert(quic.ms !== null && quic.ms > 0);
  assert.match(quic.cipher_suite!, /^TLS_/);
  assert.equal(quic.group, "x25519");
  assert.equal(quic.detail?.data?.status, "yes");
  assert.match(quic.detail.data.text, /^mpt serve \d/);
  const view = quic.detail.server!;
  assert.deepEqual([view.transport, view.remote], ["quic", quic.paths[0]!.local]);
  assert.equal(quic.paths[0]!.state, "active");
  assert.deepEqual([quic.certificate?.trusted, quic.certificate?.problem], ["no", "self-signed"]);
  assert.equal(quic.transport_parameters?.initial_max_streams_bidi, 100);
  assert.equal(quic.transport_parameters.has_stateless_reset_token, true);
  assert.deepEqual(codes(result), ["quic-works ok", "quic-certificate-untrusted warn"]);
  assert.equal(requirementHolds(result, "quic"), "yes");
  assert.match(result.verdicts[1]!.fix!, /^--pin sha256\/\S+ if /);
});

Deno.test("a server of HTTP/3 is asked for its handshake and nothing else", async () => {
  await using server = await listening();
  const [quic] = await probeQuic(server.listener.local.port!);
  assert.deepEqual([quic.status, quic.alpn, quic.detail?.data], ["yes", "h3", null]);
  // The settings of the client's control stream would be the first bytes of HTTP/3
  assert.equal(quic.paths[0]!.state, "active");
});

Deno.test("whom to trust is a check that was asked for: a wrong pin fails, the right one is told", async () => {
  await using server = await listening();
  const { listener } = server;
  const port = listener.local.port!;
  const [right, trusted] = await probeQuic(port, { quic: { pins: [listener.pin] } });
  assert.deepEqual([right.certificate?.trusted, right.certificate?.trusted_by], ["yes", "pin"]);
  assert.deepEqual(codes(trusted), ["quic-works ok", "quic-certificate-trusted ok"]);
  const [given] = await probeQuic(port, { quic: { ca: listener.certificate } });
  assert.equal(given.certificate?.trusted_by, "ca");
  const [wrong, failed] = await probeQuic(port, { quic: { pins: [`sha256/${"A".repeat(43)}=`] } });
  assert.deepEqual([wrong.status, wrong.certificate?.problem], ["yes", "pin-mismatch"]);
  assert.deepEqual(codes(failed), ["quic-works ok", "quic-certificate-untrusted fail"]);
  const [named] = await probeQuic(port, { quic: { ca: listener.certificate, serverName: "other.example" } });
  assert.deepEqual([named.certificate?.problem, named.certificate?.server_name], [
    "host-mismatch",
    "other.example",
  ]);
  const [insecure, warned] = await probeQuic(port, { quic: { insecure: true } });
  assert.equal(insecure.certificate?.trusted, "no");
  assert.deepEqual(codes(warned), ["quic-works ok", "quic-certificate-untrusted info"]);
  assert.match(warned.warnings.join(), /--insecure/);
});

Deno.test("certificates to trust that cannot be read end the probe before it begins", async () => {
  await assert.rejects(probeQuic(1, { quic: { ca: "nothing" } }), { code: "ERR_INVALID_VALUE" });
});

Deno.test("a Retry is told", async () => {
  await using server = await listening({ retry: "always" });
  const [quic] = await probeQuic(server.listener.local.port!);
  assert.deepEqual([quic.status, quic.retry], ["yes", true]);
  assert.notEqual(quic.transport_parameters?.retry_source_connection_id, null);
});

Deno.test("a server that speaks none of the protocols offered leaves the question open", async () => {
  await using server = await listening({ alpn: ["private"] });
  const port = server.listener.local.port!;
  const [quic, result] = await probeQuic(port);
  assert.deepEqual([quic.status, quic.answered, quic.detail?.error], ["unknown", true, "ERR_TLS"]);
  assert.match(quic.reason!, /^the server speaks QUIC, but none of h3, hq-interop, perf, mpt, doq$/);
  assert.match(result.verdicts[0]!.fix!, /^--alpn/);
  const [agreed] = await probeQuic(port, { quic: { alpn: ["private"] } });
  assert.deepEqual([agreed.status, agreed.alpn, agreed.alpn_offered], ["yes", "private", ["private"]]);
});

Deno.test("a server that answers with other versions alone is a no, with the versions that it offers", async () => {
  const header = new PacketHeader();
  await using server = rawUdp((datagram) => {
    const bytes = new Uint8Array(datagram);
    if (header.read(bytes, 0, bytes.length, 8) !== null) return null;
    const source = bytes.slice(header.sourceStart, header.sourceEnd);
    const destination = bytes.slice(header.destinationStart, header.destinationEnd);
    return encodeVersionNegotiation(source, destination, [0x2a3a4a5a, 0x6b3343cf, 0xff00001d], 0);
  });
  const [quic, result] = await probeQuic(server.port);
  assert.deepEqual([quic.status, quic.answered, quic.version], ["no", true, null]);
  assert.deepEqual(quic.versions, ["0x2a3a4a5a", "0x6b3343cf", "0xff00001d"]);
  assert.match(quic.reason!, /not version 1: it offers 2, draft-29$/);
  assert.deepEqual(codes(result), ["quic-fails fail"]);
});

Deno.test("a server that is silent is unknown, within the time that is given", async () => {
  await using server = rawUdp(() => null);
  const [quic, result] = await probeQuic(server.port, { connectTimeoutMs: 300 });
  assert.deepEqual([quic.status, quic.answered, quic.detail?.error], ["unknown", false, "ERR_TIMED_OUT"]);
  assert.match(quic.reason!, /^no answer over UDP in 0\.3 s/);
  assert(server.received > 0);
  assert.equal(requirementHolds(result, "quic"), "unknown");
});

Deno.test("what is no QUIC at all is no answer", async () => {
  await using server = rawUdp((datagram) => datagram);
  const [quic] = await probeQuic(server.port, { connectTimeoutMs: 300 });
  assert.deepEqual([quic.status, quic.answered], ["unknown", false]);
});

Deno.test({
  name: "a port on which nothing listens is a no",
  ...requires("ffi"),
  async fn() {
    const [quic, result] = await probeQuic(closedPort());
    assert.deepEqual([quic.status, quic.detail?.error], ["no", "ERR_REFUSED"]);
    assert.match(quic.reason!, /nothing listens on this UDP port/);
    assert.deepEqual(codes(result), ["quic-fails fail"]);
  },
});

Deno.test("a probe that is cut short says so, and says nothing about the server", async () => {
  await using server = rawUdp(() => null);
  const controller = new AbortController();
  const probing = probeQuic(server.port, { signal: controller.signal });
  while (server.received === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort();
  const [quic, result] = await probing;
  assert.deepEqual([quic.status, quic.reason], ["unknown", "the probe was cut short"]);
  assert.equal(result.end.reason, "interrupted");
});

Deno.test("who did not ask for QUIC is told of it without a fault", async () => {
  await using server = rawUdp(() => null);
  const result = await probe(Endpoint.parse(`127.0.0.1:${server.port}`), { connectTimeoutMs: 200 });
  assert.deepEqual(codes(result).filter((each) => each.startsWith("quic")), ["quic-unknown info"]);
});

import assert from "node:assert/strict";
import { parsePerfReport, type PerfReport } from "../../../lib/protocol/perf_report.ts";
import { rawClient } from "../../support/raw_tcp.ts";
import { requires } from "../../support/requires.ts";
import { answerOf, ask, perfHeader, type Served, served, stillServes, upgrade } from "./served.ts";

const PAYLOAD = new Uint8Array(300_000).fill(7);

async function reportOf(server: Served, id: string): Promise<PerfReport> {
  const answer = await ask(server, `GET /perf/${id} HTTP/1.0\r\n\r\n`);
  assert.equal(answerOf(answer).status, 200, answer);
  return parsePerfReport(answerOf(answer).body);
}

for (const transport of ["tcp", "mptcp"] as const) {
  const needs = transport === "tcp" ? {} : requires("mptcp");

  Deno.test({
    name: `${transport}: raw perf takes an upload and then sends exactly what was wanted`,
    ...needs,
    async fn() {
      await using server = await served({}, transport);
      for (const [index, wanted] of [0, 1, 1_000_000].entries()) {
        await using client = await rawClient(server.port);
        await client.send(perfHeader(BigInt(wanted)));
        await client.send(PAYLOAD);
        client.end();
        assert.equal((await client.rest()).length, wanted);
        const { protocol, bytes_received, bytes_sent, end, requests } = await server.ended(index);
        assert.deepEqual({ protocol, bytes_received, bytes_sent, end, requests }, {
          protocol: "perf",
          bytes_received: PAYLOAD.length,
          bytes_sent: wanted,
          end: "done",
          requests: 1,
        });
      }
    },
  });
}

Deno.test("raw perf sends nothing before the upload has ended (draft-banks-quic-performance 2.3)", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  await client.send(perfHeader(10n));
  await client.send("x");
  // An answer to somebody else shows that the server had the time to be wrong.
  await stillServes(server);
  assert.equal(client.received, "");
  client.end();
  assert.equal((await client.rest()).length, 10);
});

Deno.test("an upgrade to perf sends at once while the client's side stays open, and the report tells what went out", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  const id = await upgrade(client);
  await client.send(perfHeader(400_000n));
  assert.equal(answerOf(await client.rest()).body.length, 400_000);
  await server.ended(0);
  const { schema, end, received, sent, paths } = await reportOf(server, id);
  assert.deepEqual([schema, end, received, sent?.bytes], ["mpt.perf/1", "done", null, 400_000]);
  assert.equal(sent?.intervals.reduce((sum, each) => sum + each.bytes, 0), 400_000);
  assert.equal(paths.length, 1);
});

Deno.test("a report is there before its transfer has ended, and says so", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  const id = await upgrade(client);
  const { end, received, sent } = await reportOf(server, id);
  assert.deepEqual([end, received, sent], ["running", null, null]);
  await client.send(perfHeader(1000n));
  await client.rest();
  const after = await reportOf(server, id);
  assert.deepEqual([after.end, after.sent?.bytes], ["done", 1000]);
});

Deno.test("Perf-Duration-Ms ends the download in order before all is sent", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  const fields = "Perf-Duration-Ms: 150\r\nPerf-Interval-Ms: 50\r\n";
  const id = await upgrade(client, fields);
  client.discard();
  await client.send(perfHeader(50_000_000_000n));
  await client.rest();
  await server.ended(0);
  const { end, sent } = await reportOf(server, id);
  assert.equal(end, "duration");
  assert(sent !== null && sent.bytes > 0 && sent.bytes < 50_000_000_000);
  assert.equal(client.discarded, sent.bytes);
  assert(sent.duration_ms >= 150, `it ended after ${sent.duration_ms} ms`);
  assert(sent.intervals.length >= 2, `${sent.intervals.length} intervals`);
});

Deno.test("perf fields that are no numbers are passed over", async () => {
  await using server = await served();
  for (const value of ["", "-1", "1.5", "soon", "99999999999999"]) {
    await using client = await rawClient(server.port);
    const fields = `Perf-Duration-Ms: ${value}\r\nPerf-Interval-Ms: ${value}\r\n`;
    await upgrade(client, fields);
    await client.send(perfHeader(1000n));
    assert.equal(answerOf(await client.rest()).body.length, 1000, value);
  }
});

Deno.test("/perf without an upgrade is 426 and says what to send", async () => {
  await using server = await served();
  for (const field of ["", "Upgrade: websocket\r\n"]) {
    const { status, head } = answerOf(await ask(server, `GET /perf HTTP/1.1\r\nHost: a\r\n${field}\r\n`));
    assert.equal(status, 426);
    assert.match(head, /^upgrade: perf\r$/im);
  }
});

Deno.test({
  name: "perf with a congestion control that the kernel does not have is 400 with the reason",
  ...requires("ffi"),
  async fn() {
    await using server = await served();
    const request = "GET /perf HTTP/1.1\r\nHost: a\r\nUpgrade: perf\r\nPerf-Congestion: nonsense\r\n\r\n";
    const { status, body } = answerOf(await ask(server, request));
    assert.equal(status, 400);
    assert.match(body, /^Cannot .*nonsense/);
    await stillServes(server);
  },
});

Deno.test("the token opens perf by upgrade and nothing opens raw perf on such a server", async () => {
  await using server = await served({ token: "secret" });
  await using client = await rawClient(server.port);
  await upgrade(client, "Authorization: Bearer secret\r\n");
  await client.send(perfHeader(1000n));
  assert.equal(answerOf(await client.rest()).body.length, 1000);

  await using raw = await rawClient(server.port);
  await raw.send(perfHeader(1000n));
  raw.end();
  assert.equal(await raw.rest(), "");
  const { end, error, bytes_sent } = await server.ended(1);
  assert.deepEqual([end, error?.code, bytes_sent], ["error", "ERR_PERMISSION", 0]);
});

Deno.test("a client that breaks off is reported as that, and its report stays as it was", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  const id = await upgrade(client, "Perf-Interval-Ms: 50\r\n");
  await client.send(perfHeader(50_000_000_000n));
  await client.until(/\r\n\r\n\0/);
  client.reset();
  const { end, error } = await server.ended(0);
  assert.deepEqual([end, error?.code], ["reset", "ERR_RESET"]);
  const first = await reportOf(server, id);
  assert.equal(first.end, "reset");
  assert(first.sent !== null && first.sent.bytes > 0);
  // Its clock has stopped with it.
  assert.deepEqual(await reportOf(server, id), first);
});

Deno.test("a client that leaves inside the perf header is reported as that", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  await client.send("\0\0\0");
  client.end();
  await client.rest();
  const { end, protocol, error } = await server.ended(0);
  assert.deepEqual([end, protocol, error?.code], ["reset", "perf", "ERR_CLOSED"]);
});

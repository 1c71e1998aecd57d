import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { Ip } from "../../../lib/base/ip.ts";
import type { Verdict } from "../../../lib/base/result.ts";
import { bench, type BenchOptions, type BenchResult, type BenchRun } from "../../../lib/bench/mod.ts";
import { decodePerfHeader, PERF_HEADER_BYTES } from "../../../lib/protocol/perf.ts";
import { listen, type QuicStream } from "../../../lib/quic/mod.ts";
import { serve, type ServeOptions, type Server } from "../../../lib/serve/mod.ts";
import { QuicTransportListener } from "../../../lib/transport/quic.ts";
import { closedPort } from "../../support/raw_tcp.ts";
import { requires } from "../../support/requires.ts";
import "../../support/open_libc.ts";

const ANY_PORT = Endpoint.parse("quic@127.0.0.1:0", { allowPortZero: true });

/** `mpt serve` over QUIC, and what to trust it by. */
async function served(
  options: ServeOptions = {},
): Promise<{ server: Server; target: Endpoint; pin: string }> {
  const server = await serve({ listen: [ANY_PORT], synMirrorPort: null, ...options });
  const [listener] = server.listeners;
  assert(listener instanceof QuicTransportListener);
  return { server, target: listener.local, pin: listener.pin };
}

const QUIC: BenchOptions = { transports: ["quic"], bytes: 300_000, intervalMs: 50 };

interface Foreign extends AsyncDisposable {
  readonly local: Endpoint;
  readonly pin: string;
}

/** A perf server of somebody else: nothing but perf, or another protocol, served by hand. */
async function foreign(
  alpn: readonly string[],
  onStream: (stream: QuicStream) => Promise<void>,
): Promise<Foreign> {
  const listener = await listen(ANY_PORT, { alpn });
  const over: Promise<void>[] = [];
  void (async () => {
    for await (const connection of listener) {
      over.push(connection.closed);
      void (async () => {
        for (
          let next = await connection.acceptStream();
          next !== null;
          next = await connection.acceptStream()
        ) {
          onStream(next).catch(() => {});
        }
      })();
    }
  })();
  const { local, pin } = listener;
  return {
    local,
    pin,
    async [Symbol.asyncDispose]() {
      await listener.close();
      // Its socket stays as long as a connection
      await Promise.all(over);
    },
  };
}

async function perf(stream: QuicStream): Promise<void> {
  let header = new Uint8Array(0);
  await stream.consume((chunk) => {
    if (header.length < PERF_HEADER_BYTES) header = Uint8Array.of(...header, ...chunk.subarray(0, 8));
  });
  for (let left = decodePerfHeader(header); left > 0;) {
    const piece = new Uint8Array(Math.min(left, 65_536));
    await stream.write(piece);
    left -= piece.length;
  }
  await stream.closeWrite();
}

const failure = (result: BenchResult): unknown => result.runs.map(({ error }) => error);

Deno.test("bench() measures QUIC to mpt serve both ways: every byte, intervals, paths, RTT and stalls", async () => {
  const { server, target, pin } = await served();
  await using _server = server;
  const directions = ["download", "upload"] as const;
  const result = await bench(target, { ...QUIC, directions, streams: 2, quic: { pins: [pin] } });
  assert.deepEqual(failure(result), [null, null]);
  assert.deepEqual(result.runs.map(({ transport, direction, bytes }) => [transport, direction, bytes]), [
    ["quic", "download", 300_000],
    ["quic", "upload", 300_000],
  ]);
  for (const run of result.runs) {
    assert(run.goodput_bps > 0 && run.duration_ms > 0 && run.longest_stall_ms !== null, run.direction);
    assert.equal(run.intervals.reduce((sum, { bytes }) => sum + bytes, 0), 300_000);
    assert(run.paths.length >= 1 && run.paths[0]!.remote === target.address);
    assert((run.rtt_ms?.min ?? 0) > 0, run.direction);
  }
  const [download, upload] = result.runs;
  assert.equal(download!.blocked, null);
  assert.deepEqual(
    Object.keys(upload!.blocked!),
    ["congestion", "pacing", "connection_flow_control", "stream_flow_control"],
  );
  assert(!result.warnings.some((text) => text.includes("did not report")), result.warnings.join());
  assert.equal(result.verdicts.filter(({ code }) => code === "measured").length, 2);
});

Deno.test("bench() ends a QUIC transfer after its duration, whichever way it goes", async () => {
  const { server, target, pin } = await served();
  await using _server = server;
  const result = await bench(target, {
    transports: ["quic"],
    directions: ["download", "upload"],
    durationMs: 200,
    intervalMs: 50,
    quic: { pins: [pin] },
  });
  assert.deepEqual(failure(result), [null, null]);
  for (const run of result.runs) assert(run.bytes > 0 && run.duration_ms >= 199, JSON.stringify(run));
});

Deno.test("bench() puts tcp and quic to one port into one result", async () => {
  const tcp = await serve({
    listen: [Endpoint.parse("tcp@127.0.0.1:0", { allowPortZero: true })],
    synMirrorPort: null,
  });
  await using _tcp = tcp;
  const target = tcp.listeners[0]!.local;
  const { server, pin } = await served({ listen: [target.withTransport("quic")] });
  await using _server = server;
  const result = await bench(target, { ...QUIC, transports: ["tcp", "quic"], quic: { pins: [pin] } });
  assert.deepEqual(result.runs.map(({ transport, error }) => [transport, error]), [["tcp", null], [
    "quic",
    null,
  ]]);
});

Deno.test("bench() measures any perf server: it asks for nothing but perf, and says what it does not know", async () => {
  await using listener = await foreign(["perf"], perf);
  const options: BenchOptions = {
    ...QUIC,
    directions: ["download", "upload"],
    quic: { pins: [listener.pin] },
  };
  const result = await bench(listener.local, options);
  assert.deepEqual(failure(result), [null, null]);
  assert.deepEqual(result.runs.map(({ bytes }) => bytes), [300_000, 300_000]);
  assert(result.warnings.includes("The server is not mpt serve."));
});

Deno.test("bench() asks again when a perf server gives less than there is time for", async () => {
  let asked = 0;
  await using listener = await foreign(["perf"], async (stream) => {
    asked++;
    await stream.consume(() => {});
    await stream.write(new Uint8Array(100));
    await stream.closeWrite();
  });
  const result = await bench(listener.local, {
    transports: ["quic"],
    durationMs: 100,
    intervalMs: 50,
    quic: { pins: [listener.pin] },
  });
  assert.deepEqual(failure(result), [null]);
  assert(asked > 1 && result.runs[0]!.bytes > 100);
});

Deno.test("bench() takes the name that --alpn gives perf", async () => {
  await using listener = await foreign(["perf-11"], perf);
  const quic = { pins: [listener.pin], alpn: ["perf-11"] };
  const result = await bench(listener.local, { ...QUIC, quic });
  assert.deepEqual([failure(result), result.runs[0]!.bytes], [[null], 300_000]);
});

Deno.test({
  name: "bench() over QUIC to a port where nothing listens: ERR_REFUSED with what would help",
  ...requires("ffi"),
  async fn() {
    const target = Endpoint.parse(`127.0.0.1:${closedPort()}`);
    await assert.rejects(bench(target, QUIC), {
      code: "ERR_REFUSED",
      fix: /UDP port: run mpt serve --listen mpquic@/,
    });
  },
});

Deno.test("bench() to a QUIC server without perf: ERR_PROTOCOL with what would help", async () => {
  await using listener = await foreign(["h3"], perf);
  await assert.rejects(bench(listener.local, { ...QUIC, quic: { pins: [listener.pin] } }), {
    code: "ERR_PROTOCOL",
    message: `Cannot measure ${listener.local.address}: the server speaks QUIC, but not perf`,
    fix: "run mpt serve --listen quic@... on that machine, or name what its perf goes by with --alpn",
  });
});

Deno.test("bench() with a wrong pin, or none for a self-signed certificate: ERR_TLS with what would help", async () => {
  const { server, target } = await served();
  await using _server = server;
  const pins = [`sha256/${btoa("x".repeat(32))}`];
  for (const quic of [{ pins }, {}]) {
    await assert.rejects(bench(target, { ...QUIC, quic }), { code: "ERR_TLS", fix: /^--pin / });
  }
});

Deno.test("bench() with --insecure measures, and warns that nobody has checked the server", async () => {
  const { server, target } = await served();
  await using _server = server;
  const result = await bench(target, { ...QUIC, quic: { insecure: true } });
  assert.deepEqual(failure(result), [null]);
  assert(result.warnings.includes("Nobody has checked who the server is: --insecure."));
  assert.equal(result.options["insecure"], true);
});

Deno.test("bench() says that a perf server which resets the stream is not willing", async () => {
  await using listener = await foreign(["perf"], async (stream) => {
    await stream.read();
    stream.abort(7);
  });
  const directions = ["download", "upload"] as const;
  const result = await bench(listener.local, { ...QUIC, directions, quic: { pins: [listener.pin] } });
  for (const { error } of result.runs) {
    assert.deepEqual([error?.code, error?.message], [
      "ERR_RESET",
      "Cannot finish the transfer: the server reset the stream",
    ]);
  }
});

const MANY = [Endpoint.parse("mpquic@127.0.0.1:0", { allowPortZero: true })];

/** Breaks the only path of a download; the run, and what was said of it. */
async function breakOnlyPath(
  durationMs: number,
  how: "silent" | "close",
): Promise<{ readonly run: BenchRun; readonly said: Verdict | undefined }> {
  const { server, target, pin } = await served({ listen: MANY });
  await using _server = server;
  const { runs: [run], verdicts } = await bench(target, {
    transports: ["mpquic"],
    durationMs,
    intervalMs: 50,
    fail: { path: 0, afterMs: 100, how },
    quic: { pins: [pin] },
  });
  return { run: run!, said: verdicts.find(({ code }) => code === "path-broken") };
}

Deno.test("bench() that breaks the only path says that nothing arrived any more, and not that it went on", async () => {
  const { run, said } = await breakOnlyPath(400, "silent");
  assert.deepEqual([run.failure?.path, run.failure?.recovered, run.failure_missed], [0, false, null]);
  assert.equal(said?.level, "fail");
  assert.match(said.text, /and nothing arrived in the \S+ \S+ until the end: there was no other path\.$/);
});

for (const how of ["silent", "close"] as const) {
  Deno.test(`bench() that breaks one of two paths (${how}) says that the transfer went on`, async () => {
    let planned: readonly string[] = [];
    const { server, target, pin } = await served({ listen: MANY });
    await using _server = server;
    const { runs: [run], verdicts } = await bench(target, {
      transports: ["mpquic"],
      durationMs: how === "close" ? 1000 : 3000,
      fail: { path: 0, afterMs: 100, how },
      paths: ["127.0.0.1", "127.0.0.2"].map((local) => ({ local: Ip.parse(local) })),
      quic: { pins: [pin] },
    }, (event) => {
      if (event.event === "plan") planned = event.paths;
    });
    assert.deepEqual(planned, [`127.0.0.1 to ${target.address}`, `127.0.0.2 to ${target.address}`]);
    const { failure, error } = run!;
    assert.deepEqual([error, failure?.recovered, failure?.how], [null, true, how], JSON.stringify(failure));
    if (how === "close") assert.deepEqual(run!.paths.map(({ state }) => state), ["closed", "active"]);
    const said = verdicts.find(({ code }) => code === "path-broken");
    assert.equal(said?.level, "info");
    assert.equal(
      said.text.includes(", by closing its socket: the transfer went on"),
      how === "close",
      said.text,
    );
  });
}

Deno.test("bench() that closes the only socket says that the transfer did not survive it", async () => {
  const { run, said } = await breakOnlyPath(1000, "close");
  assert.equal(run.error?.code, "ERR_CLOSED");
  assert.match(said!.text, /the transfer did not survive it\.$/);
});

Deno.test("bench() whose path could not be broken says why: there is none, or the transfer was over before", async () => {
  const { server, target, pin } = await served({ listen: MANY });
  await using _server = server;
  const missed = async (options: BenchOptions): Promise<readonly unknown[]> => {
    const quic = { pins: [pin] };
    const { runs: [run], verdicts } = await bench(target, {
      transports: ["mpquic"],
      intervalMs: 50,
      quic,
      ...options,
    });
    const said = verdicts.find(({ code }) => code === "path-not-broken");
    return [run!.error, run!.failure, run!.failure_missed, said?.level, said?.text];
  };
  assert.deepEqual(await missed({ durationMs: 300, fail: { path: 5, afterMs: 50 } }), [
    ...[null, null, "no-such-path", "unknown"],
    "No path of the download was broken: there was no such path; the ids are 0.",
  ]);
  assert.deepEqual(await missed({ bytes: 1000, fail: { path: 0, afterMs: 60_000 } }), [
    ...[null, null, "over-before", "unknown"],
    "No path of the download was broken: the transfer was over before.",
  ]);
});

Deno.test("bench() of mpquic to a server of one path says what it had, and that it was not what was asked for", async () => {
  const { server, target, pin } = await served();
  await using _server = server;
  const { verdicts } = await bench(target, { ...QUIC, transports: ["mpquic"], quic: { pins: [pin] } });
  assert.match(verdicts[0]!.text, /^QUIC in place of multipath QUIC, download: /);
  assert.equal(verdicts[1]!.code, "mpquic-not-agreed");
});

Deno.test("bench() over QUIC to a server with a token: the run says why there is none", async () => {
  const { server, target, pin } = await served({ token: "0123456789abcdef" });
  await using _server = server;
  const result = await bench(target, { ...QUIC, token: "0123456789abcdef", quic: { pins: [pin] } });
  assert.deepEqual(failure(result), [{
    code: "ERR_PROTOCOL",
    message: "Cannot measure over quic: the server wants its token, and perf over QUIC has no place for it",
    fix: null,
  }]);
});

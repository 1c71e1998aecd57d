import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import type { MptErrorCode } from "../../../lib/base/errors.ts";
import { bench, type BenchOptions, type BenchResult } from "../../../lib/bench/mod.ts";
import "../../support/open_libc.ts";
import { closedPort, type RawPeer, rawServer } from "../../support/raw_tcp.ts";

const CHECK = JSON.stringify({
  schema: "mpt.check/1",
  server: { name: "mpt", version: "0.1.0" },
  transport: "tcp",
  fallback: false,
  local: "127.0.0.1:1",
  remote: "127.0.0.1:2",
  paths: [],
  counters: {},
  addresses: [],
  syn_mirror_port: null,
  limits: { max_bytes: 1_000_000_000, max_duration_ms: 60_000, token_required: false },
});

function http(body: string, status: string = "200 OK"): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** A report that is not what this end saw. */
const REPORT = JSON.stringify({
  schema: "mpt.perf/1",
  end: "done",
  received: {
    bytes: 4,
    duration_ms: 2,
    longest_stall_ms: 0,
    longest_stall_at_ms: null,
    intervals: [],
    rtt_samples_ms: [],
  },
  sent: null,
  paths: [],
});

const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: perf\r\nperf-id: x\r\n\r\n";

/** A server that answers the check like mpt serve, and a perf request as the test says. */
function almostMptServe(
  perf: (peer: RawPeer) => void | Promise<void>,
  check: string = CHECK,
): ReturnType<typeof rawServer> {
  return rawServer(async (peer) => {
    const [, target] = await peer.until(/^[A-Z]+ (\S+) [^]*\r\n\r\n/);
    if (target === "/") await peer.send(http(check));
    else if (target === "/perf") await perf(peer);
    else await peer.send(http("no such report", "404 Not Found"));
  });
}

function of(address: string, options: BenchOptions = {}): Promise<BenchResult> {
  return bench(Endpoint.parse(address), { transports: ["tcp"], durationMs: 300, intervalMs: 50, ...options });
}

async function failsWith(
  work: Promise<BenchResult>,
  code: MptErrorCode,
  message: RegExp,
): Promise<BenchResult["runs"][number]> {
  const { runs: [run], end, verdicts, aggregation } = await work;
  assert.deepEqual([run!.error?.code, end.reason, aggregation], [code, "done", null], run!.error?.message);
  assert.match(run!.error!.message, message);
  assert.equal(verdicts[0]?.code, "run-failed");
  return run!;
}

Deno.test("bench() of a port where nobody listens: ERR_REFUSED", async () => {
  await assert.rejects(of(`127.0.0.1:${closedPort()}`), { code: "ERR_REFUSED" });
});

Deno.test("bench() of another server says so: ERR_PROTOCOL", async () => {
  const answers: readonly string[] = [
    http("<html>"),
    http("nothing", "404 Not Found"),
    http('{"schema": "mpt.check/1", broken'),
    "SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "\x00\x1b[2J\n\n",
    "\x00\x1b[2J".repeat(10_000),
  ];
  for (const answer of answers) {
    await using server = await rawServer(async (peer) => {
      await peer.until(/\r\n\r\n/);
      await peer.send(answer);
    });
    await assert.rejects(of(server.address), {
      code: "ERR_PROTOCOL",
      message: `Cannot measure ${server.address}: mpt serve does not answer there (it is another server)`,
      fix: "run mpt serve on that machine and measure its port",
    });
  }
});

Deno.test("bench() of a server that closes the connection in place of an answer, or inside one, says so", async () => {
  for (const answer of ["", http(CHECK).slice(0, -20)]) {
    await using server = await rawServer(async (peer) => {
      await peer.until(/\r\n\r\n/);
      await peer.send(answer);
      peer.end();
    });
    await assert.rejects(of(server.address), {
      code: "ERR_PROTOCOL",
      message:
        `Cannot measure ${server.address}: mpt serve does not answer there (it closed the connection instead)`,
    });
  }
});

Deno.test("bench() of a server that says nothing, from the start or to perf, ends after 5 seconds", async () => {
  await using silent = await rawServer(() => {});
  await using almost = await almostMptServe(() => {});
  await Promise.all([
    assert.rejects(of(silent.address), {
      code: "ERR_PROTOCOL",
      message: `Cannot measure ${silent.address}: mpt serve does not answer there (it gave no answer in 5 s)`,
    }),
    failsWith(of(almost.address), "ERR_TIMED_OUT", /^Cannot start the transfer: no answer in 5 s$/),
  ]);
});

Deno.test("bench() of a server that refuses perf repeats its reason, without its control characters", async () => {
  await using server = await almostMptServe(async (peer) => {
    await peer.send(http("out of\x1b[2J\r\norder", "503 Service Unavailable"));
  });
  const message =
    /^Cannot start the transfer: the server answered 503 Service Unavailable \(out of \[2J order\)$/;
  await failsWith(of(server.address), "ERR_PROTOCOL", message);
});

for (const direction of ["download", "upload"] as const) {
  Deno.test(`bench() asks a server that is full once more, on a connection of its own: ${direction}`, async () => {
    let asked = 0;
    await using server = await almostMptServe(async (peer) => {
      if (asked++ === 0) return await peer.send(http("full", "503 Service Unavailable"));
      await peer.send(direction === "download" ? `${SWITCH}1234` : http(REPORT));
      peer.end();
    });
    // So little is sent before the answer comes that it cannot be too early.
    const bytes = direction === "download" ? 4 : 1;
    const { runs: [run] } = await of(server.address, { bytes, directions: [direction] });
    assert.deepEqual([run!.error, run!.bytes, asked], [null, 4, 2]);
  });
}

Deno.test("bench() of a server that resets in the middle of a download keeps what arrived", async () => {
  await using server = await almostMptServe(async (peer) => {
    await peer.send(SWITCH);
    await peer.until(/\r\n\r\n[^]{8}/);
    await peer.send(new Uint8Array(100_000));
    // The reset must not overtake the bytes: the client asks for nothing more, so time has to tell.
    await new Promise((resolve) => setTimeout(resolve, 100));
    peer.reset();
  });
  const run = await failsWith(of(server.address), "ERR_RESET", /the other end reset the connection$/);
  assert.equal(run.bytes, 100_000);
});

Deno.test("bench() of a server that ends a download too early says so: ERR_CLOSED", async () => {
  await using server = await almostMptServe(async (peer) => {
    await peer.send(SWITCH);
    await peer.until(/\r\n\r\n[^]{8}/);
    await peer.send(new Uint8Array(1000));
    peer.end();
  });
  await failsWith(
    of(server.address, { bytes: 5000 }),
    "ERR_CLOSED",
    /^Cannot finish the transfer: the server ended it after 1000 of 5000 bytes$/,
  );
  await failsWith(
    of(server.address, { durationMs: 10_000 }),
    "ERR_CLOSED",
    /^Cannot finish the transfer: the server ended it after \d+ of 10000 ms$/,
  );
});

Deno.test("bench() of a server that sends more than was asked for ends there: the cost was told before", async () => {
  await using server = await almostMptServe(async (peer) => {
    await peer.send(SWITCH);
    await peer.until(/\r\n\r\n[^]{8}/);
    await peer.send(new Uint8Array(2_000_000));
  });
  const run = await failsWith(
    of(server.address, { bytes: 1_000_000 }),
    "ERR_PROTOCOL",
    /^Cannot finish the transfer: the server sends more than was asked for$/,
  );
  assert(run.bytes <= 1_000_000);
});

for (
  const [what, answer, code, message] of [
    ["nonsense", http("{}"), "ERR_PROTOCOL", /^Cannot read the perf report: /],
    ["nothing", "", "ERR_CLOSED", /^Cannot read the answer: the other end closed the connection instead$/],
  ] as const
) {
  Deno.test(`bench() whose upload is answered with ${what} on the way failed, and was not cut short`, async () => {
    await using server = await almostMptServe(async (peer) => {
      peer.pause();
      await peer.send(answer);
      peer.end();
    });
    const upload: BenchOptions = { durationMs: 10_000, directions: ["upload"] };
    await failsWith(of(server.address, upload), code, message);
  });
}

Deno.test("bench() of a server that resets in the middle of an upload ends with the reason", async () => {
  await using server = await almostMptServe(async (peer) => {
    await peer.until(/\r\n\r\n[^]{100}/);
    peer.reset();
  });
  const run = await failsWith(of(server.address, { directions: ["upload"] }), "ERR_RESET", /^Cannot /);
  // Only the receiver could tell how long it stood still.
  assert.equal(run.longest_stall_ms, null);
});

for (const bound of [{ durationMs: 10_000 }, { bytes: 1_000_000_000 }] as const) {
  const upload: BenchOptions = { ...bound, directions: ["upload"] };

  Deno.test(`bench() whose upload of ${JSON.stringify(bound)} is refused on the way, without being read, stops at once`, async () => {
    await using server = await almostMptServe(async (peer) => {
      peer.pause();
      await peer.send(http("too much", "413 Content Too Large"));
    });
    await failsWith(
      of(server.address, upload),
      "ERR_PROTOCOL",
      /^Cannot start the transfer: the server answered 413 Content Too Large \(too much\)$/,
    );
  });

  Deno.test(`bench() whose upload of ${JSON.stringify(bound)} has a report before its end says so: ERR_PROTOCOL`, async () => {
    await using server = await almostMptServe(async (peer) => {
      await peer.send(http(REPORT));
    });
    const message = /^Cannot finish the transfer: the server answered before it had everything$/;
    await failsWith(of(server.address, upload), "ERR_PROTOCOL", message);
  });
}

Deno.test("bench() of an upload takes the report for what arrived, and nothing else for a report", async () => {
  const answers: readonly (readonly [string, RegExp | null])[] = [
    [http(REPORT), null],
    ["HTTP/1.1 100 Continue\r\n\r\n" + http(REPORT), null],
    [http("{}"), /^Cannot read the perf report: /],
    [http("thank you"), /^Cannot read the perf report: it is not JSON$/],
    [`HTTP/1.1 200 OK\r\n\r\n${REPORT}`, /^Cannot read the perf report: it has no fair length$/],
    ["HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", /^Cannot read \d+ bytes: /],
    ["SSH-2.0-OpenSSH_9.9\r\n\r\n", /^Cannot read the HTTP answer: /],
    ["", /^Cannot read the answer: the other end closed the connection instead$/],
  ];
  for (const [answer, message] of answers) {
    await using server = await almostMptServe(async (peer) => {
      await peer.until(/\r\n\r\n\0{5}$/);
      await peer.send(answer);
      peer.end();
    });
    const { runs: [run] } = await of(server.address, { bytes: 5, directions: ["upload"] });
    if (message === null) assert.deepEqual([run!.error, run!.bytes, run!.duration_ms], [null, 4, 2]);
    else assert.match(run!.error?.message ?? "", message);
  }
});

Deno.test("bench() of a server that promises absurd limits still ends", async () => {
  const check = CHECK.replace("1000000000", "9007199254740991").replace("60000", "9007199254740991");
  await using server = await almostMptServe(async (peer) => {
    await peer.send(SWITCH);
    await peer.until(/\r\n\r\n[^]{8}/);
    await peer.send("12345");
    peer.end();
  }, check);
  const { runs: [run] } = await of(server.address, { bytes: 5 });
  assert.deepEqual([run!.error, run!.bytes], [null, 5]);
});

Deno.test("bench() of a server that never ends a download is cut short by its signal", async () => {
  const stop = new AbortController();
  await using server = await almostMptServe(async (peer) => {
    await peer.send(SWITCH);
    await peer.until(/\r\n\r\n[^]{8}/);
    await peer.send("12345");
    stop.abort();
  });
  const { end, runs: [run] } = await of(server.address, { signal: stop.signal });
  assert.deepEqual([end.reason, run!.error?.code], ["interrupted", "ERR_ABORTED"]);
});

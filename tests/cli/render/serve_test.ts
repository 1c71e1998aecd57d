import assert from "node:assert/strict";
import { PLAIN } from "../../../cli/render/paint.ts";
import { howToUse, type Reachable, renderServeEvent } from "../../../cli/render/serve.ts";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { Ip } from "../../../lib/base/ip.ts";
import type { ServeEvent } from "../../../lib/serve/mod.ts";

const CONNECTION: ServeEvent = {
  event: "connection",
  listener: "[::]:4433",
  remote: "192.0.2.1:50000",
  transport: "mptcp",
  fallback: false,
  protocol: "perf",
  requests: 1,
  bytes_received: 8,
  bytes_sent: 62_500_000,
  duration_ms: 5012,
  paths: 2,
  end: "done",
  error: null,
};

function line(event: ServeEvent, verbose: boolean = false): string | null {
  return renderServeEvent(event, PLAIN, verbose);
}

Deno.test("renderServeEvent() has a line for each thing that happens", () => {
  assert.equal(
    line({ event: "listening", address: "[::]:4433", transport: "mptcp", fallback: null }),
    "listening on mptcp@[::]:4433",
  );
  assert.equal(
    line({ event: "listening", address: "[::]:4433", transport: "tcp", fallback: "the kernel has none" }),
    "listening on tcp@[::]:4433 instead of mptcp: the kernel has none",
  );
  assert.equal(
    line({ event: "refused", remote: "192.0.2.1:50000", reason: "the server has its 1 connections" }),
    "192.0.2.1:50000  refused: the server has its 1 connections",
  );
  assert.equal(
    line({ event: "syn-mirror", address: "[::]:40001" }),
    "SYN mirror on [::]:40001: tells mpt probe what of its SYN arrives here",
  );
  assert.equal(line({ event: "syn", remote: "192.0.2.1:50000", mp_capable: true }), null);
  const syns = [true, false, null].map((mp_capable) => line({ event: "syn", remote: "a", mp_capable }, true));
  assert.deepEqual(syns, ["a  SYN with MPTCP", "a  SYN without MPTCP", "a  SYN not kept"]);
  assert.equal(line({ event: "warning", text: "Cannot accept: x" }), "Cannot accept: x");
});

Deno.test("renderServeEvent() of a connection: who, how, how much, how long, and what cut it short", () => {
  assert.equal(line(CONNECTION), "192.0.2.1:50000  mptcp, 2 paths  perf  8 B in, 62.5 MB out  5.01 s");
  assert.equal(
    line({ ...CONNECTION, transport: "tcp", fallback: true, paths: 1 }),
    "192.0.2.1:50000  tcp (the client did not use mptcp), 1 path  perf  8 B in, 62.5 MB out  5.01 s",
  );
  const reset: ServeEvent = {
    ...CONNECTION,
    end: "reset",
    error: {
      code: "ERR_RESET",
      message: "Cannot send to 192.0.2.1:50000: the other end reset the connection",
    },
  };
  assert.match(line(reset)!, / {2}5\.01 s {2}reset$/);
  assert.match(line(reset, true)!, / {2}5\.01 s {2}Cannot send to .* reset the connection$/);
  const error = {
    code: "ERR_ABORTED",
    message: "Cannot exchange data with 192.0.2.1:50000: it was cancelled",
  };
  assert.match(line({ ...CONNECTION, end: "idle", error }, true)!, / {2}5\.01 s {2}idle$/);
});

Deno.test("howToUse() says what to type on the other machine", () => {
  const at = (text: string): Reachable => ({ local: Endpoint.parse(text), transport: "mptcp" });
  assert.equal(
    howToUse([at("[::]:4433")]),
    "on the other machine, with this one's ADDRESS:\n" +
      "  mpt probe ADDRESS:4433\n  mpt bench ADDRESS:4433\nCtrl-C ends it.",
  );
  assert.equal(
    howToUse([at("[2001:db8::1]:5000"), at("192.0.2.1:1")]),
    "on the other machine:\n  mpt probe [2001:db8::1]:5000\n  mpt bench [2001:db8::1]:5000\nCtrl-C ends it.",
  );
  assert.equal(
    howToUse([{ ...at("[::]:4433"), address: Ip.parse("2001:db8::7") }]),
    "on the other machine, with this or another address of this one:\n" +
      "  mpt probe [2001:db8::7]:4433\n  mpt bench [2001:db8::7]:4433\nCtrl-C ends it.",
  );
  assert.equal(
    howToUse([at("127.0.0.1:4433"), { ...at("[::1]:4433"), pin: "sha256/abc=" }]).split("\n")[0],
    "on this machine:",
  );
  assert.equal(howToUse([]), "");
});

Deno.test("howToUse() names the pin of a QUIC listener", () => {
  const local = Endpoint.parse("192.0.2.1:4434");
  assert.equal(
    howToUse([{ local, transport: "mpquic", pin: "sha256/abc=" }]),
    "on the other machine:\n  mpt probe --pin sha256/abc= mpquic@192.0.2.1:4434\n" +
      "  mpt bench --pin sha256/abc= mpquic@192.0.2.1:4434\nCtrl-C ends it.",
  );
});

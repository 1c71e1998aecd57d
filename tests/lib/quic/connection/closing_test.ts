import assert from "node:assert/strict";
import type { Connection } from "../../../../lib/quic/connection/connection.ts";
import type { Side } from "../../../../lib/quic/streams/stream_id.ts";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import type { ControlFrame } from "../../../../lib/quic/wire/frames.ts";
import { Pair, pattern } from "./pair.ts";

const over = ({ client, server }: Pair): boolean =>
  client.closeState === "closed" && server?.closeState === "closed";

function reasonAt(pair: Pair, side: Side) {
  const reasons = pair.events[side].flatMap((event) => event.type === "closed" ? [event.reason] : []);
  assert.equal(reasons.length, 1, "it is told once");
  return reasons[0]!;
}

Deno.test("RFC 9000 10.2: a close reaches the peer with its code and reason, and both ends forget", () => {
  using pair = new Pair().connect();
  pair.client.close(pair.nowUs, 42, "enough");
  assert.equal(pair.client.closeState, "closing");
  assert(pair.run(({ server }) => server?.closeState === "draining"));
  const { by, layer, errorCode, text } = reasonAt(pair, "server");
  assert.deepEqual([by, layer, errorCode, text], ["peer", "application", 42, "enough"]);
  assert.equal(reasonAt(pair, "client").by, "local");
  assert(pair.run(over));
  assert.equal(pair.client.pollTimeout(), Infinity);
});

Deno.test("RFC 9000 10.2.1: a lost close is said again when packets still come, but less and less often", () => {
  using pair = new Pair().connect();
  pair.run(() => false, 200_000);
  let closes = 0;
  pair.fate = (datagram) => {
    if (datagram.from === "client") closes++;
    return datagram.from === "client" ? null : datagram;
  };
  pair.client.close(pair.nowUs, 1);
  let pings = 0;
  pair.work = ({ server, nowUs }) => {
    if (server !== null && pings < 40 && server.core.control.length === 0 && nowUs > 0) {
      server.ping();
      pings++;
    }
  };
  pair.run(() => false, 100_000);
  assert(closes >= 2 && closes <= 8, `${closes} closes`);
});

Deno.test("RFC 9000 10.2.3: what the application says while shaking hands is hidden", () => {
  using pair = new Pair();
  pair.run(({ server }) => server !== null);
  pair.server!.close(pair.nowUs, 99, "a secret");
  assert(pair.run(({ client }) => client.closeReason !== null));
  const { by, layer, errorCode, text } = reasonAt(pair, "client");
  assert.deepEqual([by, layer, errorCode, text], ["peer", "transport", QUIC_ERROR.APPLICATION_ERROR, ""]);
});

Deno.test("RFC 9001 4.8: a handshake that fails tells the TLS alert", () => {
  using pair = new Pair({ tlsClient: { alpn: ["other"] } });
  assert(pair.run(({ client }) => client.closeReason !== null));
  assert.equal(reasonAt(pair, "client").errorCode, 0x100 + 120);
  assert.equal(reasonAt(pair, "server").errorCode, 0x100 + 120);
});

Deno.test("RFC 9001 4.8: a client that does not trust the server tells it so", () => {
  const check = () => ({ trusted: false, problem: null, text: "no", alert: "bad_certificate" }) as const;
  using pair = new Pair({ tlsClient: { check } });
  assert(pair.run(({ server }) => (server?.closeReason ?? null) !== null));
  assert.equal(reasonAt(pair, "server").errorCode, 0x100 + 42);
});

Deno.test("RFC 9000 10.1: the shorter idle timeout ends the connection at both ends without a word", () => {
  using pair = new Pair({ client: { maxIdleTimeoutMs: 5000 }, server: { maxIdleTimeoutMs: 60_000 } })
    .connect();
  pair.run(() => false, 200_000);
  const before = { ...pair.sent };
  assert(pair.run(over, 10_000_000));
  assert.deepEqual(pair.sent, before);
  assert.equal(reasonAt(pair, "client").by, "idle-timeout");
  assert.equal(reasonAt(pair, "server").by, "idle-timeout");
});

Deno.test("keep-alive keeps both ends alive", () => {
  using pair = new Pair({ client: { maxIdleTimeoutMs: 2000, keepAliveMs: 700 } }).connect();
  pair.run(() => false, 20_000_000);
  assert.deepEqual([pair.client.closeState, pair.server!.closeState], ["open", "open"]);
});

Deno.test("a server that never answers is given up after the idle timeout", () => {
  using pair = new Pair({ client: { maxIdleTimeoutMs: 4000 }, fate: () => null });
  assert(pair.run(({ client }) => client.closeState === "closed", 20_000_000));
  assert.equal(reasonAt(pair, "client").by, "idle-timeout");
  assert(pair.sent.client >= 3 && pair.sent.client < 20);
});

Deno.test("RFC 9000 10.3: a datagram that ends with the peer's reset token ends the connection", () => {
  using pair = new Pair().connect();
  const token = pair.client.peerParameters!.statelessResetToken!;
  const datagram = pattern(60);
  datagram[0] = 0x40;
  datagram.set(token, 44);
  const { tuple } = pair.client.core.firstPath.network;
  pair.client.handleDatagram(pair.nowUs, tuple, datagram, 0, 60);
  assert.equal(pair.client.closeState, "draining");
  assert.equal(pair.client.closeReason?.by, "stateless-reset");
});

/** Frames that a peer may not send, and what the connection is closed with. */
const VIOLATIONS: readonly (readonly [string, Side, ControlFrame, number])[] = [
  ["HANDSHAKE_DONE from a client", "client", { kind: "handshake_done" }, QUIC_ERROR.PROTOCOL_VIOLATION],
  [
    "NEW_TOKEN from a client",
    "client",
    { kind: "new_token", token: pattern(8) },
    QUIC_ERROR.PROTOCOL_VIOLATION,
  ],
  [
    "RETIRE_CONNECTION_ID for an id never issued",
    "client",
    { kind: "retire_connection_id", sequence: 99 },
    QUIC_ERROR.PROTOCOL_VIOLATION,
  ],
  [
    "MAX_STREAM_DATA for a stream never opened",
    "server",
    { kind: "max_stream_data", streamId: 400, maximum: 1 },
    QUIC_ERROR.STREAM_STATE_ERROR,
  ],
  [
    "RESET_STREAM beyond the stream limit",
    "client",
    { kind: "reset_stream", streamId: 4 * 5000, errorCode: 0, finalSize: 0 },
    QUIC_ERROR.STREAM_LIMIT_ERROR,
  ],
  [
    "RESET_STREAM beyond flow control",
    "client",
    { kind: "reset_stream", streamId: 0, errorCode: 0, finalSize: 2 ** 40 },
    QUIC_ERROR.FLOW_CONTROL_ERROR,
  ],
];

for (const [what, from, frame, code] of VIOLATIONS) {
  Deno.test(`${what} closes the connection with ${code}`, () => {
    using pair = new Pair().connect();
    const sender: Connection = pair.end(from);
    sender.core.control.push(frame);
    assert(pair.run(() => sender.closeReason !== null));
    const reason = reasonAt(pair, from);
    assert.deepEqual([reason.by, reason.layer, reason.errorCode], ["peer", "transport", code]);
  });
}

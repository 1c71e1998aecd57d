import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import type { PathState } from "../../../lib/base/path.ts";
import { pathFromTcpInfo, pathState, TCP_STATE, type TcpInfo } from "../../../lib/io/tcp_path.ts";

const ENDS = { id: 3, local: Endpoint.of("192.0.2.1", 50_000), remote: Endpoint.of("198.51.100.1", 443) };

const INFO: TcpInfo = {
  state: TCP_STATE.ESTABLISHED,
  rtt: 20_500,
  minRtt: 19_000,
  sndCwnd: 10,
  sndMss: 1448,
  pmtu: 1500,
  bytesSent: 5000,
  bytesAcked: 4001,
  bytesReceived: 700,
  bytesRetrans: 1448,
  deliveryRate: 1_000_000,
};

Deno.test("pathFromTcpInfo() gives times in milliseconds, the window in bytes and the rate in bits", () => {
  assert.deepEqual(pathFromTcpInfo({ ...ENDS, interface: "wlan0", status: "backup" }, INFO), {
    ...ENDS,
    interface: "wlan0",
    state: "active",
    status: "backup",
    rttMs: 20.5,
    minRttMs: 19,
    cwndBytes: 14_480,
    mtu: 1500,
    bytesSent: 5000,
    bytesAcknowledged: 4001,
    bytesReceived: 700,
    bytesRetransmitted: 1448,
    deliveryRateBps: 8_000_000,
  });
});

Deno.test("pathFromTcpInfo() leaves out what the kernel does not tell", () => {
  const path = pathFromTcpInfo(ENDS, { state: TCP_STATE.ESTABLISHED, minRtt: 0xffff_ffff, rtt: 0 });
  assert.deepEqual(path, {
    ...ENDS,
    state: "active",
    status: "available",
    bytesSent: 0,
    bytesReceived: 0,
    bytesRetransmitted: 0,
  });
});

Deno.test("pathFromTcpInfo() makes do with the fewer numbers of older kernels", () => {
  const path = pathFromTcpInfo(ENDS, { bytesAcked: 3000, totalRetrans: 2, sndMss: 1000 });
  assert.equal(path.bytesSent, 3000);
  assert.equal(path.bytesRetransmitted, 2000);
});

Deno.test("pathFromTcpInfo() does not take the other end's FIN for a byte", () => {
  const received = (state: number, bytesReceived: number): number =>
    pathFromTcpInfo(ENDS, { state, bytesReceived }).bytesReceived;
  assert.equal(received(TCP_STATE.ESTABLISHED, 700), 700);
  assert.equal(received(TCP_STATE.FIN_WAIT2, 700), 700);
  for (const state of ["CLOSE_WAIT", "LAST_ACK", "CLOSING", "TIME_WAIT", "CLOSE"] as const) {
    assert.equal(received(TCP_STATE[state], 701), 700, state);
  }
  assert.equal(received(TCP_STATE.CLOSE, 0), 0);
});

Deno.test("pathState() knows every state of TCP", () => {
  const expected: Readonly<Record<keyof typeof TCP_STATE, PathState>> = {
    ESTABLISHED: "active",
    SYN_SENT: "validating",
    SYN_RECV: "validating",
    FIN_WAIT1: "active",
    FIN_WAIT2: "active",
    TIME_WAIT: "closed",
    CLOSE: "closed",
    CLOSE_WAIT: "active",
    LAST_ACK: "closed",
    LISTEN: "closed",
    CLOSING: "closed",
  };
  for (const [name, number] of Object.entries(TCP_STATE)) {
    assert.equal(pathState({ state: number }), expected[name as keyof typeof TCP_STATE], name);
  }
});

Deno.test("pathState() takes a path without answers for stale, and one repetition for nothing", () => {
  for (const [retransmits, state] of [[0, "active"], [1, "active"], [2, "stale"], [9, "stale"]] as const) {
    assert.equal(pathState({ state: TCP_STATE.ESTABLISHED, retransmits }), state);
    assert.equal(pathState({ state: TCP_STATE.ESTABLISHED, probes: retransmits }), state);
  }
  assert.equal(pathState({ state: TCP_STATE.SYN_SENT, retransmits: 5 }), "validating");
});

Deno.test("what is known of the path overrules what its TCP state says", () => {
  assert.equal(pathFromTcpInfo({ ...ENDS, state: "validating" }, INFO).state, "validating");
});

import assert from "node:assert/strict";
import { ReceiveWindow, SendWindow } from "../../../../lib/quic/streams/flow_control.ts";

const RTT_US = 50_000;

Deno.test("RFC 9000 4.1: a peer that sends more than its limit is found out", () => {
  const window = new ReceiveWindow(1000);
  assert.equal(window.onReceived(1000), true);
  assert.equal(window.onReceived(1), false);
});

Deno.test("the limit is raised when half the window was read, and never goes down", () => {
  const window = new ReceiveWindow(1000);
  window.onReceived(1000);
  window.onConsumed(499);
  assert.equal(window.wantsUpdate, false);
  window.onConsumed(1);
  assert.equal(window.wantsUpdate, true);
  assert.equal(window.update(0, RTT_US), 1500);
  assert.equal(window.wantsUpdate, false);
  assert.equal(window.update(0, RTT_US), 1500);
});

Deno.test("a window that is read in less than two round trips grows, up to its maximum", () => {
  const window = new ReceiveWindow(1000, 6000);
  let nowUs = 0;
  for (let i = 0; i < 20; i++) {
    window.onConsumed(window.windowBytes / 2);
    window.update(nowUs += RTT_US / 2, RTT_US);
  }
  assert.equal(window.windowBytes, 6000);
});

Deno.test("a window that is read slowly stays as it is", () => {
  const window = new ReceiveWindow(1000, 6000);
  let nowUs = 0;
  for (let i = 0; i < 20; i++) {
    window.onConsumed(500);
    window.update(nowUs += 10 * RTT_US, RTT_US);
  }
  assert.equal(window.windowBytes, 1000);
});

Deno.test("a sender says once for each limit that it is blocked, and again if that was lost", () => {
  const window = new SendWindow(100);
  assert.equal(window.takeBlocked(), -1);
  window.onSent(100);
  assert.equal(window.available, 0);
  assert.equal(window.takeBlocked(), 100);
  assert.equal(window.takeBlocked(), -1);
  window.onBlockedLost(100);
  assert.equal(window.takeBlocked(), 100);
  assert.equal(window.raise(100), false);
  assert.equal(window.raise(150), true);
  assert.equal(window.takeBlocked(), -1);
  window.onBlockedLost(100);
  window.onSent(50);
  assert.equal(window.takeBlocked(), 150);
});

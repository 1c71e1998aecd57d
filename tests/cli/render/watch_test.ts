import assert from "node:assert/strict";
import { PLAIN } from "../../../cli/render/paint.ts";
import { watchLine, watchSummary } from "../../../cli/render/watch.ts";
import type { WatchEvent, WatchJson } from "../../../lib/probe/mod.ts";
import { watch } from "../../lib/probe/fixtures.ts";

const EVENT: WatchEvent = {
  // The time of day is the reader's own.
  time: new Date(2026, 10, 21, 9, 5, 3, 7).toISOString(),
  at_ms: 7,
  change: "stale",
  source: "polling",
  local: "192.0.2.1:5000",
  remote: "198.51.100.1:443",
  interface: "eth0",
  id_local: 0,
  id_remote: 0,
  backup: false,
  error: null,
  reset: null,
  text: "2 probes in a row got no answer",
};

Deno.test("watchLine() has the time, what happened, which path and why", () => {
  assert.equal(
    watchLine(EVENT, PLAIN),
    "09:05:03.007  stale        192.0.2.1:5000 to 198.51.100.1:443 (eth0): 2 probes in a row got no answer",
  );
  const announced = {
    ...EVENT,
    change: "announced",
    local: null,
    interface: null,
    text: "address 2",
  } as const;
  assert.equal(watchLine(announced, PLAIN), "09:05:03.007  announced    198.51.100.1:443: address 2");
  const ended = { ...announced, change: "ended", remote: null, text: "it was reset" } as const;
  assert.equal(watchLine(ended, PLAIN), "09:05:03.007  ended        it was reset");
});

Deno.test("watchSummary() says how the events were got, and what the kernel counted", () => {
  assert.equal(
    watchSummary(watch()),
    "Watched a connection to 198.51.100.1 for 5.00 s: 0 events, told by the kernel's events; stale and recovered " +
      "by looking; a few kilobytes each second kept it.",
  );
  const polled: WatchJson = watch({
    source: "polling",
    source_reason: "it needs CAP_NET_ADMIN",
    kept_by: "keep-alive",
    events: [EVENT],
    dropped: 2,
    counters: { MPTcpExtSubflowStale: 1, MPTcpExtSubflowRecover: 0 },
    counters_shared: "unknown",
  });
  assert.equal(
    watchSummary(polled),
    "Watched a connection to 198.51.100.1 for 5.00 s: 3 events, by looking again and again, not by the kernel's " +
      "events: it needs CAP_NET_ADMIN; only keep-alive was on its paths.\n" +
      "The kernel's scheduler gave up on a path 1 time and took one back 0 times (perhaps of other connections too).",
  );
});

import assert from "node:assert/strict";
import type { PerfReport } from "../../../lib/protocol/perf_report.ts";
import { ReportStore } from "../../../lib/serve/report_store.ts";

const RUNNING: PerfReport = { schema: "mpt.perf/1", end: "running", received: null, sent: null, paths: [] };

Deno.test("ReportStore gives a report as it is when it is asked for", () => {
  const store = new ReportStore();
  let report = RUNNING;
  const id = store.keep(() => report);
  assert.equal(store.get(id), RUNNING);
  report = { ...RUNNING, end: "done" };
  assert.equal(store.get(id)?.end, "done");
});

Deno.test("ReportStore keeps the latest 64", () => {
  const store = new ReportStore();
  const ids = Array.from({ length: 70 }, () => store.keep(() => RUNNING));
  assert.deepEqual(ids.map((id) => store.get(id) !== null), ids.map((_, index) => index >= 6));
});

Deno.test("ReportStore names reports so that nobody can guess another's", () => {
  const store = new ReportStore();
  const ids = Array.from({ length: 50 }, () => store.keep(() => RUNNING));
  assert.equal(new Set(ids).size, 50);
  for (const id of ids) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  for (const id of ["", "0", "__proto__", "constructor"]) assert.equal(store.get(id), null);
});

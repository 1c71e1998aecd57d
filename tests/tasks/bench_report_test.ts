import assert from "node:assert/strict";
import {
  atLeast,
  atLeastRatio,
  atMostRatio,
  below,
  NONE,
  ratio,
  renderSection,
  type Samples,
  type Section,
} from "../../tasks/bench_report.ts";

const samples = (...figures: readonly number[]): Samples => ({ figures, cpuSecondsPerGb: [] });

const section: Section = {
  title: "A title",
  text: "How it was measured.",
  peers: ["iperf3"],
  rows: [
    {
      what: "tcp download",
      unit: "Mbit/s",
      mpt: { figures: [9, 11, 10], cpuSecondsPerGb: [0.2, 0.1, 0.3] },
      peers: [{ figures: [40, 20, 30], cpuSecondsPerGb: [1, 2, 3] }],
      target: { text: "≥ 0.9 of iperf3", met: false },
    },
    { what: "alone", unit: "", mpt: samples(0.979), peers: [NONE], target: null },
  ],
};

Deno.test("renderSection() shows medians with their range, ratios, CPU time and the target", () => {
  assert.equal(
    renderSection(section),
    `## A title

How it was measured.

|              | unit   | mpt                    | iperf3              | mpt / iperf3 | CPU s/GB, mpt | CPU s/GB, iperf3 | target          | met    |
| ------------ | ------ | ---------------------- | ------------------- | ------------ | ------------- | ---------------- | --------------- | ------ |
| tcp download | Mbit/s | 10.0 (9.00 to 11.0)    | 30.0 (20.0 to 40.0) | 0.33         | 0.200         | 2.00             | ≥ 0.9 of iperf3 | **no** |
| alone        |        | 0.979 (0.979 to 0.979) | -                   | -            | -             | -                | -               | -      |`,
  );
});

Deno.test("renderSection() has no columns for CPU time that was not measured", () => {
  const rows = [{ ...section.rows[1]!, target: { text: "≥ 0.94", met: true } }];
  const text = renderSection({ ...section, rows });
  assert(!text.includes("CPU"));
  assert(text.endsWith("| ≥ 0.94 | yes |"), text);
});

Deno.test("ratio() is of medians, and not a number without samples", () => {
  assert.equal(ratio([1, 9, 2], [4, 4, 400]), 0.5);
  assert.equal(ratio([1], []), NaN);
  assert.equal(ratio([], [1]), NaN);
});

Deno.test("a target is met at its limit, and never without samples", () => {
  assert.deepEqual(atLeast(samples(94), 94, "Mbit/s"), { text: "≥ 94 Mbit/s", met: true });
  assert.deepEqual(atLeast(samples(93.9), 94, ""), { text: "≥ 94", met: false });
  assert.deepEqual(below(samples(300), 300, "ms"), { text: "< 300 ms", met: false });
  assert.deepEqual(atLeastRatio(samples(9), samples(10), 0.9, "iperf3"), {
    text: "≥ 0.9 of iperf3",
    met: true,
  });
  assert.deepEqual(atMostRatio(samples(21), samples(10), 2, "deno"), { text: "≤ 2 of deno", met: false });
  for (
    const target of [
      atLeast(NONE, 0, ""),
      below(NONE, 1, ""),
      atLeastRatio(samples(1), NONE, 0, ""),
      atMostRatio(NONE, samples(1), 9, ""),
    ]
  ) assert.equal(target.met, false);
});

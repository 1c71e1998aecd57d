import assert from "node:assert/strict";
import { HTTPD } from "../peers/web_servers.ts";
import { mptArgv } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import { ImpairedLab, PORT, type Probed } from "./diagnosis/impaired_lab.ts";
import { type Expectation, KERNEL_ROWS, type KernelRow } from "./diagnosis/kernel_rows.ts";

function check({ code, result, stderr }: Probed, expected: Expectation, name: string): void {
  const found = result.verdicts.map((verdict) => [verdict.code, verdict.certainty]);
  const story = result.verdicts.map(({ text, evidence }) => `${text}\n  ${evidence.join("\n  ")}`).join("\n");
  assert.deepEqual([found, code], [expected.verdicts, expected.exit], `${name}\n${story}\n${stderr}`);
  assert(result.verdicts.every(({ evidence }) => evidence.length > 0), name);
}

async function checkRow(lab: ImpairedLab, row: KernelRow): Promise<void> {
  const args = row.args ?? ["--join-timeout", "0.5"];
  try {
    await lab.impair(row);
    if (row.mpt !== null) {
      check(await lab.probe(lab.target(PORT, row.family), ...args), row.mpt, `${row.name}: mpt serve`);
    }
    if (row.web !== null) {
      // What the probe before it left on this host is not this one's.
      await lab.shell("client", "echo 3600 > /proc/sys/net/mptcp/blackhole_timeout");
      check(await lab.probe(lab.web(row.family), ...args), row.web, `${row.name}: web server`);
    }
  } finally {
    await lab.mend(row);
  }
}

Deno.test({
  name: "mpt probe names the cause of every impairment, with both ends and with one",
  ...requires("namespaces", "mptcp", "tool:nft", "tool:nginx", "tool:mptcpize"),
  async fn(t) {
    await using lab = await ImpairedLab.make();
    for (const row of KERNEL_ROWS) await t.step(row.name, async () => await checkRow(lab, row));
  },
});

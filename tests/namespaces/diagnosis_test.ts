import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { listening } from "../peers/support.ts";
import {
  HAPROXY_DEFERRED,
  HTTPD,
  MPTCPIZE,
  NGINX,
  NGINX_DEFERRED,
  startWebServer,
  WEB_PORT,
} from "../peers/web_servers.ts";
import type { ProbeResult } from "../../lib/probe/mod.ts";
import { mptArgv } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import { createLab } from "../../lib/lab/mod.ts";
import { ImpairedLab, type Impairment, PORT, type Probed } from "./diagnosis/impaired_lab.ts";
import {
  type Expectation,
  HANDSHAKE,
  type KernelRow,
  row,
  STALLED,
  table,
} from "./diagnosis/expectations.ts";
import { IPV4_ROWS, IPV6_ROWS } from "./diagnosis/kernel_rows.ts";

const WORKS = ["mptcp-works", "proved"] as const;

/** No longer than a join takes here. */
const ARGS = ["--join-timeout", "0.5"] as const;

function check(probed: Probed, first: Expectation, name: string, other: Expectation = first): void {
  const { code, result, stderr } = probed;
  const found = result.verdicts.map((verdict) => [verdict.code, verdict.certainty]);
  const expected = isDeepStrictEqual(found, other.verdicts) ? other : first;
  const story = result.verdicts.map(({ text, evidence }) => `${text}\n  ${evidence.join("\n  ")}`).join("\n");
  assert.deepEqual([found, code], [expected.verdicts, expected.exit], `${name}\n${story}\n${stderr}`);
  assert(result.verdicts.every(({ evidence }) => evidence.length > 0), name);
}

async function impaired(lab: ImpairedLab, impairment: Impairment, work: () => Promise<void>): Promise<void> {
  try {
    await lab.impair(impairment);
    await work();
  } finally {
    await lab.mend(impairment);
  }
}

async function checkRow(lab: ImpairedLab, row: KernelRow): Promise<void> {
  const args = row.args ?? ARGS;
  try {
    await impaired(lab, row, async () => {
      if (row.mpt !== null) {
        const probed = await lab.probe(lab.target(PORT, row.family), ...args);
        check(probed, row.mpt, `${row.name}: mpt serve`, row.or?.mpt);
      }
      if (row.web !== null) {
        // What the probe before it left on this host is not this one's.
        await lab.clearBlackhole();
        const probed = await lab.probe(lab.web(row.family), ...args);
        check(probed, row.web, `${row.name}: web server`, row.or?.web);
      }
    });
  } finally {
    if (row.stuck) await lab.restart();
  }
}

const TOOLS = ["tool:nft", "tool:iptables", "tool:ip6tables", "tool:nginx", "tool:mptcpize"] as const;

/** Takes rows from a common list until it is empty; what failed is told in the steps. */
async function work(rows: KernelRow[], failures: Map<KernelRow, unknown>): Promise<void> {
  await using lab = await ImpairedLab.make();
  for (let row = rows.shift(); row !== undefined; row = rows.shift()) {
    try {
      await checkRow(lab, row);
    } catch (error) {
      failures.set(row, error);
    }
  }
}

Deno.test({
  name: "mpt probe names the cause of every impairment, with both ends and with one",
  ...requires("namespaces", "mptcp", ...TOOLS),
  async fn(t) {
    const seed = Number(Deno.env.get("MPT_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 32));
    const quick = IPV4_ROWS.filter((row) => row.args === undefined && !row.stuck);
    const mixed = draws(seed, 5, quick.length).map((at): KernelRow => ({
      ...quick[at]!,
      name: `${quick[at]!.name}, after others (MPT_TEST_SEED=${seed})`,
      web: null,
    }));
    const rows = [...IPV4_ROWS, ...IPV6_ROWS, ...mixed];
    const failures = new Map<KernelRow, unknown>();
    // Waiting is most of it: several networks wait side by side.
    const left = [...rows];
    await Promise.all([1, 2, 3, 4].map(() => work(left, failures)));
    for (const row of rows) {
      await t.step(`${row.name}${row.family === 6 ? ", over IPv6" : ""}`, () => {
        if (failures.has(row)) throw failures.get(row);
      });
    }
  },
});

/** Numbers below `limit`, the same ones for the same seed (mulberry32). */
function draws(seed: number, count: number, limit: number): readonly number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  });
}

Deno.test({
  name: "mpt probe tells other servers and their settings from middleboxes, and from its own traces",
  ...requires(
    "namespaces",
    "mptcp",
    "tool:nft",
    "tool:apache2",
    "tool:unshare",
    "tool:mptcpize",
    "tool:nginx",
    "tool:haproxy",
    "tool:python3",
    "tool:socat",
    "tool:ss",
    "tool:nstat",
  ),
  async fn(t) {
    await using lab = await ImpairedLab.make(HTTPD);

    await t.step(
      "httpd's accept filter holds joins back: from one end one of the causes that fit",
      async () => {
        const probed = await lab.probe(lab.web(), ...ARGS);
        check(probed, { exit: 0, verdicts: [WORKS, ...STALLED] }, "httpd");
        const verdict = probed.result.verdicts[2]!;
        assert.equal(verdict.code, "join-stalled-by-accept-filter");
        assert.match(verdict.evidence.join("\n"), /the server calls itself Apache\//);
        assert.match(verdict.fix!, /AcceptFilter http none/);
        const [join] = probed.result.endpoints[0]!.mptcp.joins;
        assert.deepEqual([join?.tried, join?.answered, join?.usable, join?.why.map(({ code }) => code)], [
          "yes",
          "yes",
          "no",
          ["join-stalled-by-accept-filter", "join-dropped", "join-return-path"],
        ]);
      },
    );

    await t.step("an accept filter is proved by both ends, and told from a dropped last packet", async () => {
      await lab.deferAccept(30);
      try {
        const filtered: Expectation = {
          exit: 0,
          verdicts: [WORKS, ["join-stalled-by-accept-filter", "proved"]],
        };
        check(await lab.probe(lab.target(PORT), ...ARGS), filtered, "TCP_DEFER_ACCEPT");
        const rules = row("tcp flags & syn == 0 tcp option mptcp subtype 1 drop");
        await impaired(lab, { rules }, async () => {
          const dropped: Expectation = { exit: 0, verdicts: [WORKS, ["join-dropped", "likely"]] };
          check(await lab.probe(lab.target(PORT), ...ARGS), dropped, "TCP_DEFER_ACCEPT and a drop");
        });
      } finally {
        await lab.deferAccept(0);
      }
      check(await lab.probe(lab.target(PORT), ...ARGS), { exit: 0, verdicts: [WORKS] }, "without it");
    });

    await t.step("an accept filter of a second is seen to let the path through", async () => {
      const late: Expectation = { exit: 0, verdicts: [WORKS, ["join-stalled-by-accept-filter", "likely"]] };
      for (const server of [NGINX_DEFERRED, HAPROXY_DEFERRED]) {
        await lab.restart(async (network) => [await startWebServer(network, server, MPTCPIZE)]);
        const probed = await lab.probe(lab.web());
        check(probed, late, server.name);
        assert.match(probed.result.verdicts[0]!.text, /over 2 paths/);
        assert.match(
          probed.result.verdicts[1]!.text,
          / from 10\.77\.2\.1 to .* for more than (9\d\d|1\d{3}) ms\.$/,
        );
      }
    });

    await t.step("socat as a TCP proxy in the router", async () => {
      for (const [family, port] of [[4, PORT], [6, PORT], [4, WEB_PORT]] as const) {
        const to = lab.target(port, family);
        const listen = `TCP${family}-LISTEN:9100,fork,reuseaddr`;
        await using socat = lab.lab.spawn("router", ["socat", "-d", "-d", listen, `TCP${family}:${to}`], {
          deadlineMs: 60_000,
        });
        await listening(lab.lab, "router", 9100, socat);
        const rules = table("type nat hook prerouting priority -110", `tcp dport ${port} redirect to :9100`);
        await impaired(lab, { rules }, async () => {
          const expected: Expectation = port === PORT
            ? { exit: 1, verdicts: [["tcp-proxy", "likely"]] }
            : HANDSHAKE;
          check(await lab.probe(to, ...ARGS), expected, `socat before ${to}`);
        });
      }
    });

    await t.step(
      "a plain TCP listener of mpt serve is one for sure, that of a web server is not",
      async () => {
        const argv = mptArgv(["serve", "--ndjson", "--listen", "tcp4@0.0.0.0:4434"]);
        await using plain = lab.lab.spawn("server", argv, { deadlineMs: 60_000 });
        await plain.line(/"event":"listening"/);
        const certain: Expectation = { exit: 1, verdicts: [["peer-without-mptcp", "proved"]] };
        check(await lab.probe(lab.target(4434), ...ARGS), certain, "mpt serve");
        await lab.restart(async (server) => [await startWebServer(server, NGINX)]);
        check(await lab.probe(lab.web(), ...ARGS), HANDSHAKE, "nginx");
      },
    );

    await t.step("the second path leads to another server", async () => {
      const argv = mptArgv(["serve", "--ndjson", "--listen", "mptcp4@0.0.0.0:9999"]);
      await using other = lab.lab.spawn("router", argv, { deadlineMs: 60_000 });
      await other.line(/"event":"listening"/);
      const rules = table(
        "type nat hook prerouting priority -110",
        'iifname "c2" tcp dport 4433 redirect to :9999',
      );
      await impaired(lab, { rules }, async () => {
        const proof: Expectation = { exit: 0, verdicts: [WORKS, ["join-wrong-server", "proved"]] };
        check(await lab.probe(lab.target(PORT), ...ARGS), proof, "two instances");
      });
    });

    await t.step(
      "the black hole that a probe left behind is named by the next, and its fix ends it",
      async () => {
        const drop: Impairment = { boxes: [{ kind: "drop", option: "mptcp", packets: "syn" }] };
        await lab.impair(drop);
        const first = await lab.probe(lab.target(PORT), ...ARGS);
        assert.deepEqual(first.result.verdicts.map(({ code }) => code), ["syn-dropped", "blackhole-active"]);
        // No other probe adds to it: this host no longer asks, and the plain SYNs pass.
        const meanwhile = await lab.probe(lab.target(PORT), ...ARGS);
        check(meanwhile, { exit: 3, verdicts: [["blackhole-active", "proved"]] }, "meanwhile");
        const counted = await lab.lab.output("client", ["nstat", "-az", "MPTcpExtBlackhole"]);
        assert.match(counted, /MPTcpExtBlackhole +1 /);
        await lab.lab.clearMiddleboxes();
        const second = await lab.probe(lab.target(PORT), ...ARGS);
        check(second, { exit: 3, verdicts: [["blackhole-active", "proved"]] }, "afterwards");
        assert.equal(second.result.endpoints[0]!.mptcp.status, "unknown");
        const { fix, evidence } = second.result.verdicts[0]!;
        assert.match(evidence.join("\n"), /it lasts 3600 s .* twice as long/);
        assert.equal(fix, "sysctl -w net.mptcp.blackhole_timeout=3600");
        await lab.shell(
          "client",
          fix!.replace(/^sysctl -w (\S+)=(\d+)$/, "echo $2 > /proc/sys/$1").replace(
            "net.mptcp.",
            "net/mptcp/",
          ),
        );
        check(await lab.probe(lab.target(PORT), ...ARGS), { exit: 0, verdicts: [WORKS] }, "after the fix");
      },
    );

    await t.step("without privilege the same is found", async () => {
      await impaired(lab, { boxes: [{ kind: "strip", option: "mp-join", packets: "syn" }] }, async () => {
        const argv = mptArgv(["probe", "--json", "-t", "tcp,mptcp", ...ARGS, lab.target(PORT)]);
        const run = await lab.lab.run("client", [
          ...["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--"],
          ...argv,
        ]);
        assert.match(
          run.stdout,
          /"code": "join-stripped",\s+"level": "warn",\s+"certainty": "proved"/,
          run.stderr,
        );
      });
    });

    await t.step("people read the cause first, then how far each path came", async () => {
      await impaired(lab, { boxes: [{ kind: "strip", option: "mp-join", packets: "syn" }] }, async () => {
        const argv = mptArgv(["probe", "--color", "never", "-t", "tcp,mptcp", ...ARGS, lab.target(PORT)]);
        const text = await lab.lab.output("client", argv);
        assert.match(
          text,
          /^✓ MPTCP works to 10\.78\.1\.2:4433 over one path\.\n! Something removes MP_JOIN from the packets of a further path from 10\.77\.2\.1 to 10\.78\.1\.2:4433\.\n {4}try: /,
        );
        assert.match(
          text,
          /^Further paths to 10\.78\.1\.2:4433:\n {2}FROM +TO .*\n {2}10\.77\.2\.1 +10\.78\.1\.2:4433 +- +yes +no +no +no +join-stripped$/m,
        );
      });
    });
  },
});

Deno.test({
  name: "a further path that is slow is not called broken, and comes up when there is time for it",
  ...requires("namespaces", "mptcp"),
  async fn() {
    await using lab = await createLab({
      paths: [{ delayMs: 1 }, { delayMs: 900 }],
      mptcp: "subflow",
      link: "emulated",
    });
    await using server = lab.spawn("server", mptArgv(["serve", "--ndjson"]), { deadlineMs: 120_000 });
    await server.line(/"event":"listening"/);
    const target = `${lab.addresses.server.ipv4[0]}:${PORT}`;
    const probe = async (...args: readonly string[]): Promise<ProbeResult> => {
      const argv = mptArgv(["probe", "--json", "-t", "tcp,mptcp", ...args, target]);
      return JSON.parse((await lab.run("client", argv, { deadlineMs: 60_000 })).stdout);
    };
    // Answered in the wait, and answered after it.
    for (const wait of ["2.5", "1"]) {
      const { verdicts } = await probe("--join-timeout", wait);
      assert.deepEqual(verdicts.map(({ code }) => code), ["mptcp-works", "join-unfinished"], wait);
    }
    const { verdicts } = await probe("--join-timeout", "20");
    assert.match(verdicts[0]!.text, /over 2 paths/);
    assert.equal(verdicts.length, 1);
  },
});

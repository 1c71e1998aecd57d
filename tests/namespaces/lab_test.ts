import assert from "node:assert/strict";
import { createLab, type Lab, type PresetName, PRESETS } from "../../lib/lab/mod.ts";
import { output, ROOT, start } from "../support/command.ts";
import { AS_NOBODY, missing, requires } from "../support/requires.ts";
import { answers, pings } from "./lab/measure.ts";

/** Every address of the client reaches every address of the server, over the path of the client's. */
async function everyPairAnswers(lab: Lab): Promise<void> {
  const failed = await Promise.all(
    lab.pairs().map(async ({ client, server }) => {
      // Paths of a preset may lose one.
      const times = await pings(lab, client, server, 4);
      return times.length > 0 ? [] : [`${client} to ${server}`];
    }),
  );
  assert.deepEqual(failed.flat(), []);
}

for (const name of Object.keys(PRESETS) as readonly PresetName[]) {
  Deno.test({
    name: `createLab("${name}") comes up, and every pair of addresses has the delay of the client's path`,
    ...requires("namespaces", "tun", "tool:ping", "tool:ethtool", "tool:nft"),
    async fn() {
      await using lab = await createLab(name);
      const rtts = await Promise.all(
        lab.pairs().map(async ({ path, client, server }) => {
          const times = await pings(lab, client, server, 6);
          return { path, server, ms: times.length === 0 ? null : Math.min(...times) };
        }),
      );
      for (const { path, server, ms } of rtts) {
        const plan = lab.plan.paths.find((one) => one.name === path);
        assert(plan !== undefined && ms !== null, `no answer over ${path} from ${server}`);
        const least = plan.up.delayMs + plan.down.delayMs - plan.up.jitterMs - plan.down.jitterMs;
        assert(ms >= least, `${ms} ms over ${path} to ${server}, less than ${least} ms`);
      }
      assert.equal(rtts.length > 0, true);
    },
  });
}

Deno.test({
  name: "createLab() with all paths that are possible, and directly, comes up over both families",
  ...requires("namespaces", "tool:ping"),
  async fn() {
    const families = await createLab({ paths: Array.from({ length: 5 }, () => ({})) });
    await using first = families;
    await everyPairAnswers(first);
    await using direct = await createLab({ router: false, paths: [{}, {}, { ipv6: false }] });
    await everyPairAnswers(direct);
    await using eight = await createLab({
      mptcp: "none",
      paths: Array.from({ length: 8 }, () => ({ ipv4: false })),
    });
    await everyPairAnswers(eight);
    assert.equal(eight.pairs().length, 64);
    assert.throws(() => direct.prefix("router"), /"router" as a host: there are client, server/);
  },
});

Deno.test({
  name: "a lab has MPTCP limits and endpoints, addresses without DAD, and routes by source address",
  ...requires("namespaces", "mptcp"),
  async fn() {
    await using lab = await createLab({ mptcp: "signal", paths: [{}, { backup: true }] });
    for (const host of ["client", "server"] as const) {
      assert.match(
        await lab.output(host, ["ip", "mptcp", "limits", "show"]),
        /add_addr_accepted 8 subflows 8/,
      );
      const addresses = await lab.output(host, [
        "ip",
        "-6",
        "addr",
        "show",
        "dev",
        "path1",
        "scope",
        "global",
      ]);
      const [ipv6] = lab.addresses[host].ipv6;
      assert(ipv6 !== null && ipv6 !== undefined);
      assert(addresses.includes(ipv6) && !addresses.includes("tentative"), addresses);
    }
    const endpoints = await lab.output("server", ["ip", "mptcp", "endpoint", "show"]);
    assert.match(endpoints, /^10\.78\.2\.2 id 1 signal backup dev path2 *\nfd78:0:0:2::2 id 2 signal backup/);
    const route = await lab.output("client", ["ip", "route", "get", "10.78.1.2", "from", "10.77.2.1"]);
    assert.match(route, /via 10\.77\.2\.254 dev path2/);
  },
});

Deno.test({
  name: "two labs at once, and the machine around them, do not disturb each other",
  ...requires("namespaces", "tool:ping"),
  async fn() {
    const before = await output(["ip", "-o", "link", "show"]);
    await using first = await createLab({ paths: [{}, {}] });
    await using second = await createLab({ mptcp: "none", paths: [{}, {}] });
    await first.set("path1", { state: "down" });
    assert.equal(await answers(first, "10.77.1.1", "10.78.1.2"), false);
    assert.equal(await answers(second, "10.77.1.1", "10.78.1.2"), true);
    assert.match(await first.output("client", ["ip", "mptcp", "limits", "show"]), /subflows 8/);
    assert.match(await second.output("client", ["ip", "mptcp", "limits", "show"]), /subflows 0/);
    assert.equal(await output(["ip", "-o", "link", "show"]), before);
  },
});

Deno.test({
  name: "a lab with rate and loss can be made without being root",
  ...requires("root", "user-namespaces", "tool:ping", "tool:ethtool", "tool:nft"),
  async fn() {
    await using lab = await createLab(
      { paths: [{ rateMbit: 50, nat: true }, { rateMbit: 50, loss: 0.01 }] },
      { launcher: AS_NOBODY },
    );
    assert.equal(lab.namespaces.mode, "user");
    // Deno may lie where nobody may read it; then the server is told and not measured.
    const { paths, mptcp } = await lab.status({ measure: false });
    assert.deepEqual([mptcp, paths.map(({ link }) => link)], ["subflow", ["veth", "veth"]]);
    assert.match(await lab.output("router", ["nft", "list", "ruleset"]), /masquerade/);
    assert.match(await lab.output("client", ["nft", "list", "ruleset"]), /device "path2"/);
    await lab.set("path1", { blackhole: true });
    assert.deepEqual((await lab.status({ measure: false })).paths[0]?.faults, ["black hole"]);
  },
});

Deno.test({
  name: "a lab with delay names the device that a user may not open, and what mends it",
  ...requires("root", "user-namespaces", "deno-for-nobody"),
  async fn() {
    const nobodyMay = await new Deno.Command("setpriv", {
      args: [...AS_NOBODY.slice(1), "test", "-w", "/dev/net/tun"],
    }).output();
    if (nobodyMay.success) return;
    await assert.rejects(createLab("two-path", { launcher: AS_NOBODY }), (error: Error) => {
      assert.equal("code" in error && error.code, "ERR_NOT_SUPPORTED");
      assert.match(error.message, /^Cannot make path1, path2 with delay, jitter or bursts: /);
      return true;
    });
  },
});

Deno.test({
  name: "createLab() names the program that is missing and its package, and makes nothing",
  ...requires("root", "namespaces", "tool:nft", "tool:tc"),
  async fn() {
    const script = `
      import { createLab } from "${new URL("../../lib/lab/mod.ts", import.meta.url)}";
      await createLab({ paths: [{ rateMbit: 1, loss: 0.1 }] }).catch((error) => console.log(error.code, error.message, error.fix));
    `;
    // A file that is no program stands in front of each, in a mount namespace of the test.
    const hide = ["nft", "tc"].map((name) => `mount --bind /dev/null "$(command -v ${name})"`).join("; ");
    const deno = `exec ${Deno.execPath()} eval --quiet "$1"`;
    const text = await output(["unshare", "--mount", "sh", "-ec", `${hide}; ${deno}`, "sh", script], {
      cwd: ROOT,
    });
    assert.equal(
      text,
      "ERR_NOT_SUPPORTED Cannot make a lab: tc, nft are not installed apt-get install iproute2 nftables\n",
    );
  },
});

Deno.test({
  name: "createLab() refuses netem where the kernel has none, and says what to take",
  ...requires("namespaces"),
  async fn() {
    const lab = createLab({ paths: [{ link: "netem", delayMs: 1 }] });
    const made = await lab.then(async (one) => {
      await using there = one;
      return (await there.status({ measure: false })).paths[0]?.link;
    }, (error: Error) => error.message);
    // Both are right, each on its kernel.
    assert(made === "netem" || made === "Cannot make path1: the kernel has no netem", made);
  },
});

Deno.test({
  name: "createLab() that is told to stop leaves nothing",
  ...requires("namespaces"),
  async fn() {
    await assert.rejects(createLab({ paths: [{}] }, { signal: AbortSignal.abort() }), {
      code: "ERR_ABORTED",
    });
    const controller = new AbortController();
    const lab = createLab({ paths: [{}, {}, {}, {}] }, { signal: controller.signal });
    controller.abort();
    await assert.rejects(lab, { code: "ERR_ABORTED", message: "Cannot make the lab: it was told to stop" });
  },
});

Deno.test({
  name: "a lab whose holder was killed says so",
  ...requires("namespaces"),
  async fn() {
    await using lab = await createLab({ paths: [{}] });
    Deno.kill(lab.namespaces.pid, "SIGKILL");
    const reason = "the process that holds its network ended (signal SIGKILL)";
    assert.equal(await lab.ended, reason);
    await assert.rejects(lab.status(), { code: "ERR_PROGRAM", message: `Cannot ask the lab: ${reason}` });
  },
});

Deno.test({
  name: "a lab that is disposed of has not ended by itself",
  ...requires("namespaces"),
  async fn() {
    const lab = await createLab({ paths: [{}] });
    await lab[Symbol.asyncDispose]();
    assert.equal(await lab.ended, null);
  },
});

Deno.test({
  name: "createLab() refuses bad options before it makes anything",
  async fn() {
    await assert.rejects(createLab({ paths: [] }), { code: "ERR_INVALID_VALUE" });
    await assert.rejects(createLab("three-path" as PresetName), /there are two-path/);
  },
});

Deno.test({
  name: "a lab, its emulator and what runs in it vanish when their owner is killed",
  ...requires("namespaces"),
  fn: () => vanishes([]),
});

Deno.test({
  name: "a lab made without being root vanishes when its owner is killed",
  ...requires("root", "user-namespaces", "deno-for-nobody"),
  fn: () => vanishes(AS_NOBODY),
});

/** Lets another process make a lab, kills it, and waits for the end of all that it left. */
async function vanishes(launcher: readonly string[]): Promise<void> {
  const delayMs = launcher.length === 0 && missing("tun") === null ? 5 : 0;
  const script = `
    import { createLab } from "${new URL("../../lib/lab/mod.ts", import.meta.url)}";
    const lab = await createLab({ paths: [{ delayMs: ${delayMs} }] }, { launcher: ${
    JSON.stringify(launcher)
  } });
    const child = lab.spawn("server", ["sleep", "600"], { deadlineMs: 600_000 });
    console.log("pids", lab.namespaces.pid, child.pid);
  `;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, script);
    const owner = start([Deno.execPath(), "run", "--quiet", "--allow-all", "--no-check", file], {
      cwd: ROOT,
    });
    const [, holder = "", child = ""] = await owner.line(/^pids (\d+) (\d+)$/);
    const pids = [holder, child, ...await childrenOf(owner.pid)];
    assert(pids.every(alive), "the lab does not run");
    assert(pids.length >= (delayMs > 0 ? 5 : 4), `there are only ${pids}`);
    await owner[Symbol.asyncDispose]();
    await assert.doesNotReject(gone(pids));
  } finally {
    await Deno.remove(file);
  }
}

/** The processes that a process has started. */
async function childrenOf(pid: number): Promise<readonly string[]> {
  const text = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  return text.trim().split(" ");
}

/** Whether a process runs; one that has ended but was not yet reaped does not. */
function alive(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

/** Resolves when none of the processes runs; nothing tells of the end of another's children. */
async function gone(pids: readonly string[]): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  while (pids.some(alive)) {
    if (signal.aborted) throw new Error(`Cannot see the end of ${pids.filter(alive)}: still running`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// Measures: rates within 5 %.
import assert from "node:assert/strict";
import { median } from "../../lib/base/statistics.ts";
import { startEmulator } from "../../lib/lab/emulator/emulator.ts";
import { output, ROOT } from "../support/command.ts";
import { AS_NOBODY, requires } from "../support/requires.ts";
import { EmulatedNetwork, holdHosts, linkOf } from "./emulator/network.ts";

const NEEDS = requires("root", "namespaces", "ffi", "tool:python3");
const IPERF3 = requires("root", "namespaces", "ffi", "tool:iperf3");

Deno.test({
  name: "an emulated link has the delays of both directions that were asked, within 1 ms",
  ...NEEDS,
  async fn() {
    await using network = await EmulatedNetwork.make(
      {},
      { up: { delayUs: 10_000 }, down: { delayUs: 25_000 } },
    );
    // The fastest of many, because other programs may keep the processors busy for a while.
    for (const [path, askedMs] of [[1, 0], [2, 35]] as const) {
      const fastest = Math.min(...await network.ping(path, 20));
      assert(fastest > askedMs - 1 && fastest < askedMs + 1, `${fastest} ms instead of ${askedMs}`);
    }
  },
});

Deno.test({
  name: "an emulated link with jitter has round trips around its delay, on both sides of it",
  ...NEEDS,
  async fn() {
    await using network = await EmulatedNetwork.make({ up: { delayUs: 20_000, jitterUs: 8000 } });
    const rtts = await network.ping(1, 40, 30);
    const [least, most, middle] = [Math.min(...rtts), Math.max(...rtts), median(rtts) ?? NaN];
    assert(least > 11 && least < 18, `${least}`);
    assert(most > 22, `${most}`);
    assert(middle > 16 && middle < 24, `${middle}`);
  },
});

Deno.test({
  name: "an emulated link carries the rate that was asked for each direction, within 5 %",
  ...IPERF3,
  async fn() {
    await using network = await EmulatedNetwork.make({ up: { rateBps: 10e6 }, down: { rateBps: 40e6 } });
    for (const [args, askedBps] of [[[], 10e6], [["-R"], 40e6]] as const) {
      await using server = network.namespaces.spawn("server", ["iperf3", "-s", "-1", "--forceflush"]);
      await server.line(/Server listening/);
      const argv = ["iperf3", "-c", "10.77.1.2", "-u", "-b", "80M", "-l", "1372", "-t", "2", "-J", ...args];
      const bps = receivedBps(JSON.parse(await network.namespaces.output("client", argv)));
      // The link counts the 28 bytes of the headers of IP and UDP, too.
      const carried = bps * 1400 / 1372;
      assert(Math.abs(carried / askedBps - 1) < 0.05, `${carried} instead of ${askedBps}`);
    }
    const { droppedByQueue, settings, delayUs } = await network.counted("up");
    assert(droppedByQueue > 0);
    // The queue was full most of the time: 50 ms.
    assert.equal(settings.queueBytes, 62_500);
    assert(delayUs!.p50 > 40_000 && delayUs!.p50 < 60_000, `${delayUs!.p50}`);
  },
});

for (
  const [name, loss] of Object.entries(
    {
      random: { kind: "random", probability: 0.05 },
      burst: { kind: "burst", probability: 0.05, meanBurst: 5 },
    } as const,
  )
) {
  Deno.test({
    name: `an emulated link with ${name} loss loses what was asked, as its counters and the receiver say`,
    ...NEEDS,
    async fn() {
      await using network = await EmulatedNetwork.make({ up: { loss } });
      const count = 10_000;
      assert.equal(await network.send(1, count, 100), "sent");
      const { packets, bytes, droppedByLoss } = await network.counted("up");
      assert.equal(packets, await network.received());
      assert.equal(packets + droppedByLoss, count);
      assert.equal(bytes, packets * 128);
      // 4 standard deviations; losses in bursts of 5 are 5 times fewer independent ones, and spread wider.
      const deviation = Math.sqrt(0.05 * 0.95 * count * (loss.kind === "burst" ? 9 : 1));
      assert(Math.abs(droppedByLoss - 0.05 * count) < 4 * deviation, `${droppedByLoss}`);
    },
  });
}

Deno.test({
  name: "an emulated link has the MTU of each direction, and another after a change",
  ...NEEDS,
  async fn() {
    await using network = await EmulatedNetwork.make({ up: { mtu: 1280 }, down: { mtu: 1400 } });
    const mtus = async (): Promise<readonly (string | undefined)[]> =>
      await Promise.all(
        ["client", "server"].map(async (host) =>
          /mtu (\d+)/.exec(await network.namespaces.output(host, ["ip", "link", "show", "path1"]))?.[1]
        ),
      );
    assert.deepEqual(await mtus(), ["1280", "1400"]);
    assert.equal(await network.send(1, 1, 1280 - 28), "sent");
    assert.equal(await network.send(1, 1, 1280 - 27), "EMSGSIZE");
    await network.emulator.set("path1", "up", { mtu: 9000, queueBytes: 1 << 20 });
    assert.deepEqual(await mtus(), ["9000", "1400"]);
    assert.equal(await network.send(1, 1, 9000 - 28), "sent");
    await network.emulator.set("path1", "both", { mtu: 1500 });
    assert.deepEqual(await mtus(), ["1500", "1500"]);
    assert.equal(await network.received(), 2);
  },
});

Deno.test({
  name: "Emulator.set() makes a black hole of one direction and undoes it; other links do not notice",
  ...NEEDS,
  async fn() {
    await using network = await EmulatedNetwork.make({}, {});
    await network.emulator.set("path1", "down", { blackhole: true });
    assert.equal((await network.ping(1, 2)).length, 0);
    assert.equal((await network.ping(2, 2)).length, 2);
    const { links: [first, second] } = await network.emulator.status();
    assert.deepEqual([first?.up.packets, first?.up.droppedByBlackhole], [2, 0]);
    assert.deepEqual([first?.down.packets, first?.down.droppedByBlackhole], [0, 2]);
    assert.deepEqual([second?.down.packets, second?.down.droppedByBlackhole], [2, 0]);
    await network.emulator.set("path1", "both", { blackhole: false });
    assert.equal((await network.ping(1, 2)).length, 2);
  },
});

Deno.test({
  name: "Emulator.set() changes the delay while packets flow, and status() has the settings in force",
  ...NEEDS,
  async fn() {
    await using network = await EmulatedNetwork.make({ up: { delayUs: 2000 }, down: { delayUs: 3000 } });
    assert(Math.min(...await network.ping(1, 5)) < 10);
    await network.emulator.set("path1", "both", {
      delayUs: 20_000,
      loss: { kind: "random", probability: 0 },
    });
    const fastest = Math.min(...await network.ping(1, 10));
    assert(fastest > 39 && fastest < 41, `${fastest}`);
    const { settings, delayUs } = await network.counted("down");
    assert.equal(settings.delayUs, 20_000);
    // Forgotten with the old delay: nothing took 3 ms since.
    assert(delayUs !== null && delayUs.p50 > 19_500, `${delayUs?.p50}`);
  },
});

Deno.test({
  name: "Emulator.set() refuses links that it has not and settings that are impossible, and goes on",
  ...NEEDS,
  async fn() {
    await using network = await EmulatedNetwork.make({ down: { delayUs: 5000, jitterUs: 5000 } });
    const { emulator } = network;
    await assert.rejects(emulator.set("path9", "up", {}), {
      code: "ERR_INVALID_VALUE",
      message: 'Cannot change the link "path9": there are path1',
    });
    await assert.rejects(emulator.set("path1", "up", { mtu: 1 }), {
      code: "ERR_INVALID_VALUE",
      message: /an MTU of 1/,
    });
    for (const change of [{ delayUs: NaN }, { rateBps: NaN }, { mtu: 0.5 }]) {
      await assert.rejects(emulator.set("path1", "both", change), { code: "ERR_INVALID_VALUE" });
    }
    // Possible for one direction, but not for the other: neither changes.
    const before = await network.counted("up");
    await assert.rejects(emulator.set("path1", "both", { delayUs: 1000 }), {
      message: /a jitter of 5000 us/,
    });
    assert.deepEqual((await network.counted("up")).settings, before.settings);
    assert.equal((await network.ping(1, 1)).length, 1);
  },
});

Deno.test({
  name: "Emulator.status() says what share of a processor it took, and whether it comes before others",
  ...NEEDS,
  async fn() {
    await using network = await EmulatedNetwork.make({});
    const first = await network.emulator.status();
    await network.ping(1, 5);
    const second = await network.emulator.status();
    for (const { cpuShare } of [first, second]) assert(cpuShare > 0 && cpuShare < 4, `${cpuShare}`);
    // The 41st field is the policy, and 1 is SCHED_FIFO; the second may have spaces, and ends with the bracket.
    const [, fields = ""] = (await Deno.readTextFile(`/proc/${network.emulator.pid}/stat`)).split(") ");
    assert.equal(second.realTime, fields.split(" ")[41 - 3] === "1");
    assert(second.links[0]!.up.latenessUs!.max >= 0);
  },
});

Deno.test({
  name: "a packet for a device that is down is dropped, and counted as such",
  ...NEEDS,
  async fn() {
    await using network = await EmulatedNetwork.make({});
    await network.namespaces.output("server", ["ip", "link", "set", "path1", "down"]);
    await network.send(1, 3, 100);
    const { packets, droppedByDevice } = await network.counted("up");
    assert.deepEqual({ packets, droppedByDevice }, { packets: 0, droppedByDevice: 3 });
  },
});

Deno.test({
  name: "an emulator goes on with its other links when somebody removes a device",
  ...NEEDS,
  async fn() {
    await using network = await EmulatedNetwork.make({}, {});
    await network.namespaces.output("server", ["ip", "link", "del", "path1"]);
    await network.send(1, 1, 100);
    assert.equal((await network.ping(2, 2)).length, 2);
    const idle = await network.emulator.status();
    await network.ping(2, 4, 50);
    const { cpuShare } = await network.emulator.status();
    // It does not spin on the descriptor that stays ready.
    assert(idle.links.length === 2 && cpuShare < 0.5, `${cpuShare}`);
  },
});

Deno.test({
  name: "an emulator that is killed takes its devices along, and says so to who asks",
  ...NEEDS,
  async fn() {
    await using network = await EmulatedNetwork.make({});
    Deno.kill(network.emulator.pid, "SIGKILL");
    assert.equal(await network.emulator.ended, "signal SIGKILL");
    await assert.rejects(network.emulator.status(), {
      code: "ERR_PROGRAM",
      message: "Cannot ask the link emulator: it has ended: signal SIGKILL",
    });
    await assertNoDevices(network);
  },
});

Deno.test({
  name: "a question that is under way when the emulator dies is answered by an error",
  ...NEEDS,
  async fn() {
    await using network = await EmulatedNetwork.make({});
    Deno.kill(network.emulator.pid, "SIGSTOP");
    const asked = assert.rejects(network.emulator.status(), { code: "ERR_PROGRAM" });
    Deno.kill(network.emulator.pid, "SIGKILL");
    await asked;
  },
});

Deno.test({
  name: "an emulator ends with SIGTERM, and with its scope; its devices vanish",
  ...NEEDS,
  async fn() {
    await using terminated = await EmulatedNetwork.make({});
    Deno.kill(terminated.emulator.pid, "SIGTERM");
    assert.equal(await terminated.emulator.ended, "signal SIGTERM");
    await assertNoDevices(terminated);

    await using disposed = await EmulatedNetwork.make({});
    await disposed.emulator[Symbol.asyncDispose]();
    assert.equal(await disposed.emulator.ended, null);
    await assertNoDevices(disposed);
    await assert.rejects(disposed.emulator.status(), {
      message: "Cannot ask the link emulator: it has ended",
    });
  },
});

Deno.test({
  name: "an emulator that is stopped freezes its links, and can be disposed of",
  ...NEEDS,
  async fn() {
    await using network = await EmulatedNetwork.make({});
    Deno.kill(network.emulator.pid, "SIGSTOP");
    assert.equal((await network.ping(1, 1)).length, 0);
    Deno.kill(network.emulator.pid, "SIGCONT");
    assert.equal((await network.ping(1, 1)).length, 1);
    Deno.kill(network.emulator.pid, "SIGSTOP");
  },
});

const REFUSALS = {
  "may not be opened": [
    ["mount -t tmpfs -o nodev tmpfs /dev/net", "mknod /dev/net/tun c 10 200"],
    {
      errno: "EACCES",
      message: /this user may not open \/dev\/net\/tun/,
      fix: /sudo chmod 0666 \/dev\/net\/tun/,
    },
  ],
  "is missing": [
    ["mount -t tmpfs tmpfs /dev/net"],
    { errno: "ENOENT", message: /there is no \/dev\/net\/tun/, fix: /modprobe tun/ },
  ],
  "has no driver": [
    ["mount -t tmpfs tmpfs /dev/net", "mknod /dev/net/tun c 10 255"],
    { errno: "ENODEV", message: /no TUN driver behind \/dev\/net\/tun/, fix: /modprobe tun/ },
  ],
} as const;

for (const [what, [script, { errno, message, fix }]] of Object.entries(REFUSALS)) {
  Deno.test({
    name: `startEmulator() says how to mend it when /dev/net/tun ${what}`,
    ...NEEDS,
    async fn() {
      await using namespaces = await holdHosts({ script });
      await assert.rejects(startEmulator(namespaces, [linkOf({}, 0)], { seed: 1 }), {
        code: "ERR_NOT_SUPPORTED",
        message,
        fix,
        data: { feature: "emulated link", path: "/dev/net/tun", errno },
      });
    },
  });
}

Deno.test({
  name: "startEmulator() refuses names that a device cannot have before it starts anything",
  ...NEEDS,
  async fn() {
    await using namespaces = await holdHosts();
    const link = linkOf({}, 0);
    const long = { ...link, far: { namespace: "server", device: "a-name-of-16-byte" } };
    await assert.rejects(startEmulator(namespaces, [long], { seed: 1 }), { code: "ERR_INVALID_VALUE" });
    const twice = startEmulator(namespaces, [link, link], { seed: 1 });
    await assert.rejects(twice, { message: 'Cannot emulate two links of the name "path1"' });
  },
});

Deno.test({
  name: "startEmulator() that cannot place a device leaves none behind",
  ...NEEDS,
  async fn() {
    await using namespaces = await holdHosts({
      script: ["ip -n server link add path1 type veth peer name other"],
    });
    const attempt = startEmulator(namespaces, [linkOf({}, 0)], { seed: 1 });
    await assert.rejects(attempt, { code: "ERR_PROGRAM", message: /File exists/ });
    const left = await namespaces.output("client", ["ip", "-brief", "link", "show"]);
    assert.doesNotMatch(left, /path1/);
    const nowhere = { ...linkOf({}, 0), client: { namespace: "nowhere", device: "path1" } };
    await assert.rejects(startEmulator(namespaces, [nowhere], { seed: 1 }), {
      code: "ERR_PROGRAM",
      message: /nowhere/,
    });
  },
});

Deno.test({
  name: "startEmulator() works where the library was loaded from a web server, without a network",
  ...NEEDS,
  async fn() {
    await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      const path = new URL(request.url).pathname;
      assert.match(path, /^\/(lib|ffi)\/[a-z0-9_/]+\.ts$/);
      const text = await Deno.readTextFile(`${ROOT}${path}`);
      return new Response(text, { headers: { "content-type": "application/typescript" } });
    });
    const library = `http://127.0.0.1:${server.addr.port}/lib/lab`;
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/main.ts`, program(library));
      const argv = [Deno.execPath(), "run", "--quiet", "--no-config", "--allow-all", `${folder}/main.ts`];
      assert.equal(await output(argv, { env: { DENO_DIR: `${folder}/cache` } }), "1 link\n");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

const OPEN_TUN = "mount -t tmpfs tmpfs /dev/net && mknod -m 0666 /dev/net/tun c 10 200";
const CLOSED_TUN = "mount -t tmpfs tmpfs /dev/net && mknod -m 0600 /dev/net/tun c 10 200";

/** Runs commands as nobody, in a mount namespace in which the script was run before. */
function asNobody(script: string): readonly string[] {
  return ["unshare", "--mount", "sh", "-ec", `${script}; exec "$@"`, "sh", ...AS_NOBODY];
}

Deno.test({
  name: "startEmulator() works without being root where /dev/net/tun is for everybody, else says how",
  ...requires("root", "user-namespaces", "ffi", "deno-for-nobody"),
  async fn() {
    await using free = await holdHosts({ launcher: asNobody(OPEN_TUN) });
    assert.equal(free.mode, "user");
    await using emulator = await startEmulator(free, [linkOf({}, 0)], { seed: 1 });
    assert.match(await free.output("server", ["ip", "-brief", "link", "show"]), /path1/);
    assert.equal((await emulator.status()).realTime, false);

    await using strict = await holdHosts({ launcher: asNobody(CLOSED_TUN) });
    await assert.rejects(startEmulator(strict, [linkOf({}, 0)], { seed: 1 }), {
      code: "ERR_NOT_SUPPORTED",
      message: /this user may not open \/dev\/net\/tun/,
      fix: /sudo chmod 0666 \/dev\/net\/tun/,
    });
  },
});

/** A program that starts an emulator of a library from elsewhere. */
function program(library: string): string {
  return `
    import { hold } from "${library}/namespaces.ts";
    import { startEmulator } from "${library}/emulator/emulator.ts";
    import { linkSettings } from "${library}/link/settings.ts";
    const [up, down] = [linkSettings(), linkSettings()];
    const [client, far] = ["client", "server"].map((namespace) => ({ namespace, device: "path1" }));
    await using namespaces = await hold(["ip netns add client", "ip netns add server"]);
    await using emulator = await startEmulator(namespaces, [{ name: "a", client, far, up, down }], { seed: 1 });
    console.log((await emulator.status()).links.length, "link");
  `;
}

async function assertNoDevices(network: EmulatedNetwork): Promise<void> {
  for (const host of ["client", "server"]) {
    assert.doesNotMatch(await network.namespaces.output(host, ["ip", "-brief", "link", "show"]), /path/);
  }
}

function receivedBps(report: unknown): number {
  const { end } = report as { readonly end: { readonly sum_received: { readonly bits_per_second: number } } };
  return end.sum_received.bits_per_second;
}

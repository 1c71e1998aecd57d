// Measures: rates within 5 %, delays within 1 ms.
import assert from "node:assert/strict";
import { createLab, type Lab, type LabOptions, type LinkKind } from "../../lib/lab/mod.ts";
import { missing, requires } from "../support/requires.ts";
import { iperf3, pings } from "./lab/measure.ts";

/** The links of a path with rate and loss that this machine can make. */
const KINDS: readonly LinkKind[] = ["veth", ...await has("netem"), ...await has("emulated")];

const CLIENT = "10.77.1.1";
const SERVER = "10.78.1.2";

async function has(link: "netem" | "emulated"): Promise<readonly LinkKind[]> {
  if (missing("namespaces") !== null) return [];
  try {
    await using _ = await createLab({ paths: [{ link, delayMs: 1 }] });
    return [link];
  } catch {
    return [];
  }
}

/** What many pings found. */
interface Echoes {
  readonly sent: number;
  readonly lost: number;
}

/** A lab of one path for a measurement. */
function onePath(link: LinkKind, path: LabOptions["paths"][number]): Promise<Lab> {
  return createLab({ link, seed: 7, paths: [path] });
}

for (const link of KINDS.filter((kind) => kind !== "veth")) {
  Deno.test({
    name: `ping takes the delay of a path within 1 ms over ${link}, also after a change`,
    ...requires("namespaces", "tool:ping"),
    async fn() {
      await using lab = await onePath(link, { rateMbit: 50, up: { delayMs: 30 }, down: { delayMs: 10 } });
      await near(lab, 40);
      await lab.set("path1", { delayMs: 2.5 });
      await near(lab, 5);
      await lab.set("path1", { delayMs: 20, direction: "down" });
      await near(lab, 22.5);
      const { paths } = await lab.status();
      const rtt = paths[0]?.rttMs ?? NaN;
      assert(rtt >= 22.5 && rtt < 40, `measured ${rtt} ms`);
      assert.deepEqual(paths[0]?.faults, ["delay of 2.5 ms (up)", "delay of 20 ms (down)"]);
    },
  });
}

Deno.test({
  name: "Lab.status() measures a round-trip time of more than two seconds, too",
  ...requires("namespaces", "tun"),
  async fn() {
    await using lab = await onePath("emulated", { delayMs: 1100, ipv6: false });
    const rtt = (await lab.status()).paths[0]?.rttMs ?? NaN;
    assert(rtt >= 2200, `measured ${rtt} ms`);
  },
});

/** The shortest of several pings is the link; what makes the others longer is the machine. */
async function near(lab: Lab, rttMs: number): Promise<void> {
  const times = await pings(lab, CLIENT, SERVER, 12);
  const shortest = Math.min(...times);
  assert(shortest >= rttMs && shortest < rttMs + 1, `${shortest} ms, not ${rttMs} ms: ${times}`);
}

for (const link of KINDS) {
  for (const reverse of [false, true]) {
    const way = reverse ? "down" : "up";
    Deno.test({
      name: `iperf3 gets the rate of a path within 5 % over ${link}, ${way}`,
      ...requires("namespaces", "tool:iperf3"),
      async fn() {
        await using lab = await onePath(link, { up: { rateMbit: 20 }, down: { rateMbit: 30 } });
        const asked = reverse ? 30 : 20;
        const args = ["-t", "2", ...(reverse ? ["-R"] : [])];
        // IPv4 and TCP take 52 of 1500 bytes.
        const tcp = async (): Promise<number> => (await iperf3(lab, CLIENT, SERVER, args)).mbit * 1500 / 1448;
        const datagrams = [...args, "-u", "-b", `${asked * 1.2}M`, "-l", "1400"];
        const udp = async (): Promise<number> =>
          (await iperf3(lab, CLIENT, SERVER, datagrams)).mbit * 1428 / 1400;
        await within(tcp, asked);
        await within(udp, asked);
        await lab.set("path1", { rateMbit: 5 });
        await within(tcp, 5);
      },
    });
  }

  Deno.test({
    name: `a path loses what was asked within its confidence interval over ${link}, and counts it`,
    ...requires("namespaces", "tool:ping", "tool:nft"),
    async fn() {
      await using lab = await onePath(link, { ipv6: false, up: { loss: 0.03 } });
      const up = await echoes(lab);
      likely(up, 0.03);
      await lab.set("path1", { loss: 0.1, direction: "down" });
      await lab.set("path1", { loss: 0, direction: "up" });
      const down = await echoes(lab);
      likely(down, 0.1);
      await lab.set("path1", { loss: 0 });
      assert.equal((await echoes(lab)).lost, 0);
      const [path] = (await lab.status({ measure: false })).paths;
      // netem does not tell what it lost from what found no room.
      const counted = link === "netem" ? [null, null] : [up.lost, down.lost];
      assert.deepEqual([path?.up.droppedByLoss, path?.down.droppedByLoss], counted);
    },
  });
}

for (const link of KINDS) {
  Deno.test({
    name: `a path carries packets of its MTU and no larger ones, over ${link}`,
    ...requires("namespaces", "tool:ping"),
    async fn() {
      for (const mtu of [576, 1400, 9000]) {
        await using lab = await onePath(link, { mtu, ipv6: false });
        const ping = async (bytes: number): Promise<number> => {
          // Without the headers of IPv4 and ICMP.
          const argv = ["ping", "-c1", "-W1", "-M", "do", "-s", String(bytes - 28), "-I", CLIENT, SERVER];
          return (await lab.run("client", argv)).code;
        };
        assert.deepEqual([await ping(mtu), await ping(mtu + 1)], [0, 1], `MTU ${mtu}`);
      }
    },
  });

  Deno.test({
    name: `the queue of a path holds what was asked over ${link}`,
    ...requires("namespaces", "tool:ping", "tool:iperf3"),
    async fn() {
      await using lab = await onePath(link, { rateMbit: 4, queueMs: 200 });
      // Down, because the sender of a host waits for its own queue and does not overflow it.
      const flood = iperf3(lab, CLIENT, SERVER, ["-u", "-b", "6M", "-l", "1400", "-t", "3", "-R"]);
      await lab.run("client", ["sleep", "1"]);
      const times = await pings(lab, CLIENT, SERVER, 20);
      const { lost, sent } = await flood;
      // The queue is full, or a packet short of it; some pings find no room.
      const longest = Math.max(...times);
      assert(times.length > 0 && longest > 160 && longest < 260, `pings took ${times} ms`);
      assert(lost > sent * 0.2, `${lost} of ${sent} were lost`);
      const { paths } = await lab.status({ measure: false });
      assert(
        (paths[0]?.down.droppedByQueue ?? 0) >= lost * 0.9,
        `${paths[0]?.down.droppedByQueue} of ${lost}`,
      );
    },
  });
}

Deno.test({
  name: "the same seed loses the same packets of an emulated path",
  ...requires("namespaces", "tun", "tool:ping"),
  async fn() {
    const lost: string[] = [];
    for (const seed of [1, 1, 2]) {
      await using lab = await createLab({ seed, paths: [{ loss: 0.3, link: "emulated", ipv6: false }] });
      assert.equal(lab.seed, seed);
      // One after the other: the number of a packet on the link is that of the ping.
      const argv = ["ping", "-n", "-c", "40", "-i", "0.01", "-W", "1", "-I", CLIENT, SERVER];
      const { stdout } = await lab.run("client", argv);
      lost.push([...stdout.matchAll(/icmp_seq=(\d+)/g)].map(([, number]) => number).join());
    }
    assert.equal(lost[0], lost[1]);
    assert.notEqual(lost[0], lost[2]);
  },
});

/** Sends many pings one after another. */
async function echoes(lab: Lab): Promise<Echoes> {
  const argv = ["ping", "-n", "-q", "-i", "0.0004", "-c", "5000", "-W", "1", "-I", CLIENT, SERVER];
  const { stdout } = await lab.run("client", argv);
  const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(stdout) ?? [];
  return { sent: Number(sent), lost: Number(sent) - Number(received) };
}

/**
 * Within 5 % of the rate. A machine that is busy with other things makes a transfer slower, and no link faster: the
 * best of three is the link.
 */
async function within(measure: () => Promise<number>, asked: number): Promise<void> {
  const seen: number[] = [];
  do seen.push(await measure()); while (seen.length < 3 && seen.at(-1)! < asked * 0.95);
  const best = Math.max(...seen);
  assert(
    Math.abs(best - asked) <= asked * 0.05,
    `${seen.map((mbit) => mbit.toFixed(2))}, not ${asked} Mbit/s`,
  );
}

/** Within the interval that holds all but one in 15,000 measurements of a binomial distribution. */
function likely({ sent, lost }: Echoes, probability: number): void {
  const sigma = Math.sqrt(sent * probability * (1 - probability));
  assert.equal(sent, 5000);
  assert(
    Math.abs(lost - sent * probability) < 4 * sigma,
    `${lost} of ${sent}, not ${sent * probability} +- ${4 * sigma}`,
  );
}

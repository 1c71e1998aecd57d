// deno-lint-ignore-file no-console
/**
 * Measures the link emulator of the lab and prints a table of docs/benchmarks.md:
 * `deno task bench:lab [--seconds 5]`. Progress goes to stderr. Needs root and iperf3.
 *
 * @module
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { formatRate } from "../lib/base/units.ts";
import { type Emulator, type EmulatorStatus, startEmulator } from "../lib/lab/emulator/emulator.ts";
import type { DirectionStatus } from "../lib/lab/link/meter.ts";
import { type LinkSettings, linkSettings } from "../lib/lab/link/settings.ts";
import { hold, type Namespaces } from "../lib/lab/namespaces.ts";

/** The payload of a datagram: 1350 bytes, as QUIC sends them, with the headers of UDP and IPv4. */
const PAYLOAD_BYTES = 1350;

/** What is sent through the emulator. */
interface Load {
  readonly what: string;
  readonly paths: number;
  readonly mbit: number;
  readonly both: boolean;
  readonly settings: Partial<LinkSettings>;
}

const CAPACITY: Partial<LinkSettings> = { rateBps: 250e6, delayUs: 10_000 };

const LOADS: readonly Load[] = [
  { what: "1 path, 20 Mbit/s up", paths: 1, mbit: 20, both: false, settings: CAPACITY },
  { what: "1 path, 200 Mbit/s up", paths: 1, mbit: 200, both: false, settings: CAPACITY },
  { what: "2 paths, 200 Mbit/s up each", paths: 2, mbit: 200, both: false, settings: CAPACITY },
  { what: "2 paths, 100 Mbit/s each way each", paths: 2, mbit: 100, both: true, settings: CAPACITY },
  { what: "2 paths, 200 Mbit/s each way each", paths: 2, mbit: 200, both: true, settings: CAPACITY },
  {
    what: "as before, with 1 % loss and 2 ms jitter",
    paths: 2,
    mbit: 200,
    both: true,
    settings: { ...CAPACITY, jitterUs: 2000, loss: { kind: "random", probability: 0.01 } },
  },
];

async function measure(load: Load, seconds: number): Promise<string> {
  await using namespaces = await hold(["ip netns add client", "ip netns add server"]);
  await using emulator = await emulated(namespaces, load);
  const numbers = [...Array(load.paths).keys()].map((index) => index + 1);
  await using servers = new AsyncDisposableStack();
  for (const number of numbers) {
    const argv = ["iperf3", "-s", "-1", "--forceflush", "-p", String(5200 + number)];
    const server = servers.use(namespaces.spawn("server", argv, { deadlineMs: 600_000 }));
    await server.line(/Server listening/);
  }
  await emulator.status();
  const running = numbers.map((number) =>
    namespaces.output("client", [
      ...["iperf3", "-u", "-c", `10.77.${number}.2`, "-p", String(5200 + number)],
      ...["-b", `${load.mbit}M`, "-l", String(PAYLOAD_BYTES), "-t", String(seconds)],
      ...(load.both ? ["--bidir"] : []),
    ], { deadlineMs: 600_000 })
  );
  // The middle of the transfer, so that the share is that under load.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await emulator.status();
  await new Promise((resolve) => setTimeout(resolve, (seconds - 1.5) * 1000));
  const loaded = await emulator.status();
  await Promise.all(running);
  return row(load, loaded, await emulator.status());
}

async function emulated(namespaces: Namespaces, load: Load): Promise<Emulator> {
  const settings = linkSettings(load.settings);
  const names = [...Array(load.paths).keys()].map((index) => `path${index + 1}`);
  const emulator = await startEmulator(
    namespaces,
    names.map((name) => ({
      name,
      client: { namespace: "client", device: name },
      far: { namespace: "server", device: name },
      up: settings,
      down: settings,
    })),
    { seed: 1 },
  );
  const commands = names.flatMap((name, index) =>
    ["client", "server"].map((host, side) =>
      `ip -n ${host} addr add 10.77.${index + 1}.${
        side + 1
      }/24 dev ${name} && ip -n ${host} link set ${name} up`
    )
  );
  await namespaces.output(undefined, ["sh", "-ec", commands.join("\n")]);
  return emulator;
}

/** One row; the worst direction stands for all that were loaded. */
function row(load: Load, loaded: EmulatorStatus, end: EmulatorStatus): string {
  const pick = ({ links }: EmulatorStatus): readonly DirectionStatus[] =>
    links.flatMap(({ up, down }) => load.both ? [up, down] : [up]);
  const directions = pick(end);
  const worst = (of: (direction: DirectionStatus) => number | undefined): string =>
    Math.max(...directions.map((direction) => of(direction) ?? NaN)).toFixed(0);
  const sum = (of: (direction: DirectionStatus) => number): number =>
    directions.reduce((total, direction) => total + of(direction), 0);
  const lost = sum(({ droppedByLoss }) => droppedByLoss);
  const full = sum(({ droppedByQueue }) => droppedByQueue);
  const packets = sum((direction) => direction.packets);
  const cells = [
    load.what,
    formatRate(pick(loaded).reduce((total, { rateBps }) => total + rateBps, 0)),
    percent(lost, packets + lost),
    percent(full, packets + lost + full),
    worst(({ latenessUs }) => latenessUs?.p50),
    worst(({ latenessUs }) => latenessUs?.p99),
    worst(({ latenessUs }) => latenessUs?.max),
    `${(100 * loaded.cpuShare).toFixed(0)} %${loaded.realTime ? "" : " (normal priority)"}`,
  ];
  return `| ${cells.join(" | ")} |`;
}

function percent(part: number, whole: number): string {
  return `${(100 * part / Math.max(1, whole)).toFixed(2)} %`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: "string", default: "5" } } });
  const head = [
    "load",
    "carried",
    "lost as asked",
    "dropped by the queue",
    "lateness p50, us",
    "p99",
    "max",
    "CPU of one core",
  ];
  console.log("## The link emulator\n");
  console.log(
    `iperf3 over UDP with ${PAYLOAD_BYTES} bytes a datagram, links of 250 Mbit/s and 10 ms. Lateness is that ` +
      `of the worst direction. Load of the machine at the start: ${loadavg()[0]!.toFixed(2)}.\n`,
  );
  console.log(`| ${head.join(" | ")} |\n| ${head.map(() => "---").join(" | ")} |`);
  for (const load of LOADS) {
    console.error(load.what);
    console.log(await measure(load, Number(values.seconds)));
  }
}

await main();

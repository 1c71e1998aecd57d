// deno-lint-ignore-file no-console
/**
 * Measures the time to the first byte where something is wrong with a family, and prints a section of
 * docs/benchmarks.md: `deno task bench:race [--runs 10]`. Progress goes to stderr. Needs the right to make
 * namespaces, nftables, curl and Node.js.
 *
 * @module
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { median } from "../lib/base/statistics.ts";
import { ownProgram } from "../lib/lab/own_program.ts";
import { makeNetwork, SERVER } from "../lib/race/infer/network.ts";
import type { ScenarioName } from "../lib/race/infer/scenario.ts";
import { SERVER_PERMISSIONS, SERVER_PROGRAM } from "../lib/race/infer/server_program.ts";
import { RACE_CLIENT } from "./bench_race_client.ts";

const URL_TEXT = "http://test.example/";

/** Longer than any client takes for a page of this network. */
const DEADLINE_MS = 20_000;

/** A program that prints after how many milliseconds it had the first byte. */
interface Client {
  readonly name: string;
  readonly argv: readonly string[];
  /** What its number is multiplied by. */
  readonly toMs: number;
}

const DENO_CLIENT = `
const start = performance.now();
const connection = await Deno.connect({ hostname: "test.example", port: 80 });
await connection.write(new TextEncoder().encode("GET / HTTP/1.1\\r\\nHost: test.example\\r\\n\\r\\n"));
await connection.read(new Uint8Array(1024));
console.log(performance.now() - start);
connection.close();`;

const NODE_CLIENT = `
const start = performance.now();
const socket = require("net").connect(80, "test.example");
socket.once("data", () => { console.log(performance.now() - start); socket.destroy(); });
socket.write("GET / HTTP/1.1\\r\\nHost: test.example\\r\\n\\r\\n");`;

const CLIENTS: readonly Client[] = [
  {
    name: "mpt",
    argv: ownProgram(RACE_CLIENT, ["--allow-all", "--unstable-net"], [URL_TEXT]),
    toMs: 1,
  },
  {
    name: "mpt, second call",
    argv: ownProgram(RACE_CLIENT, ["--allow-all", "--unstable-net"], [URL_TEXT, "2"]),
    toMs: 1,
  },
  {
    name: "curl",
    argv: ["curl", "-s", "-o", "/dev/null", "-w", "%{time_starttransfer}", URL_TEXT],
    toMs: 1000,
  },
  { name: "Deno.connect", argv: [Deno.execPath(), "eval", DENO_CLIENT], toMs: 1 },
  { name: "Node.js net", argv: ["node", "-e", NODE_CLIENT], toMs: 1 },
];

const CASES: readonly { readonly scenario: ScenarioName; readonly what: string }[] = [
  { scenario: "late-https", what: "both families work" },
  { scenario: "fallback", what: "IPv6 is a black hole" },
  { scenario: "refused", what: "IPv6 refuses" },
  { scenario: "late-aaaa", what: "AAAA is answered 1 s late" },
  { scenario: "late-a", what: "A is answered 1 s late" },
];

/** The times of each client in one network, in the order of {@linkcode CLIENTS}. */
interface Row {
  readonly what: string;
  readonly times: readonly (readonly number[])[];
}

async function measure(scenario: ScenarioName, what: string, runs: number): Promise<Row> {
  await using network = await makeNetwork();
  const argv = ownProgram(SERVER_PROGRAM, SERVER_PERMISSIONS, [scenario]);
  const env = { DENO_NO_UPDATE_CHECK: "1" };
  await using server = network.spawn(SERVER, argv, { deadlineMs: 600_000, env });
  await server.line(/"ready"/);
  const times = CLIENTS.map((): number[] => []);
  for (let run = 0; run < runs; run++) {
    for (const [index, { argv, toMs }] of CLIENTS.entries()) {
      const printed = await network.output(undefined, argv, { deadlineMs: DEADLINE_MS, env });
      times[index]?.push(Number(printed) * toMs);
    }
    console.error(`${what}: run ${run + 1} of ${runs}`);
  }
  return { what, times };
}

function table(rows: readonly Row[]): string {
  const cells = [
    ["ms, median (least to most)", ...CLIENTS.map(({ name }) => name)],
    ["---", ...CLIENTS.map(() => "---")],
    ...rows.map(({ what, times }) => [what, ...times.map(figure)]),
  ];
  return cells.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function figure(samples: readonly number[]): string {
  const [middle, least, most] = [median(samples) ?? NaN, Math.min(...samples), Math.max(...samples)].map((
    ms,
  ) => ms < 10 ? ms.toFixed(1) : ms.toFixed(0));
  return `${middle} (${least} to ${most})`;
}

async function version(program: string, pattern: RegExp): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args: ["--version"] }).output();
  return pattern.exec(new TextDecoder().decode(stdout))?.[1] ?? "of an unknown version";
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { runs: { type: "string", default: "10" } } });
  const runs = Number(values.runs);
  const rows: Row[] = [];
  for (const { scenario, what } of CASES) rows.push(await measure(scenario, what, runs));
  console.log(`## Time to first byte when a family is broken

From the call to the first byte of the answer, names included, in a private network with a name server and a web
server on the other end of a link without delay; port 80, so that nobody asks for HTTPS records. Each program
connects once, so that the compiling of its code counts; the second call of mpt shows what remains. ${runs}
interleaved runs; curl ${await version(
    "curl",
    /^curl (\S+)/,
  )}, Deno ${Deno.version.deno}, Node.js ${await version(
    "node",
    /^v(\S+)/,
  )}; load of the machine ${loadavg()[0]?.toFixed(1)}.

${table(rows)}`);
}

if (import.meta.main) await main();

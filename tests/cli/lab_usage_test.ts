import assert from "node:assert/strict";
import { mpt } from "../support/command.ts";
import { jsonOf } from "./answers.ts";

const SUBCOMMANDS = [
  "run",
  "up",
  "exec",
  "set",
  "middlebox",
  "script",
  "status",
  "down",
  "presets",
] as const;

/** The permissions that labs need. */
const LAB = { permissions: ["--allow-all"] };

/** Arguments that mean nothing, and what is said about them. No lab is made for any of them. */
const USAGE: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [["frobnicate"], /unknown command 'frobnicate'/],
  [["rn", "two-path"], /unknown command 'rn'\n\(Did you mean run\?\)/],
  [["run"], /what should run is missing: mpt lab run two-path -- COMMAND/],
  [["run", "two-path", "--"], /what should run is missing/],
  [["run", "--", "true"], /Cannot make a lab without paths: name a preset \(two-path, .*\), or give --path/],
  [["run", "tow-path", "--", "true"], /there is no such preset or file\n +try: name a preset \(two-path, /],
  [["run", "a", "b", "--", "true"], /too many arguments in front of --: a b/],
  [["run", "two-path", "--link", "wire", "--", "true"], /'wire' is invalid/],
  [["run", "two-path", "--mptcp", "all", "--", "true"], /'all' is invalid/],
  [["run", "two-path", "--seed", "-1", "--", "true"], /'-1' is invalid/],
  [["run", "two-path", "--name", "My Lab", "--", "true"], /use up to 32 of a-z, 0-9 and -/],
  [["run", "-p", "rate=20MB", "--", "true"], /a capital B stands for bytes/],
  [["run", "-p", "speed=20mbit", "--", "true"], /there is no part "speed"; there are name, rate/],
  [["run", "-p", "loss=5", "--", "true"], /did you mean 5%\?/],
  [["run", "-p", "jitter=5ms", "--", "true"], /jitterMs: it is more than the delay of 0 ms/],
  [["run", "-p", "name=lo", "--", "true"], /"lo" is the name of something else on every host/],
  [["run", "-p", "name=a", "-p", "name=b,nat", "--no-router", "--", "true"], /NAT needs the router/],
  [
    ["run", "-p", "link=veth,delay=5ms", "--", "true"],
    /is a veth link, which has rate and random loss alone/,
  ],
  [["run", "two-path", "--server", " ", "--", "true"], /It is empty; give a command of the shell/],
  [["exec"], /missing required argument 'host'/],
  [["exec", "client"], /what should run is missing/],
  [["exec", "nobody", "--", "true"], /there is no host 'nobody'; there are client, server, router/],
  [["set"], /missing required argument 'path'/],
  [["set", "path1"], /nothing is to change/],
  [["set", "path1", "--down", "--up"], /--up says something about what was said before/],
  [["set", "path1", "--loss", "5"], /did you mean 5%\?/],
  [["set", "path1", "--rebind", "--direction", "up"], /--direction needs one of --blackhole/],
  [["set", "path1", "--dwn"], /unknown option '--dwn'\n\(Did you mean --down\?\)/],
  [["set", "path1", "--down"], /Cannot reach a lab: no lab is running\n +try: mpt lab up two-path/],
  [["middlebox"], /missing required argument 'action'/],
  [["middlebox", "frob"], /'frob' is invalid/],
  [["middlebox", "add"], /which middlebox is missing/],
  [["middlebox", "clear", "drop-udp"], /clear takes no middlebox/],
  [["middlebox", "add", "shred"], /"shred" is not the kind: it is one of strip, drop/],
  [["middlebox", "add", "drop-udp,port=0"], /Cannot use "0" as the port of drop-udp/],
  [["script", "/no/such/script"], /Cannot read the script \/no\/such\/script/],
  [["down", "mine", "--all"], /give a name or --all, not both/],
  [["down", "mine"], /Cannot reach a lab: no lab is running, mine neither/],
];

/** The exit code of each that is not a mistake of the user. */
const NOT_USAGE: ReadonlyMap<string, number> = new Map([["link=veth,delay=5ms", 3]]);

async function withState(work: (env: Readonly<Record<string, string>>) => Promise<void>): Promise<void> {
  const runtime = await Deno.makeTempDir();
  try {
    await work({ XDG_RUNTIME_DIR: runtime, MPT_LAB_FOLDER: "", MPT_LAB: "" });
  } finally {
    await Deno.remove(runtime, { recursive: true });
  }
}

Deno.test("arguments of mpt lab that mean nothing end with 2 and the reason", async () => {
  await withState(async (env) => {
    const queue = USAGE.values();
    const worker = async (): Promise<void> => {
      for (const [args, message] of queue) {
        const { code, stdout, stderr } = await mpt(["lab", ...args], { ...LAB, env });
        const expected = args.map((word) => NOT_USAGE.get(word)).find((one) => one !== undefined) ?? 2;
        assert.equal(code, expected, `${args.join(" ")}: ${stdout}${stderr}`);
        assert.match(stderr, message);
        assert.equal(stdout, "");
        assert.doesNotMatch(stderr, /^\s+at /m);
      }
    };
    const ends = await Promise.allSettled([worker(), worker()]);
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  });
});

Deno.test("mpt lab alone prints its help and ends with 2; each command has help within 80 columns", async () => {
  const alone = await mpt(["lab"]);
  assert.deepEqual([alone.code, alone.stdout], [2, ""]);
  for (const name of SUBCOMMANDS) {
    assert.match(alone.stderr, new RegExp(`^  ${name} `, "m"));
    const { code, stdout, stderr } = await mpt(["lab", name, "--help"]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, new RegExp(`^Usage: mpt lab ${name} `));
    assert(stdout.split("\n").every((line) => line.length <= 80), stdout);
  }
  assert.doesNotMatch(alone.stderr, /owner/);
});

Deno.test("mpt complete -- lab completes commands and options", async () => {
  const complete = async (...words: readonly string[]): Promise<readonly string[]> =>
    (await mpt(["complete", "--", ...words])).stdout.split("\n").map((line) => line.split("\t")[0]!);
  const commands = await complete("lab", "");
  assert(SUBCOMMANDS.every((name) => commands.includes(name)), commands.join(" "));
  assert(!commands.includes("owner"));
  const options = await complete("lab", "set", "path1", "--b");
  assert(options.includes("--blackhole") && options.includes("--burst"), options.join(" "));
});

Deno.test("without the permissions of Deno mpt lab ends with 3 and names them", async () => {
  for (const args of [["status"], ["run", "two-path", "--", "true"], ["up", "two-path"], ["down"]]) {
    const { code, stderr } = await mpt(["lab", ...args]);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /Cannot use labs without --allow-run: .*\n +try: run mpt with --allow-run /);
  }
});

Deno.test("without a lab status and down say so and end with 0", async () => {
  await withState(async (env) => {
    const status = await mpt(["lab", "status"], { ...LAB, env });
    assert.deepEqual([status.code, status.stdout], [
      0,
      "· No lab is running.\n    try: mpt lab up two-path\n",
    ]);
    const json = jsonOf(await mpt(["lab", "status", "--json"], { ...LAB, env }));
    assert.deepEqual([json.schema, json["labs"]], ["mpt.lab-status/1", []]);
    const down = await mpt(["lab", "down", "--all"], { ...LAB, env });
    assert.deepEqual([down.code, down.stdout], [0, "No lab is running.\n"]);
  });
});

Deno.test("mpt lab presets lists every preset, in JSON with what a file would hold", async () => {
  const text = await mpt(["lab", "presets"]);
  for (const name of ["two-path", "wifi-lte", "dual-stack", "satellite", "asymmetric"]) {
    assert.match(text.stdout, new RegExp(`^${name} +\\S`, "m"));
  }
  const { presets } = jsonOf(await mpt(["lab", "presets", "--json"]));
  assert.deepEqual(
    Array.isArray(presets) && presets[0],
    {
      name: "two-path",
      summary: "Two paths that differ: 20 Mbit/s with 10 ms and 10 Mbit/s with 35 ms one-way",
      options: { paths: [{ rateMbit: 20, delayMs: 10 }, { rateMbit: 10, delayMs: 35 }] },
    },
  );
});

Deno.test("the owner of a lab refuses what people type", async () => {
  await withState(async (env) => {
    for (
      const stdin of ["", "hello\n", "{}\n", '{"name":"a","anyName":false,"lifeline":false,"servers":[1]}\n']
    ) {
      const { code, stdout } = await mpt(["lab", "owner"], { ...LAB, env, stdin });
      assert.equal(code > 0, true);
      assert.match(stdout, /^\{"error":\{"code":"ERR_/);
    }
  });
});

import assert from "node:assert/strict";
import { TOOL } from "../../lib/base/result.ts";
import { mpt, mptArgv, ROOT, run } from "../support/command.ts";
import { requires } from "../support/requires.ts";

const COMMANDS = ["probe", "race", "serve", "bench", "doctor", "explain"] as const;

/** Options that every command has. */
const COMMON = [
  "--json",
  "--ndjson",
  "--timeout <",
  "-o, --output <file>",
  "-q, --quiet",
  "-v, --verbose",
  "--color <",
];

Deno.test("mpt --help and mpt --version say what it is", async () => {
  for (const flag of ["--help", "-h", "help"]) {
    const { code, stdout, stderr } = await mpt([flag]);
    assert.deepEqual([code, stderr], [0, ""], flag);
    for (const command of COMMANDS) assert.match(stdout, new RegExp(`^  ${command} `, "m"));
    assert.match(stdout, /^Exit codes: 0 /m);
  }
  for (const flag of ["--version", "-V"]) {
    const { code, stdout, stderr } = await mpt([flag]);
    assert.deepEqual([code, stdout, stderr], [0, `mpt ${TOOL.version}\n`, ""], flag);
  }
});

Deno.test({
  name: "an answer that cannot be printed ends with 3 and the reason, whatever printed it",
  ...requires("tool:sh"),
  async fn() {
    for (
      const args of [["--version"], ["--help"], ["doctor"], ["doctor", "--json"], ["explain", "--ndjson"]]
    ) {
      const { code, stderr } = await run(["sh", "-c", 'exec "$@" > /dev/full', "sh", ...mptArgv(args)]);
      assert.equal(code, 3, stderr);
      assert.equal(stderr, "mpt: Cannot print the answer: No space left on device (os error 28)\n");
    }
  },
});

/** Runs its arguments with a non-blocking pipe for stdout, and reads only when that is full. */
const NON_BLOCKING = `
import array, fcntl, os, subprocess, sys, termios
r, w = os.pipe()
os.set_blocking(w, False)
program = subprocess.Popen(sys.argv[1:], stdout=w)
os.close(w)
held = array.array("i", [0])
while program.poll() is None and held[0] < 60000: fcntl.ioctl(r, termios.FIONREAD, held)
while data := os.read(r, 65536): sys.stdout.buffer.write(data)
sys.exit(program.wait())
`;

Deno.test({
  name: "an answer goes out whole over a pipe that another program made non-blocking, and that is full",
  ...requires("tool:python3"),
  async fn() {
    const { code, stdout, stderr } = await run([
      "python3",
      "-c",
      NON_BLOCKING,
      ...mptArgv(["explain", "--json"]),
    ]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(JSON.parse(stdout).schema, "mpt.explain/1");
  },
});

Deno.test("the version is the one of deno.json", async () => {
  const config: unknown = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  assert(typeof config === "object" && config !== null && "version" in config);
  assert.equal(TOOL.version, config.version);
});

for (const command of COMMANDS) {
  Deno.test(`mpt ${command} --help lists its options and those that every command has`, async () => {
    const { code, stdout, stderr } = await mpt([command, "--help"]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, new RegExp(`^Usage: mpt ${command} \\[options\\]`));
    for (const option of COMMON) assert(stdout.includes(`  ${option}`), `${option} is missing:\n${stdout}`);
    assert(stdout.split("\n").every((line) => line.length <= 80), stdout);
  });
}

Deno.test("mpt alone prints its help and ends with 2", async () => {
  const { code, stdout, stderr } = await mpt([]);
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /^Usage: mpt /);
});

Deno.test("what is mistyped is asked about", async () => {
  const questions: readonly (readonly [readonly string[], RegExp])[] = [
    [["prob", "host"], /^error: unknown command 'prob'\n\(Did you mean probe\?\)\n/],
    [["probe", "--jsn", "host"], /^error: unknown option '--jsn'\n\(Did you mean --json\?\)\n/],
    [["bench", "--stream", "2", "host"], /^error: unknown option '--stream'\n\(Did you mean --streams\?\)\n/],
    [["serve", "--tokn", "x"], /^error: unknown option '--tokn'\n\(Did you mean --token\?\)\n/],
  ];
  for (const [args, message] of questions) {
    const { code, stdout, stderr } = await mpt(args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, message);
  }
});

Deno.test({
  name: "mpt complete bash prints a script that bash can read",
  ...requires("tool:bash"),
  async fn() {
    const { code, stdout, stderr } = await mpt(["complete", "bash"]);
    assert.deepEqual([code, stderr], [0, ""]);
    const read = await run(["bash", "-c", `eval "$1"; complete -p mpt`, "bash", stdout]);
    assert.equal(read.code, 0, read.stderr);
    assert.match(read.stdout, /^complete .* mpt$/m);
  },
});

Deno.test("mpt complete knows the other shells, and no nonsense", async () => {
  for (const shell of ["zsh", "fish", "powershell"]) {
    const { code, stdout } = await mpt(["complete", shell]);
    assert.equal(code, 0);
    assert.match(stdout, /mpt/);
  }
  assert.equal((await mpt(["complete", "nonsense"])).code, 2);
});

Deno.test("mpt complete -- completes commands and options", async () => {
  const complete = async (...words: readonly string[]): Promise<readonly string[]> =>
    (await mpt(["complete", "--", ...words])).stdout.split("\n").map((line) => line.split("\t")[0]!);
  assert.deepEqual((await complete("pro")).filter((word) => !word.startsWith(":") && word !== ""), ["probe"]);
  const options = await complete("bench", "--d");
  assert(options.includes("--direction") && options.includes("--duration"), options.join(" "));
});

Deno.test("--help and --version need no permission", async () => {
  for (const words of [[], ["probe"], ["lab"], ["lab", "up"]]) {
    const { code, stdout } = await mpt([...words, "--help"], { permissions: [] });
    assert.equal(code, 0);
    assert(stdout.startsWith(`Usage: ${["mpt", ...words].join(" ")} [`), stdout);
  }
  const { stdout } = await mpt(["--version"], { permissions: [] });
  assert.equal(stdout, `mpt ${TOOL.version}\n`);
});

Deno.test("with the flag for late imports but not --allow-read, mpt says which of them to change", async () => {
  const permissions = ["--unstable-lazy-dynamic-imports", "--allow-env"];
  const { code, stderr } = await mpt(["explain"], { permissions });
  assert.deepEqual([code, stderr.split("\n")], [3, [
    "mpt: Cannot load itself with --unstable-lazy-dynamic-imports: Deno was not given --allow-read",
    "     try: run mpt with --allow-read, or without --unstable-lazy-dynamic-imports",
    "",
  ]]);
  assert.equal((await mpt(["--version"], { permissions })).code, 0);
});

import assert from "node:assert/strict";
import { mpt, mptArgv, run, start, startMpt } from "../support/command.ts";
import { closedPort, rawServer } from "../support/raw_tcp.ts";
import { requires, withoutFfi } from "../support/requires.ts";
import { served } from "../lib/serve/served.ts";
import { jsonOf, linesOf } from "./answers.ts";

/** Nothing on a terminal's level but the words. */
const PLAIN = ["--color", "never", "--join-timeout", "0"];

Deno.test("mpt probe says the verdict in words first, then the addresses side by side", async () => {
  await using server = await served();
  const target = `127.0.0.1:${server.port}`;
  const { code, stdout, stderr } = await mpt(["probe", ...PLAIN, "-t", "tcp", target]);
  assert.deepEqual([code, stderr], [0, ""]);
  const [verdict, blank, heading, row] = stdout.split("\n");
  assert.equal(verdict, `✓ TCP works to ${target}.`);
  assert.equal(blank, "");
  assert.match(heading!, /^ADDRESS +INTERFACE +TCP +CONNECT +MPTCP +CONNECT +PATHS +DATA$/);
  assert.match(row!, new RegExp(`^${target} +(lo|-) +yes +\\S+ ms +- +- +- +mpt serve \\d`));
});

Deno.test({
  name: "mpt probe of mpt serve over MPTCP shows the paths and both views",
  ...requires("mptcp"),
  async fn() {
    await using server = await served({}, "mptcp");
    const target = `127.0.0.1:${server.port}`;
    const { code, stdout } = await mpt(["probe", ...PLAIN, "--require", "mptcp", target]);
    assert.equal(code, 0, stdout);
    assert.match(stdout, new RegExp(`^✓ MPTCP works to ${target} over one path\\.\n`));
    assert.match(
      stdout,
      new RegExp(`\nMPTCP paths to ${target}:\n  PATH  LOCAL .*\n  0     127\\.0\\.0\\.1:\\d+ .*active`),
    );
    assert.match(
      stdout,
      new RegExp(`\nThe server sees mptcp over 1 path: 127\\.0\\.0\\.1:\\d+ to ${target} \\(active\\)\n`),
    );
  },
});

Deno.test({
  name: "mpt probe --require says by its exit code whether it holds",
  ...requires("mptcp"),
  async fn() {
    await using tcp = await served();
    await using mptcp = await served({}, "mptcp");
    const code = async (port: number, ...args: readonly string[]): Promise<number> =>
      (await mpt(["probe", ...PLAIN, ...args, `127.0.0.1:${port}`])).code;
    assert.equal(await code(mptcp.port, "--require", "mptcp"), 0);
    assert.equal(await code(tcp.port, "--require", "mptcp"), 1);
    assert.equal(await code(tcp.port, "--require", "tcp"), 0);
    // What is required is tested although it was not asked for.
    assert.equal(await code(tcp.port, "--require", "mptcp", "-t", "tcp"), 1);
    // Nothing was required, and something works.
    assert.equal(await code(tcp.port), 0);
    assert.equal(await code(closedPort(), "--require", "tcp"), 1);
    assert.equal(await code(closedPort()), 1);
  },
});

Deno.test("mpt probe without --allow-ffi tests TCP, and names the flag that MPTCP needs", async () => {
  await using server = await served();
  const permissions = ["--allow-net", "--allow-env", "--allow-sys", "--allow-read"];
  const target = `127.0.0.1:${server.port}`;
  const result = await mpt(["probe", "--json", "-t", "tcp,mptcp", target], { permissions });
  assert.equal(result.code, 0, result.stderr);
  const text = JSON.stringify(jsonOf(result).endpoints);
  assert.match(text, /"tcp":\{"status":"yes"/);
  assert.match(text, /"mptcp":\{"status":"unknown","reason":"[^"]*--allow-ffi[^"]*"/);
  assert.match(text, /"error":"ERR_FFI_PERMISSION"/);
  const required = await mpt(["probe", "-t", "tcp", "--require", "mptcp", target], { permissions });
  assert.equal(required.code, 3);
  assert.match(required.stdout, /^\? Whether MPTCP works to \S+ is unknown: .*--allow-ffi/);
});

Deno.test("mpt probe without --allow-net could not test anything: exit 3 with the flag", async () => {
  const permissions = ["--allow-env", "--allow-sys", "--allow-read"];
  const result = await mpt(["probe", "--json", "-t", "tcp", "127.0.0.1:1"], { permissions });
  assert.equal(result.code, 3, result.stderr);
  assert.match(JSON.stringify(jsonOf(result).endpoints), /"status":"unknown","reason":"[^"]*--allow-net/);
});

Deno.test("mpt probe --json prints one object and nothing else, -o saves the same", async () => {
  await using server = await served();
  const file = await Deno.makeTempFile();
  try {
    const args = ["probe", "-t", "tcp", "-o", file, `127.0.0.1:${server.port}`];
    const json = await mpt([...args, "--json"]);
    assert.deepEqual([json.code, json.stderr], [0, ""]);
    assert.equal(jsonOf(json).schema, "mpt.probe/1");
    assert.equal(await Deno.readTextFile(file), json.stdout);
    const text = await mpt(args);
    assert.match(text.stdout, /^✓ TCP works/);
    const saved: unknown = JSON.parse(await Deno.readTextFile(file));
    assert(
      typeof saved === "object" && saved !== null && "schema" in saved && saved.schema === "mpt.probe/1",
    );
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("mpt probe --ndjson prints events a line each, and the result in the last", async () => {
  await using server = await served();
  const { events, result } = linesOf(
    await mpt(["probe", "-t", "tcp", "--ndjson", `tcp4@localhost:${server.port}`]),
  );
  assert.deepEqual(events.map(({ event }) => event), ["dns", "start", "check", "end"]);
  assert.equal(result.schema, "mpt.probe/1");
});

Deno.test("mpt probe that is interrupted ends with 130 and what it has seen", async () => {
  const asked = Promise.withResolvers<void>();
  await using server = await rawServer(async (peer) => {
    await peer.until(/\r\n\r\n/);
    asked.resolve();
  });
  await using probe = startMpt(["probe", "--json", "-t", "tcp", server.address]);
  await asked.promise;
  probe.kill("SIGINT");
  const result = await probe.finished;
  assert.equal(result.code, 130, result.stderr);
  const { end, endpoints } = jsonOf(result);
  assert.equal(end.reason, "interrupted");
  assert.match(JSON.stringify(endpoints), /"tcp":\{"status":"yes"/);
});

Deno.test("mpt probe that is interrupted says so to people, too", async () => {
  const asked = Promise.withResolvers<void>();
  await using server = await rawServer(async (peer) => {
    await peer.until(/\r\n\r\n/);
    asked.resolve();
  });
  await using probe = startMpt(["probe", ...PLAIN, "-t", "tcp", server.address]);
  await asked.promise;
  probe.kill("SIGTERM");
  const { code, stdout } = await probe.finished;
  assert.equal(code, 130);
  assert.match(stdout, /^interrupted: this is what was seen so far$/m);
});

Deno.test({
  name: "mpt probe whose reader goes away is no error",
  ...requires("tool:bash"),
  async fn() {
    await using server = await served();
    const argv = mptArgv(["probe", "--ndjson", "-t", "tcp", `127.0.0.1:${server.port}`]);
    const piped = await run(["bash", "-c", 'set -o pipefail; "$@" | head -1', "bash", ...argv]);
    assert.deepEqual([piped.code, piped.stderr, linesIn(piped.stdout)], [0, "", 1]);
  },
});

function linesIn(text: string): number {
  return text.split("\n").length - 1;
}

Deno.test("colours come when they are asked for, and not where nobody sees them", async () => {
  await using server = await served();
  const args = ["probe", "-t", "tcp", "--join-timeout", "0", `127.0.0.1:${server.port}`];
  const escapes = async (
    extra: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<boolean> => (await mpt([...args, ...extra], { env })).stdout.includes("\x1b[");
  assert.equal(await escapes([]), false);
  assert.equal(await escapes(["--color", "always"]), true);
  assert.equal(await escapes(["--color", "always"], { NO_COLOR: "1" }), true);
  assert.equal(await escapes(["--color", "never"]), false);
});

Deno.test({
  name: "on a terminal there are colours and progress, NO_COLOR takes the colours, --quiet the progress",
  ...requires("tool:script"),
  async fn() {
    await using server = await served();
    const argv = mptArgv(["probe", "-t", "tcp", "--join-timeout", "0", `127.0.0.1:${server.port}`]);
    const onTerminal = async (
      extra: readonly string[],
      env: Readonly<Record<string, string>>,
    ): Promise<string> => {
      const command = [...argv, ...extra].map((arg) => `'${arg}'`).join(" ");
      await using child = start(["script", "-qec", command, "/dev/null"], {
        env: { TERM: "xterm", NO_COLOR: "", ...env },
      });
      const { code, stdout } = await child.finished;
      assert.equal(code, 0, stdout);
      return stdout;
    };
    const green = "\x1b[32m";
    const plain = await onTerminal([], {});
    assert(plain.includes(green) && plain.includes("probing 127.0.0.1"), JSON.stringify(plain));
    const colourless = await onTerminal([], { NO_COLOR: "1" });
    assert(!colourless.includes(green) && colourless.includes("probing 127.0.0.1"));
    assert(!(await onTerminal([], { TERM: "dumb" })).includes(green));
    assert(!(await onTerminal(["--quiet"], {})).includes("probing"));
  },
});

Deno.test("mpt probe -v adds the evidence and the facts of the host", async () => {
  await using server = await served();
  const args = ["probe", "-v", "--color", "never", "-t", "tcp", `localhost:${server.port}`];
  const { stdout } = await mpt(args);
  assert.match(stdout, /\nDNS:\n {2}AAAA: .*\n {2}A: 127\.0\.0\.1 \(/);
  assert.match(stdout, /\nTook \S+ m?s on \S+ .*, Deno \d+\.\d+\.\d+\.\n$/);
});

Deno.test({
  name: "mpt probe takes the address and the interface of its first path",
  ...requires("ffi"),
  async fn() {
    await using server = await served();
    const path = "local=127.0.0.9,interface=lo";
    const result = await mpt(["probe", "--json", "-t", "tcp", "--path", path, `127.0.0.1:${server.port}`]);
    assert.match(JSON.stringify(jsonOf(result).endpoints), /"local":"127\.0\.0\.9:\d+"/);
    assert.equal(withoutFfi(), false);
  },
});

Deno.test("a name that may not be looked up ends with 3 and the flag that allows it", async () => {
  // What allows the connection does not allow the look-up.
  for (const permissions of [["--allow-net=localhost:1,127.0.0.1:1"], ["--allow-net=127.0.0.1"], []]) {
    for (const command of ["probe", "bench"]) {
      const result = await mpt([command, "--json", "-t", "tcp", "localhost:1"], { permissions });
      assert.equal(result.code, 3, result.stderr);
      assert.equal(jsonOf(result).end.error?.code, "ERR_NET_PERMISSION");
      assert.equal(
        result.stderr,
        "mpt: Cannot look up localhost: run again with --allow-net=localhost or --allow-net\n" +
          "     try: --allow-net=localhost\n",
      );
    }
  }
});

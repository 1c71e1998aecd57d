import assert from "node:assert/strict";
import type { Verdict } from "../../lib/base/result.ts";
import { output, type ProcessResult, run } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import { type LabShell, labShell } from "./lab_shell.ts";

const NEEDS = requires("namespaces", "root", "tool:tc", "tool:nft", "tool:setsid");

/** A lab that any machine with namespaces can make: no delay, so no TUN devices. */
const FAST = ["--path", "rate=50mbit", "--path", "rate=20mbit"];

function ok(result: ProcessResult): string {
  assert.equal(result.code, 0, result.stdout + result.stderr);
  return result.stdout;
}

/** How long a process that was told to end may take, in milliseconds. */
const END_MS = 5000;

/** The network of the machine itself, which no lab may touch. */
async function network(): Promise<string> {
  const links = await output(["ip", "-br", "link"]);
  return `${links}\n${await output(["ip", "rule"])}\n${await output(["ip", "netns"])}`;
}

/** What still runs when all that was told to end has had its time. */
async function processes(shell: LabShell): Promise<readonly string[]> {
  const since = performance.now();
  for (;;) {
    const found = await shell.processes();
    if (found.length === 0 || performance.now() - since > END_MS) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What the folder for the state of labs holds; it is made with the first lab. */
async function files(shell: LabShell): Promise<readonly string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(shell.state))).map(({ name }) => name).toSorted();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** A test with a shell of its own, after which nothing may be left. */
function test(name: string, fn: (shell: LabShell) => Promise<void>, needs = NEEDS): void {
  Deno.test({
    name,
    ...needs,
    async fn() {
      const before = await network();
      await using shell = await labShell();
      await fn(shell);
      assert.deepEqual(await processes(shell), []);
      assert.deepEqual(await files(shell), []);
      assert.equal(await network(), before);
    },
  });
}

test("mpt lab run ends with the code of its command, which finds names, variables and its folder", async (shell) => {
  const script =
    'cat; pwd; getent hosts server.path2; echo "$MPT_LAB $MPT_LAB_SERVER $MPT_LAB_SEED"; mpt -V; ' +
    // What goes to the background does not outlive the lab.
    "setsid sleep 1000 > /dev/null 2>&1 & exit 7";
  const folder = await Deno.makeTempDir();
  const args = ["lab", "run", ...FAST, "--ipv4", "--seed", "5", "--", "sh", "-c", script];
  const result = await shell.start(args, { cwd: folder, stdin: "input\n" }).finished;
  await Deno.remove(folder);
  assert.equal(result.code, 7, result.stderr);
  const lines = result.stdout.split("\n").map((line) => line.replaceAll(/ +/g, " "));
  assert.deepEqual(lines.slice(0, 4), ["input", folder, "10.78.2.2 server.path2", "lab 10.78.1.2 5"]);
  assert.match(lines[4]!, /^mpt \d/);
  assert.equal(result.stderr, "lab lab is up, seed 5\n");
});

test("mpt lab run --serve waits until the server listens, and --server too", async (shell) => {
  const probe = ["mpt", "probe", "--json", "--require", "mptcp", "10.78.1.2:4433"];
  const served = await shell.mpt(["lab", "run", "-q", ...FAST, "--serve", "--", ...probe]);
  assert.equal(served.stderr, "");
  const { endpoints } = JSON.parse(ok(served));
  assert.equal(endpoints[0].mptcp.paths.length, 2);
  const failed = await shell.mpt([
    "lab",
    "run",
    ...FAST,
    "--server",
    "echo broken >&2; exit 3",
    "--",
    "true",
  ]);
  assert.equal(failed.code, 3);
  assert.match(failed.stderr, /Cannot start echo .* on the server: it ended with 3\nbroken/);
}, requires("namespaces", "root", "mptcp", "tool:tc", "tool:nft", "tool:ss"));

test("mpt lab up, exec, set, middlebox, status and down work from other processes", async (shell) => {
  const up = ok(await shell.mpt(["lab", "up", "--name", "mine", ...FAST]));
  assert.match(up, /^The lab mine is up: 2 paths, seed \d+\.\n/);
  assert.deepEqual(await files(shell), ["mine.json", "mine.sock"]);
  // The holder of the namespaces, at least: what counts the processes that are left does see them.
  assert((await shell.processes()).includes("cat"));

  const exec = await shell.mpt([
    "lab",
    "exec",
    "server",
    "--",
    "sh",
    "-c",
    "ip -br -4 addr show path1; exit 4",
  ]);
  assert.equal(exec.code, 4);
  assert.match(exec.stdout, /10\.78\.1\.2\/24/);
  const router = ok(await shell.mpt(["lab", "exec", "router", "ip", "link"]));
  assert.match(router, / s2[@:]/);

  ok(await shell.mpt(["lab", "set", "path2", "--down"]));
  ok(await shell.mpt(["lab", "set", "path1", "--loss", "5%", "--direction", "up"]));
  const list = ok(await shell.mpt(["lab", "middlebox", "add", "drop-udp,port=443,path=path1"]));
  assert.match(list, /^drop-udp,port=443,path=path1 +0 +0 B$/m);
  const { labs: [lab], verdicts } = JSON.parse(ok(await shell.mpt(["lab", "status", "--json"])));
  assert.deepEqual([lab.name, lab.paths.map((path: { state: string }) => path.state)], ["mine", [
    "up",
    "down",
  ]]);
  assert.deepEqual([lab.paths[0].up.asked.loss, lab.paths[0].down.asked.loss], [0.05, 0]);
  assert.equal(lab.paths[0].up.asked.rate_bps, 50_000_000);
  assert(lab.paths[0].rtt_ms > 0);
  assert.deepEqual(lab.middleboxes, [{ text: "drop-udp,port=443,path=path1", packets: 0, bytes: 0 }]);
  assert.equal(verdicts[0].code, "lab-faults");
  assert.match(ok(await shell.mpt(["lab", "middlebox", "clear"])), /^No middlebox is in force\.$/m);
  assert.match(ok(await shell.mpt(["lab", "status"])), /^! The lab mine has 2 paths, with 2 faults: /);

  const wrong = await shell.mpt(["lab", "set", "path9", "--down"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /there are path1, path2/);
  const second = await shell.mpt(["lab", "up", "--name", "mine", ...FAST]);
  assert.equal(second.code, 2);
  assert.match(
    second.stderr,
    /Cannot make the lab mine: a lab of this name is running \(process \d+\)\n +try: mpt lab down mine/,
  );

  assert.equal(ok(await shell.mpt(["lab", "down"])), "The lab mine is down.\n");
  assert.equal(ok(await shell.mpt(["lab", "down"])), "No lab is running.\n");
});

test("mpt lab script plays its timeline, and the lab is asked from inside a command", async (shell) => {
  const script = `${shell.state}-script`;
  await Deno.mkdir(shell.state, { recursive: true, mode: 0o700 });
  await Deno.chmod(`${shell.state}/..`, 0o700);
  await Deno.writeTextFile(
    script,
    "at 0s set path2 --down # gone\nafter 50ms set path2 --up\nat 60ms set path1 --down\n",
  );
  const inside = `mpt lab script --ndjson ${script} && mpt lab status --json`;
  const result = ok(await shell.mpt(["lab", "run", "-q", ...FAST, "--", "sh", "-c", inside]));
  const [first = "", second = "", third = "", end = "", ...status] = result.split("\n");
  const steps = [first, second, third].map((line) => JSON.parse(line).step);
  assert.deepEqual(steps.map((step) => [step.line, step.at_ms, step.text]), [
    [1, 0, "at 0s set path2 --down"],
    [2, 50, "after 50ms set path2 --up"],
    [3, 60, "at 60ms set path1 --down"],
  ]);
  assert(steps.every((step) => step.late_ms >= 0));
  assert.deepEqual(JSON.parse(end).result.steps, steps);
  assert.deepEqual([JSON.parse(end).result.step_count, JSON.parse(end).result.end], [3, { reason: "done" }]);
  const { labs } = JSON.parse(status.join("\n"));
  assert.deepEqual(labs[0].paths.map((path: { state: string }) => path.state), ["down", "up"]);
});

test("mpt lab script that its time is too short for says how far it came, and ends with 3", async (shell) => {
  ok(await shell.mpt(["lab", "up", "--name", "mine", ...FAST]));
  const script = `${shell.state}/long`;
  await Deno.writeTextFile(script, "at 0s wait\nat 1h wait\n");
  const { code, stdout } = await shell.mpt(["lab", "script", "--ndjson", "--timeout", "1", script]);
  await Deno.remove(script);
  const { result } = JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
  assert.deepEqual([code, result.end.reason, result.step_count, result.steps.length], [3, "timeout", 2, 1]);
  ok(await shell.mpt(["lab", "down"]));
});

test("two labs at a time do not disturb each other, and have to be told apart", async (shell) => {
  ok(await shell.mpt(["lab", "up", "--name", "one", ...FAST]));
  ok(await shell.mpt(["lab", "up", "--name", "two", ...FAST]));
  const which = await shell.mpt(["lab", "set", "path1", "--down"]);
  assert.equal(which.code, 2);
  assert.match(which.stderr, /one, two are running\n +try: name it: --name NAME/);
  ok(await shell.mpt(["lab", "set", "path1", "--down", "--name", "two"]));
  // Without a name of its own, a third takes one that is free.
  const inside = ok(await shell.mpt(["lab", "run", "-q", ...FAST, "--", "mpt", "lab", "status", "--json"]));
  assert.deepEqual(JSON.parse(inside).labs.map((lab: { name: string }) => lab.name), ["lab"]);
  const { labs } = JSON.parse(ok(await shell.mpt(["lab", "status", "--json"])));
  assert.deepEqual(
    labs.map((lab: { name: string; paths: readonly { state: string }[] }) => [lab.name, lab.paths[0]?.state]),
    [["one", "up"], ["two", "down"]],
  );
  assert.match(
    ok(await shell.mpt(["lab", "down", "--all"])),
    /^The lab one is down\.\nThe lab two is down\.\n$/,
  );
});

test("mpt lab status shows the labs that run beside one that is still being made", async (shell) => {
  ok(await shell.mpt(["lab", "up", "--name", "mine", ...FAST]));
  const server = 'echo > "$MPT_LAB_FOLDER/up"; exec sleep 1000';
  const making = shell.start(["lab", "up", "--name", "slow", ...FAST, "--server", server]);
  while (!(await files(shell)).includes("up")) await new Promise((resolve) => setTimeout(resolve, 10));
  const { labs, verdicts } = JSON.parse(ok(await shell.mpt(["lab", "status", "--json"])));
  assert.deepEqual(labs.map((lab: { name: string }) => lab.name), ["mine"]);
  assert.deepEqual(
    verdicts.map(({ code, text }: Verdict) => [code, text])[0],
    ["lab-silent", "Cannot reach the lab slow: it is still being made."],
  );
  const { code, stderr } = await shell.mpt(["lab", "status", "--name", "slow"]);
  assert.equal(code, 3);
  assert.match(stderr, /Cannot reach the lab slow: it is still being made/);
  making.kill("SIGINT");
  await making.finished;
  await Deno.remove(`${shell.state}/up`);
  ok(await shell.mpt(["lab", "down"]));
});

test("what a killed owner leaves, a process in the background too, the next command removes", async (shell) => {
  ok(await shell.mpt(["lab", "up", "--name", "mine", ...FAST]));
  ok(await shell.mpt(["lab", "exec", "client", "--", "sh", "-c", "setsid sleep 1000 > /dev/null 2>&1 &"]));
  const { labs: [lab] } = JSON.parse(ok(await shell.mpt(["lab", "status", "--json"])));
  Deno.kill(lab.owner_pid, "SIGKILL");
  const status = await shell.mpt(["lab", "status"]);
  assert.match(ok(status), /No lab is running\./);
  assert.match(status.stderr, /the owner of the lab mine had died; what it left was removed/);
});

test("an owner that is stopped is ended by force", async (shell) => {
  ok(await shell.mpt(["lab", "up", "--name", "mine", ...FAST]));
  const { labs: [lab] } = JSON.parse(ok(await shell.mpt(["lab", "status", "--json"])));
  Deno.kill(lab.owner_pid, "SIGSTOP");
  assert.equal(ok(await shell.mpt(["lab", "down"])), "The lab mine is down.\n");
});

test("a lab ends with the mpt lab run that was killed", async (shell) => {
  const running = shell.start(["lab", "run", ...FAST, "--", "sh", "-c", "echo ready; exec sleep 1000"]);
  await running.line(/^ready$/);
  running.kill("SIGKILL");
  await running.finished;
  // The owner sees its lifeline end, and cleans up by itself.
  while ((await files(shell)).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
});

test("a command in a lab that is taken down ends with it", async (shell) => {
  const running = shell.start(["lab", "run", ...FAST, "--", "sh", "-c", "echo ready; exec sleep 1000"]);
  await running.line(/^ready$/);
  assert.equal(ok(await shell.mpt(["lab", "down"])), "The lab lab is down.\n");
  const { code, stderr } = await running.finished;
  assert.equal(code, 3);
  assert.match(stderr, /ended the command: the lab lab ended/);
});

test("a lab of which a part has died ends, and says so to the command in it", async (shell) => {
  const running = shell.start(["lab", "run", ...FAST, "--", "sh", "-c", "echo ready; exec sleep 1000"]);
  await running.line(/^ready$/);
  const { holder } = JSON.parse(await Deno.readTextFile(`${shell.state}/lab.json`));
  Deno.kill(holder.pid, "SIGKILL");
  const { code, stderr } = await running.finished;
  assert.equal(code, 3);
  assert.match(
    stderr,
    /the lab lab ended: Cannot go on with the lab: the process that holds its network ended \(signal SIGKILL\)/,
  );
});

test("Ctrl-C at a terminal is for the command, and the lab is taken away after it", async (shell) => {
  // The command does what a terminal does: it signals the whole foreground, mpt too. A shell that stayed around
  // mpt would die of that, as some do and others not: hence `exec`.
  const script = "trap 'echo caught; exit 9' INT; kill -INT 0; sleep 30";
  const command = `exec mpt lab run ${FAST.join(" ")} -- sh -c '${script.replaceAll("'", `'\\''`)}'`;
  const { code, stdout } = await run(["setsid", "-w", "script", "-qec", command, "/dev/null"], {
    ...shell.options,
    deadlineMs: 60_000,
  });
  assert.equal(code, 9, stdout);
  assert.match(stdout, /^caught\r$/m);
}, requires("namespaces", "root", "tool:tc", "tool:nft", "tool:setsid", "tool:script"));

test("Ctrl-C reaches the command once, also when its input is no terminal", async (shell) => {
  // It waits for signals before one comes, so that a second one is not taken for the same.
  const signalAll = '(trap "" INT; sleep 0.2; kill -INT 0; sleep 1)';
  const script = `n=0; trap "n=\\$((n+1))" INT; ${signalAll} & wait $!; wait $!; exit $n`;
  const command = `exec mpt lab run ${FAST.join(" ")} -- sh -c '${script}' < /dev/null`;
  const { code, stdout } = await run(["setsid", "-w", "script", "-qec", command, "/dev/null"], {
    ...shell.options,
    deadlineMs: 60_000,
  });
  assert.equal(code, 1, stdout);
}, requires("namespaces", "root", "tool:tc", "tool:nft", "tool:setsid", "tool:script"));

test("a signal for mpt alone is handed on to the command", async (shell) => {
  for (const [signal, code] of [["SIGINT", 9], ["SIGTERM", 8]] as const) {
    const script = "trap 'exit 9' INT; trap 'exit 8' TERM; echo ready; while :; do sleep 0.05; done";
    const running = shell.start(["lab", "run", ...FAST, "--", "sh", "-c", script]);
    await running.line(/^ready$/);
    running.kill(signal);
    assert.equal((await running.finished).code, code);
  }
});

test("a lab that is interrupted while it is made leaves nothing", async (shell) => {
  for (const server of ["sleep 1000", "true"]) {
    const running = shell.start([
      "lab",
      "run",
      ...FAST,
      "--server",
      `echo > "$MPT_LAB_FOLDER/up"; ${server}`,
      "--",
      "true",
    ]);
    while (!(await files(shell)).includes("up")) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    running.kill("SIGINT");
    assert.equal((await running.finished).code, 130);
    await Deno.remove(`${shell.state}/up`);
  }
});

test("mpt lab run --timeout ends the command and says so", async (shell) => {
  const { code, stderr } = await shell.mpt([
    "lab",
    "run",
    ...FAST,
    "--timeout",
    "0.2",
    "--",
    "sleep",
    "1000",
  ]);
  assert.equal(code, 3);
  assert.match(stderr, /mpt: ended the command: --timeout 0\.2 is over/);
});

test("a lab without the right to make namespaces takes a user namespace", async (shell) => {
  // user_namespaces(7): without CAP_SETFCAP nobody may map the user that root is outside.
  const unprivileged = ["setpriv", "--bounding-set=-all,+setfcap", "--inh-caps=-all"];
  const inside = "mpt lab set path2 --down && mpt lab status --json";
  const argv = [...unprivileged, "mpt", "lab", "run", "-q", ...FAST, "--", "sh", "-c", inside];
  const { labs: [lab] } = JSON.parse(ok(await run(argv, { ...shell.options, deadlineMs: 60_000 })));
  assert.deepEqual(lab.paths.map((path: { state: string }) => path.state), ["up", "down"]);
}, requires("user-namespaces", "root", "tool:tc", "tool:nft"));

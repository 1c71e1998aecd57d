import assert from "node:assert/strict";
import { output, ProcessError, run, start } from "../../../lib/io/process.ts";

Deno.test("run() gives the code and both outputs of a program", async () => {
  const result = await run(["sh", "-c", "cat; echo story >&2; exit 3"], { stdin: "answer\n" });
  assert.deepEqual(result, { code: 3, signal: null, stdout: "answer\n", stderr: "story\n" });
});

Deno.test("run() kills a program at its deadline and tells what it had printed", async () => {
  const late = run(["sh", "-c", "echo begun; exec sleep 60"], { deadlineMs: 300 });
  await assert.rejects(late, (error: unknown) => {
    assert(error instanceof ProcessError);
    assert.equal(error.result.signal, "SIGKILL");
    assert.match(error.message, /^Cannot run sh -c .*: it did not end within 0.3 s\nbegun$/);
    return true;
  });
});

Deno.test("run() kills a program when its signal is raised", async () => {
  const stop = new AbortController();
  const stopped = run(["sleep", "60"], { signal: stop.signal });
  stop.abort();
  await assert.rejects(stopped, { message: "Cannot run sleep 60: it was told to stop" });
});

Deno.test("output() takes a code other than 0 for an error", async () => {
  assert.equal(await output(["echo", "yes"]), "yes\n");
  await assert.rejects(output(["sh", "-c", "echo no >&2; exit 1"]), { message: /exit code 1\nno$/ });
});

Deno.test("line() waits for a line, and finds one that was printed before", async () => {
  await using child = start(["sh", "-c", "echo first; read word; echo second $word; exec sleep 60"], {
    stdin: "in\n",
  });
  assert.equal((await child.line(/^second (.*)$/))[1], "in");
  assert.equal((await child.line(/^first$/))[0], "first");
});

Deno.test("line() does not match the beginning of a line that is still being printed", async () => {
  await using child = start(["sh", "-c", "printf 'port 44'; printf '33\\n'; printf end"]);
  assert.equal((await child.line(/^port (\d+)/))[1], "4433");
  assert.equal((await child.line(/^end/))[0], "end");
});

Deno.test("line() fails when the program ends without the line", async () => {
  await using child = start(["sh", "-c", "echo broken >&2; exit 7"]);
  await assert.rejects(child.line(/never/), { message: /ended without a line like \/never\/\nbroken$/ });
});

Deno.test("a running program is gone when its scope is left", async () => {
  let finished: Promise<{ readonly signal: string | null }>;
  {
    await using child = start(["sleep", "60"]);
    finished = child.finished;
  }
  assert.equal((await finished).signal, "SIGKILL");
});

Deno.test("kill() of a program that is over does nothing", async () => {
  await using child = start(["true"]);
  await child.finished;
  child.kill();
  assert.equal((await child.finished).code, 0);
});

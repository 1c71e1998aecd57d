import assert from "node:assert/strict";
import { Dialogue } from "../../../../lib/lab/emulator/dialogue.ts";

/** A program that reads one line and then does this. */
function program(script: string, answerMs?: number): Dialogue {
  return new Dialogue(["sh", "-c", `read line; ${script}`], answerMs);
}

const STATUS = { type: "status" } as const;

Deno.test("Dialogue.ask() gives the answers in the order of the questions, however they are cut", async () => {
  await using dialogue = program(
    `printf '{"type":"done"}\\n{"type":"wrong",'; read line; printf '"message":"\\303'; printf '\\244"}\\n'; cat`,
  );
  const answers = [dialogue.ask(STATUS), dialogue.ask(STATUS)];
  assert.deepEqual(await Promise.all(answers), [{ type: "done" }, { type: "wrong", message: "ä" }]);
});

Deno.test("Dialogue ends the input of its program and waits for its end", async () => {
  const dialogue = program(`echo '{"type":"done"}'; cat`);
  await dialogue.ask(STATUS);
  await dialogue[Symbol.asyncDispose]();
  assert.equal(await dialogue.ended, null);
  await dialogue[Symbol.asyncDispose]();
  await assert.rejects(dialogue.ask(STATUS), { message: "Cannot ask the link emulator: it has ended" });
});

Deno.test("Dialogue tells all who wait what the program said when it failed", async () => {
  await using dialogue = program("echo oops >&2; exit 3");
  const expected = {
    code: "ERR_PROGRAM",
    message: "Cannot ask the link emulator: it has ended: exit code 3\noops",
  };
  await Promise.all([
    assert.rejects(dialogue.ask(STATUS), expected),
    assert.rejects(dialogue.ask(STATUS), expected),
  ]);
  assert.equal(await dialogue.ended, "exit code 3\noops");
  await assert.rejects(dialogue.ask(STATUS), expected);
});

Deno.test("Dialogue ends a program that does not speak its language", async () => {
  for (
    const [answer, reason] of [["hello", /it is not JSON/], ["[]", /answer: it is not a table/]] as const
  ) {
    await using dialogue = program(`echo '${answer}'; exec sleep 60`);
    await assert.rejects(dialogue.ask(STATUS), { code: "ERR_PROGRAM", message: reason });
    assert.match(await dialogue.ended ?? "", reason);
  }
});

Deno.test("Dialogue.ask() gives up on a program that does not answer, and takes no late answer for another's", async () => {
  await using dialogue = program(
    `read line; printf '{"type":"done"}\\n{"type":"wrong","message":"2"}\\n'; cat`,
    500,
  );
  await assert.rejects(dialogue.ask(STATUS), {
    code: "ERR_PROGRAM",
    message: `Cannot ask the link emulator: process ${dialogue.pid} does not answer in 0.5 s`,
    fix: `let it go on: kill -CONT ${dialogue.pid}`,
  });
  assert.deepEqual(await dialogue.ask(STATUS), { type: "wrong", message: "2" });
});

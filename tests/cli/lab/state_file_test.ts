import assert from "node:assert/strict";
import fc from "fast-check";
import {
  checkSocketFile,
  claim,
  decodeState,
  encodeState,
  type LabState,
  readState,
  readStates,
  removeFiles,
  stateFile,
  updateState,
} from "../../../cli/lab/state_file.ts";

const STATE: LabState = {
  name: "two-path",
  token: "0123456789abcdef0123456789abcdef",
  owner: { pid: 4242, start: 81234 },
  holder: null,
  createdAt: "2026-11-21T10:00:00.000Z",
};

const HOLDER = { pid: 4243, start: 81240 };

async function folder(work: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await work(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("decodeState() gives back what encodeState() wrote", () => {
  for (const state of [STATE, { ...STATE, holder: HOLDER }]) {
    assert.deepEqual(decodeState(encodeState(state)), state);
  }
});

Deno.test("decodeState() takes nothing that is cut off", () => {
  const text = encodeState({ ...STATE, holder: HOLDER }).trimEnd();
  for (let length = 0; length < text.length; length++) assert.equal(decodeState(text.slice(0, length)), null);
});

Deno.test("decodeState() takes no other form, token or process", () => {
  const wrong: readonly object[] = [
    { schema: "mpt.lab-state/2" },
    { token: "short" },
    { token: "../../../etc/passwd/0123456789abc" },
    { owner: { pid: 1, start: 1 } },
    { owner: { pid: -4242, start: 1 } },
    { owner: { pid: 42.5, start: 1 } },
    { owner: null },
    { holder: 17 },
    { holder: { pid: 0, start: 0 } },
    { name: 3 },
  ];
  for (const change of wrong) {
    assert.equal(decodeState(JSON.stringify({ ...JSON.parse(encodeState(STATE)), ...change })), null);
  }
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    assert.equal(decodeState(JSON.stringify(value)), null);
  }));
});

Deno.test("claim() gives a name to one lab only, and leaves nothing but its file", async () => {
  await folder(async (path) => {
    assert.equal(await claim(path, STATE), true);
    assert.equal(await claim(path, { ...STATE, token: "f".repeat(32) }), false);
    assert.deepEqual(await readState(path, "two-path"), STATE);
    assert.deepEqual(await namesIn(path), ["two-path.json"]);
    assert.equal((await Deno.stat(stateFile(path, "two-path"))).mode! & 0o777, 0o600);
  });
});

Deno.test("checkSocketFile() refuses what the kernel would refuse", async () => {
  await folder(async (path) => {
    const fits = `${path}/${"x".repeat(107 - path.length - "//a.sock".length)}`;
    await Deno.mkdir(fits);
    checkSocketFile(fits, "a");
    Deno.listen({ transport: "unix", path: `${fits}/a.sock` }).close();
    assert.throws(() => checkSocketFile(fits, "ab"), {
      code: "ERR_USAGE",
      message: `Cannot use the path ${fits}/ab.sock: it has 108 bytes, and a socket may have 107`,
    });
  });
});

Deno.test("readStates() lists what is there by name, and null for what is no state", async () => {
  await folder(async (path) => {
    await claim(path, STATE);
    await claim(path, { ...STATE, name: "a" });
    await updateState(path, { ...STATE, holder: HOLDER });
    await Deno.writeTextFile(stateFile(path, "b"), "nonsense");
    // A state under another lab's name is not that lab's.
    await Deno.writeTextFile(stateFile(path, "c"), encodeState(STATE));
    await Deno.writeTextFile(`${path}/notes.txt`, "");
    assert.deepEqual([...await readStates(path)], [
      ["a", { ...STATE, name: "a" }],
      ["b", null],
      ["c", null],
      ["two-path", { ...STATE, holder: HOLDER }],
    ]);
    assert.equal(await readState(path, "gone"), undefined);
  });
});

Deno.test("removeFiles() leaves a lab that has taken the name meanwhile", async () => {
  await folder(async (path) => {
    await claim(path, STATE);
    await removeFiles(path, "two-path", "f".repeat(32));
    assert.deepEqual(await readState(path, "two-path"), STATE);
    await removeFiles(path, "two-path", STATE.token);
    assert.equal(await readState(path, "two-path"), undefined);
    await removeFiles(path, "two-path", STATE.token);
  });
});

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}

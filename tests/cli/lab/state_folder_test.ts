import assert from "node:assert/strict";
import { stateFolders } from "../../../cli/lab/state_folder.ts";
import { mpt } from "../../support/command.ts";
import { jsonOf } from "../answers.ts";

const LAB = ["--allow-all"];

Deno.test("the state of labs lies in the user's run-time folder, else under /run or /tmp", () => {
  const none = { folder: undefined, runtimeDir: undefined };
  const runtimeDir = "/run/user/1000/";
  assert.deepEqual(stateFolders({ ...none, uid: 0 }), ["/run/mpt", "/run/mpt/lab"]);
  assert.deepEqual(stateFolders({ ...none, uid: 1000 }), ["/tmp/mpt-1000", "/tmp/mpt-1000/lab"]);
  assert.deepEqual(stateFolders({ ...none, uid: 1000, runtimeDir }), [
    "/run/user/1000/mpt",
    "/run/user/1000/mpt/lab",
  ]);
  assert.deepEqual(stateFolders({ uid: 0, runtimeDir, folder: "/tmp/labs" }), ["/tmp/labs"]);
  assert.deepEqual(stateFolders({ uid: 0, runtimeDir: "", folder: "" }), ["/run/mpt", "/run/mpt/lab"]);
});

Deno.test("a folder by a relative path is a mistake", () => {
  assert.throws(
    () => stateFolders({ uid: 0, folder: "labs", runtimeDir: undefined }),
    /Cannot use MPT_LAB_FOLDER="labs": it is not an absolute path/,
  );
});

Deno.test("a state folder that others may look into, or that is no folder, is refused with 3", async () => {
  const base = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${base}/open`);
    await Deno.chmod(`${base}/open`, 0o755);
    await Deno.mkdir(`${base}/private`, { mode: 0o700 });
    await Deno.symlink(`${base}/private`, `${base}/link`);
    await Deno.writeTextFile(`${base}/file`, "");
    const reasons: readonly (readonly [name: string, reason: RegExp])[] = [
      ["open", /other users may look into it\n +try: chmod 700 /],
      ["link", /it is not a folder\n +try: remove /],
      ["file", /it is not a folder/],
      ["no/such/place", /Cannot keep the state of labs in .*no such file/i],
    ];
    for (const [name, reason] of reasons) {
      const env = { MPT_LAB_FOLDER: `${base}/${name}` };
      const result = await mpt(["lab", "status", "--json"], { permissions: LAB, env });
      assert.equal(result.code, 3, result.stderr);
      assert.match(result.stderr, reason);
      assert.equal(jsonOf(result).end.error?.code, "ERR_PERMISSION");
    }
  } finally {
    await Deno.remove(base, { recursive: true });
  }
});

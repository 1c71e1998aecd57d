import assert from "node:assert/strict";
import { ServerProcess } from "../../../cli/lab/server_process.ts";
import { requires } from "../../support/requires.ts";

/** Every command in a network of its own, where nobody listens. */
const ALONE = ["unshare", "--net"];

Deno.test({
  name: "a server that does not listen in time is named with the reason, and whether it still ran",
  ...requires("root", "namespaces", "tool:unshare", "tool:ss"),
  async fn() {
    const start = (command: string): Promise<ServerProcess> =>
      ServerProcess.start(command, ALONE, {}, new AbortController().signal, 200);
    await assert.rejects(start("echo working; exec sleep 1000"), {
      code: "ERR_PROGRAM",
      message:
        "Cannot start echo working; exec sleep 1000 on the server: no port listens after 0.2 s\nworking",
    });
    await assert.rejects(start("true"), {
      message: "Cannot start true on the server: it ended with 0 and no port listens after 0.2 s",
    });
  },
});

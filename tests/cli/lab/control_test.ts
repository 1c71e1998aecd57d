import assert from "node:assert/strict";
import { connectToLab } from "../../../cli/lab/control_client.ts";
import { type Answer, ControlServer } from "../../../cli/lab/control_server.ts";
import { MAX_REQUEST_BYTES } from "../../../cli/lab/protocol.ts";
import { MptError } from "../../../lib/base/errors.ts";
import type { JsonValue } from "../../../lib/base/result.ts";

async function served(answer: Answer, work: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/a.sock`;
    await using _ = new ControlServer(path, answer);
    await work(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Sends bytes that no client of ours would, and gives all that comes back until the server hangs up. */
async function raw(path: string, text: string, lines: number): Promise<string> {
  using connection = await Deno.connect({ transport: "unix", path });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    const sent = await connection.write(bytes.subarray(at)).catch(() => 0);
    if (sent === 0) break;
    at += sent;
  }
  let answer = "";
  const buffer = new Uint8Array(4096);
  while (answer.split("\n").length <= lines) {
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) break;
    answer += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return answer;
}

Deno.test("several requests over one connection are answered in turn, events before their answer", async () => {
  const answer: Answer = (request, emit) => {
    if (request.op !== "script") {
      return Promise.reject(new MptError("ERR_USAGE", "Cannot: no", { fix: "yes" }));
    }
    for (const line of request.text.split("\n")) emit({ line });
    return Promise.resolve([request.text]);
  };
  await served(answer, async (path) => {
    using client = (await connectToLab(path))!;
    const events: JsonValue[] = [];
    const onEvent = (event: JsonValue): void => void events.push(event);
    assert.deepEqual(await client.request({ op: "script", text: "a\nb" }, { onEvent }), ["a\nb"]);
    assert.deepEqual(events, [{ line: "a" }, { line: "b" }]);
    await assert.rejects(client.request({ op: "down" }), {
      code: "ERR_USAGE",
      message: "Cannot: no",
      fix: "yes",
    });
    assert.deepEqual(await client.request({ op: "script", text: "c" }), ["c"]);
  });
});

Deno.test("nobody listens: there is no connection, and that is no error", async () => {
  const folder = await Deno.makeTempDir();
  assert.equal(await connectToLab(`${folder}/no.sock`), null);
  Deno.listen({ transport: "unix", path: `${folder}/dead.sock` }).close();
  assert.equal(await connectToLab(`${folder}/dead.sock`), null);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("nonsense is answered with an error, and a line without end with a hang-up", async () => {
  await served(() => Promise.resolve(null), async (path) => {
    assert.match(await raw(path, "hello\n", 1), /^\{"ok":false,"error":\{"code":"ERR_PROTOCOL"/);
    assert.match(await raw(path, '[]\n{"op":"hello"}\n', 2), /ERR_PROTOCOL.*\n\{"ok":true,"value":null\}\n$/);
    assert.equal(await raw(path, "x".repeat(MAX_REQUEST_BYTES + 1), 1), "");
    using client = (await connectToLab(path))!;
    assert.equal(await client.request({ op: "hello" }), null);
  });
});

Deno.test("whoever asked and left stops what was asked for", async () => {
  const left = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const answer: Answer = (_, __, signal) => {
    signal.addEventListener("abort", () => left.resolve());
    asked.resolve();
    return left.promise.then(() => null);
  };
  await served(answer, async (path) => {
    const client = (await connectToLab(path))!;
    const request = client.request({ op: "watch" }).catch((error: MptError) => error.code);
    await asked.promise;
    client[Symbol.dispose]();
    await left.promise;
    assert.equal(await request, "ERR_PROGRAM");
  });
});

Deno.test("a client hears when the owner is gone", async () => {
  const asked = Promise.withResolvers<void>();
  const answer: Answer = (_, __, signal) => {
    asked.resolve();
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(null)));
  };
  let request: Promise<unknown> = Promise.resolve();
  let client: Disposable | null = null;
  await served(answer, async (path) => {
    const connected = (await connectToLab(path))!;
    client = connected;
    request = connected.request({ op: "watch" }).catch((error: MptError) => error.message);
    await asked.promise;
  });
  assert.equal(await request, "Cannot ask the lab: it ended");
  client![Symbol.dispose]();
});

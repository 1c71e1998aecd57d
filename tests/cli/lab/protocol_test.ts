import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeHello, encodeHello, type LabHello } from "../../../cli/lab/hello.ts";
import {
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
  type LabReply,
  type LabRequest,
} from "../../../cli/lab/protocol.ts";
import { MptError } from "../../../lib/base/errors.ts";

const REQUESTS: readonly LabRequest[] = [
  { op: "hello" },
  { op: "watch" },
  { op: "status" },
  { op: "middleboxes" },
  { op: "middlebox-clear" },
  { op: "down" },
  { op: "set", path: "path2", change: { state: "down" } },
  { op: "middlebox-add", box: "drop-udp,port=443" },
  { op: "middlebox-remove", box: "drop-udp,port=443" },
  { op: "script", text: "at 1s set path2 --down\n" },
];

const HELLO: LabHello = {
  name: "two-path",
  version: "0.1.0",
  seed: 7,
  paths: [{ name: "path1", client: ["10.77.1.1"], server: ["10.78.1.2"] }],
  prefix: { client: ["nsenter", "--target=17"], server: ["nsenter"] },
  env: { MPT_LAB: "two-path" },
  servers: ["mpt serve"],
};

Deno.test("a request is read as it was written", () => {
  for (const request of REQUESTS) assert.deepEqual(decodeRequest(encodeRequest(request)), request);
});

Deno.test("a request that is cut off, unknown or of a wrong type is refused", () => {
  for (const request of REQUESTS) {
    const line = encodeRequest(request);
    for (let length = 0; length < line.length; length++) {
      assert.throws(() => decodeRequest(line.slice(0, length)), { code: "ERR_PROTOCOL" });
    }
  }
  for (const value of [[], null, 3, {}, { op: "rm" }, { op: "set", path: 3, change: {} }, { op: "script" }]) {
    assert.throws(() => decodeRequest(JSON.stringify(value)), { code: "ERR_PROTOCOL" });
  }
  assert.throws(() => decodeRequest(JSON.stringify({ op: "set", path: "path2" })), { code: "ERR_PROTOCOL" });
});

Deno.test("a reply is read as it was written", () => {
  fc.assert(fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
    // JSON has one zero.
    const json = JSON.parse(JSON.stringify(value));
    const replies: readonly LabReply[] = [{ kind: "answer", value: json }, { kind: "event", event: json }];
    for (const reply of replies) assert.deepEqual(decodeReply(encodeReply(reply)), reply);
  }));
});

Deno.test("an error keeps its code, its sentence and its fix", () => {
  for (const options of [{}, { fix: "do it again" }]) {
    const error = new MptError("ERR_USAGE", "Cannot do it: no", options);
    const reply = decodeReply(encodeReply({ kind: "error", error }));
    assert(reply.kind === "error");
    assert.deepEqual(
      [reply.error.code, reply.error.message, reply.error.fix],
      [error.code, error.message, error.fix],
    );
  }
});

Deno.test("a reply that is neither is refused", () => {
  for (
    const value of [{}, { ok: 1 }, { ok: false }, { ok: false, error: { code: "x", message: "" } }, {
      ok: true,
    }]
  ) {
    assert.throws(() => decodeReply(JSON.stringify(value)), { code: "ERR_PROTOCOL" });
  }
});

Deno.test("a greeting is read as it was written, and any part of a wrong type is refused", () => {
  assert.deepEqual(decodeHello(JSON.parse(JSON.stringify(encodeHello(HELLO)))), HELLO);
  const wrong: readonly object[] = [
    { name: 1 },
    { seed: "7" },
    { paths: {} },
    { paths: [{ name: "path1" }] },
    { prefix: [] },
    { env: null },
    { servers: [1] },
  ];
  for (const change of wrong) {
    assert.throws(() => decodeHello({ ...HELLO, ...change }), { code: "ERR_PROTOCOL" });
  }
});

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { MptError } from "../../../lib/base/errors.ts";
import { duplexOf } from "../../../lib/io/duplex.ts";
import { bytesOf, receiveText } from "../transport/bytes.ts";
import { pair } from "../transport/compliance_support.ts";
import { TCP } from "../transport/transports.ts";

Deno.test("duplexOf() carries bytes both ways and both ends", async () => {
  await using ends = await pair(TCP);
  const duplex = duplexOf(ends.near);
  const chunks: Buffer[] = [];
  duplex.on("data", (chunk: Buffer) => chunks.push(chunk));
  const question = "question ".repeat(20_000);
  duplex.write(question);
  duplex.end("?");
  assert.equal(await receiveText(ends.far), `${question}?`);
  const answer = "answer ".repeat(20_000);
  await Promise.all([
    once(duplex, "end"),
    ends.far.write(bytesOf(answer)).then(() => ends.far.closeWrite()),
  ]);
  assert.equal(Buffer.concat(chunks).toString(), answer);
});

Deno.test("duplexOf() reads no further while nobody takes the data", async () => {
  await using ends = await pair(TCP);
  const duplex = duplexOf(ends.near);
  await ends.far.write(bytesOf("abc"));
  await ends.far.closeWrite();
  let text = "";
  for await (const chunk of duplex) text += chunk;
  assert.equal(text, "abc");
});

Deno.test("duplexOf() fails as its stream fails", async () => {
  await using ends = await pair(TCP);
  const duplex = duplexOf(ends.near);
  const failed = once(duplex, "error");
  duplex.resume();
  ends.near.abort();
  const [error] = await failed;
  assert(error instanceof MptError && error.code === "ERR_ABORTED");
});

Deno.test("duplexOf() fails what is written after its stream has failed", async () => {
  await using ends = await pair(TCP);
  const duplex = duplexOf(ends.near);
  ends.near.abort();
  const failed = once(duplex, "error");
  duplex.write("x");
  const [error] = await failed;
  assert(error instanceof MptError && error.code === "ERR_ABORTED");
});

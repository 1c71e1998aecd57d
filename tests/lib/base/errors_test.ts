import assert from "node:assert/strict";
import { MptError, toMptError } from "../../../lib/base/errors.ts";

Deno.test("MptError keeps code, cause, data and fix", () => {
  const cause = new Error("below");
  const error = new MptError("ERR_REFUSED", "Cannot connect: refused", {
    cause,
    data: { port: 443 },
    fix: "start the server",
  });
  assert.ok(error instanceof Error);
  assert.equal(error.name, "MptError");
  assert.equal(error.code, "ERR_REFUSED");
  assert.equal(error.cause, cause);
  assert.deepEqual(error.data, { port: 443 });
  assert.equal(error.fix, "start the server");
});

Deno.test("MptError has no cause, data or fix that it was not given", () => {
  const error = new MptError("ERR_LIMIT", "Cannot go on: limit");
  assert.equal("cause" in error, false);
  assert.deepEqual(error.data, {});
  assert.equal(error.fix, undefined);
});

Deno.test("toMptError() passes an MptError through and wraps anything else", () => {
  const error = new MptError("ERR_CLOSED", "Cannot write: closed");
  assert.equal(toMptError(error, "Cannot do it"), error);
  const wrapped = toMptError("boom", "Cannot do it");
  assert.equal(wrapped.code, "ERR_SYSTEM");
  assert.equal(wrapped.message, "Cannot do it: boom");
  assert.equal(wrapped.cause, "boom");
});

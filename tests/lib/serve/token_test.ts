import assert from "node:assert/strict";
import type { RequestHead } from "../../../lib/protocol/http1.ts";
import { requireUsableToken, tokenMatches } from "../../../lib/serve/token.ts";

function head(authorization?: string): RequestHead {
  const headers = new Map(authorization === undefined ? [] : [["authorization", authorization]]);
  return { method: "GET", target: "/perf", version: "1.1", headers };
}

Deno.test("tokenMatches() lets everybody in where there is no token", () => {
  for (const authorization of [undefined, "Bearer x", "nonsense"]) {
    assert.equal(tokenMatches(head(authorization), undefined), true);
  }
});

Deno.test("tokenMatches() wants exactly the token (RFC 6750 2.1)", () => {
  for (const authorization of ["Bearer secret", "bearer secret", "BEARER secret"]) {
    assert.equal(tokenMatches(head(authorization), "secret"), true, authorization);
  }
  const wrong = [
    undefined,
    "",
    "secret",
    "Bearer",
    "Bearer ",
    "Bearer  secret",
    "Bearer secret ",
    "Bearer secre",
    "Bearer secrets",
    "Bearer SECRET",
    "Basic secret",
    "Bearer secret, Bearer other",
  ];
  for (const authorization of wrong) {
    assert.equal(tokenMatches(head(authorization), "secret"), false, authorization);
  }
});

Deno.test("requireUsableToken() refuses a token that no client could send: ERR_INVALID_VALUE", () => {
  for (const token of [undefined, "a", "A-Z.a_z~0+9/=", "!"]) requireUsableToken(token);
  for (const token of ["", " ", "a b", "£", "a\r\nb", "\x7f"]) {
    assert.throws(() => requireUsableToken(token), { code: "ERR_INVALID_VALUE", message: /^Cannot serve / });
  }
});

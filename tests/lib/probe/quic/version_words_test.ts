import assert from "node:assert/strict";
import { versionText, versionWords } from "../../../../lib/probe/quic/version_words.ts";

Deno.test("versionText() is 1 for version 1 and the number of any other", () => {
  assert.deepEqual([1, 0x6b3343cf, 0xff00001d, 0].map(versionText), [
    "1",
    "0x6b3343cf",
    "0xff00001d",
    "0x00000000",
  ]);
});

Deno.test("versionWords() names versions as people do", () => {
  assert.deepEqual([1, 0x6b3343cf, 0xff00001d, 0x51303530, 0x0a1a2a3a, 0xffffffff].map(versionWords), [
    "1",
    "2",
    "draft-29",
    "Q050",
    "0x0a1a2a3a",
    "0xffffffff",
  ]);
});

import assert from "node:assert/strict";
import { WatchLog } from "../../../lib/probe/watch_log.ts";
import { nothing } from "../../../lib/probe/path_book.ts";
import { afterWords, closingWords, resetReason, staleWords } from "../../../lib/probe/watch_words.ts";

Deno.test("resetReason() has the words of RFC 8684 3.6, and the number of what came later", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7].map((code) => resetReason(code, undefined).text), [
    "unspecified error",
    "MPTCP-specific error",
    "lack of resources",
    "administratively prohibited",
    "too much outstanding data",
    "unacceptable performance",
    "middlebox interference",
    "reason 7",
  ]);
  assert.deepEqual([undefined, 0, 1, 2, 3].map((flags) => resetReason(0, flags).transient), [
    null,
    false,
    true,
    false,
    true,
  ]);
});

Deno.test("closingWords() tells a reset by MPTCP from one without a reason, and an error without words by its name", () => {
  assert.equal(closingWords(null, null), "without an error: its address was withdrawn, or an end closed it");
  assert.equal(
    closingWords("ECONNRESET", null),
    "it was reset (ECONNRESET), and the reset gave no reason of MPTCP",
  );
  assert.equal(
    closingWords("ECONNRESET", resetReason(6, 0)),
    "it was reset (ECONNRESET), with the reason 6: middlebox interference",
  );
  assert.equal(closingWords("ETIMEDOUT", null), "nothing was answered for too long (ETIMEDOUT)");
  assert.equal(closingWords("EOWNERDEAD", null), "EOWNERDEAD");
});

Deno.test("staleWords() and afterWords() say what was seen", () => {
  assert.equal(staleWords(2, 0), "2 retransmissions in a row got no answer");
  assert.equal(staleWords(0, 5), "5 probes in a row got no answer");
  assert.equal(staleWords(null, null), "nothing comes back");
  assert.equal(afterWords(4249), "after 4.2 s");
});

Deno.test("WatchLog gives each event its time and keeps the last of very many", () => {
  let seen = 0;
  const log = new WatchLog(() => seen++);
  for (let i = 0; i < 10_003; i++) log.add(nothing("lost", "events", String(i)));
  assert.deepEqual([log.events.length, log.dropped, seen], [10_000, 3, 10_003]);
  assert.deepEqual([log.events[0]?.text, log.events.at(-1)?.text], ["3", "10002"]);
  const { time, at_ms } = log.events[0]!;
  assert.equal(Date.parse(time) - Date.parse(log.startedAt), at_ms);
});

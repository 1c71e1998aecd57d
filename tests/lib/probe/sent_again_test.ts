import assert from "node:assert/strict";
import { lossy, type SentBytes } from "../../../lib/probe/sent_again.ts";

function socket(fields: Partial<SentBytes>): SentBytes {
  return { total_retransmits: 0, bytes_sent: 100_000, bytes_retransmitted: 0, ...fields };
}

Deno.test("a way is lossy when a SYN, or a good part of the data, had to be sent again at either end", () => {
  const whole = socket({});
  const syn = socket({ total_retransmits: 1 });
  const much = socket({ total_retransmits: 9, bytes_retransmitted: 13_000 });
  const tail = socket({ total_retransmits: 1, bytes_retransmitted: 1448 });
  assert.equal(lossy(whole, whole), "no");
  assert.equal(lossy(whole, undefined), "no");
  assert.deepEqual([lossy(syn, whole), lossy(whole, syn)], ["yes", "yes"]);
  assert.deepEqual([lossy(much, undefined), lossy(whole, much)], ["yes", "yes"]);
  // The end of a transfer that is sent once more is no loss to speak of.
  assert.deepEqual([lossy(tail, whole), lossy(whole, tail)], ["no", "no"]);
  // Of a request and its answer it is much.
  assert.equal(
    lossy(socket({ total_retransmits: 1, bytes_sent: 160, bytes_retransmitted: 80 }), whole),
    "yes",
  );
});

Deno.test("what this host does not know of its own end is unknown, and not taken for no loss", () => {
  assert.equal(lossy(undefined, undefined), "unknown");
  assert.equal(lossy(undefined, socket({})), "unknown");
  assert.equal(lossy(socket({ total_retransmits: null }), socket({})), "unknown");
  assert.equal(lossy(undefined, socket({ total_retransmits: 1 })), "yes");
});

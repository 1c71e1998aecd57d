import assert from "node:assert/strict";
import fc from "fast-check";
import { parseCheckAnswer } from "../../../lib/protocol/check.ts";
import { readsOrRefuses, spoiled } from "./arbitraries.ts";
import { answers } from "./check_arbitraries.ts";

const SUBFLOW = { local: "192.0.2.1:1", remote: "192.0.2.2:2", tcp_state: "established" };
const MANAGER = { kind: "kernel", subflows_max: 2, add_addr_accepted_max: 0 };

const [EXAMPLE] = fc.sample(answers, { numRuns: 1, seed: 1 });

Deno.test("parseCheckAnswer() reads every answer through JSON text, indented or not", () => {
  fc.assert(fc.property(answers, fc.constantFrom(0, 2), (answer, indent) => {
    assert.deepEqual(parseCheckAnswer(`${JSON.stringify(answer, null, indent)}\n`), answer);
  }));
});

Deno.test("parseCheckAnswer() ignores fields that it does not know", () => {
  const text = JSON.stringify({ ...EXAMPLE, colour: "red" });
  assert.deepEqual(parseCheckAnswer(text), EXAMPLE);
});

Deno.test("parseCheckAnswer() reads the answers of mpt 0.1, which had less in them", async () => {
  const text = await Deno.readTextFile(new URL("../../data/check-v1.json", import.meta.url));
  const answer = parseCheckAnswer(text);
  assert.equal(answer?.counters["MPTcpExtMPCapableSYNRX"], 1);
  assert.equal(answer.paths.length, 2);
  const { counter_window, subflows, mptcp, path_manager, listener, defer_accept, server } = answer;
  const absent = [counter_window, subflows, mptcp, path_manager, listener, defer_accept, server.instance];
  assert.deepEqual(absent, absent.map(() => null));
});

Deno.test("parseCheckAnswer() keeps to what can be shown: odd counters are left out, new states are unknown", () => {
  const counters = { "MPTcpExtAddAddr": 2, "\u001b[31m": 1, "Tcp Ext": 1, half: 0.5, text: "1", huge: 1e300 };
  const subflow = { local: "[::1]:1", remote: "[::1]:2", tcp_state: "bound-inactive", flags: "JjecX" };
  const text = JSON.stringify({ ...EXAMPLE, counters, subflows: [subflow] });
  const answer = parseCheckAnswer(text)!;
  assert.deepEqual(answer.counters, { MPTcpExtAddAddr: 2 });
  assert.deepEqual([answer.subflows?.[0]?.tcp_state, answer.subflows?.[0]?.flags], ["unknown", "JjecX"]);
  assert.equal(answer.subflows?.[0]?.fully_established, null);
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`c${i}`, i]));
  const bounded = parseCheckAnswer(JSON.stringify({ ...EXAMPLE, counters: many }))!;
  assert.equal(Object.keys(bounded.counters).length, 1000);
});

Deno.test("parseCheckAnswer() is null for the page of another server", () => {
  const pages = [
    "",
    "<!DOCTYPE html>",
    "{}",
    "null",
    '{"schema": "mpt.check/2"}',
    '{"status": "mpt.check/1", "schema": "other"}',
    `<p>mpt.check/1</p>`,
  ];
  for (const page of pages) assert.equal(parseCheckAnswer(page), null, page);
});

Deno.test("parseCheckAnswer() refuses an answer that claims to be one and is not: ERR_PROTOCOL", () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ transport: "sctp" }, /it names an unknown transport$/],
    [{ server: null }, /^Cannot read the check answer, server: it is not a JSON object$/],
    [{ server: { name: "\x1b[2J", version: "1" } }, /"name" is not a short text/],
    [{ fallback: "no" }, /"fallback" is not true or false/],
    [{ paths: Array.from({ length: 257 }, () => ({})) }, /"paths" is not a list of fair length/],
    [{ paths: [{}] }, /^Cannot read "id" of a path: /],
    [{ limits: {} }, /"max_bytes" is not a number/],
    [{ listener: "sctp" }, /it names an unknown transport$/],
    [{ syn_mirror_port: 65536 }, /"syn_mirror_port" is not a port$/],
    [{ syn_mirror_port: 0.5 }, /"syn_mirror_port" is not a port$/],
    [{ subflows: {} }, /"subflows" is not a list of fair length/],
    [{ subflows: [{ local: "example.com:1" }] }, /"local" of a subflow is not an address with a port$/],
    [{ subflows: [{ ...SUBFLOW, flags: "\x1b[2J" }] }, /"flags" is not a short text/],
    [{ subflows: [{ ...SUBFLOW, flags: "e c" }] }, /the flags of a subflow are not those of ss$/],
    [{ subflows: [{ ...SUBFLOW, join: 1 }] }, /"join" is not true or false/],
    [{ subflows: [{ ...SUBFLOW, backoff: -1 }] }, /"backoff" is not a number/],
    [{ mptcp: { token: -1 } }, /"token" is not a number/],
    [{ counter_window: { ms: 1, counters: [], shared: "no" } }, /counters: it is not a JSON object$/],
    [
      { counter_window: { ms: 1, counters: {}, shared: "maybe" } },
      /"shared" is not one of yes, no, unknown$/,
    ],
    [{ path_manager: { kind: "alien" } }, /"kind" is not one of kernel, userspace$/],
    [{ path_manager: { ...MANAGER, endpoints: [{ address: "a" }] } }, /is not a literal address$/],
    [{ limits: { max_bytes: 1, max_duration_ms: -1, token_required: false } }, /"max_duration_ms"/],
  ];
  for (const [part, message] of wrong) {
    const text = JSON.stringify({ ...EXAMPLE, ...part });
    assert.throws(() => parseCheckAnswer(text), { code: "ERR_PROTOCOL", message }, text);
  }
});

Deno.test("parseCheckAnswer() gives a whole number of bytes as the limit", () => {
  const limits = { max_bytes: 1.5, max_duration_ms: 1.5, token_required: false };
  assert.equal(parseCheckAnswer(JSON.stringify({ ...EXAMPLE, limits }))?.limits.max_bytes, 1);
});

Deno.test("parseCheckAnswer() reads or refuses whatever was changed in an answer, and any cut", () => {
  fc.assert(
    fc.property(spoiled(answers), (text) => readsOrRefuses(() => parseCheckAnswer(text))),
    { numRuns: 300 },
  );
  fc.assert(fc.property(answers, fc.nat(), (answer, cut) => {
    const text = JSON.stringify(answer);
    readsOrRefuses(() => parseCheckAnswer(text.slice(0, cut % text.length)));
  }));
});

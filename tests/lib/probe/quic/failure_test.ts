import assert from "node:assert/strict";
import { MptError, type MptErrorCode } from "../../../../lib/base/errors.ts";
import { type FailedQuic, judgeFailure } from "../../../../lib/probe/quic/failure.ts";
import type { CloseReason } from "../../../../lib/quic/connection/events.ts";
import { closeError } from "../../../../lib/quic/driver/close_error.ts";
import { cryptoError, QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { withoutFfi } from "../../../support/requires.ts";

const BASIS: Omit<FailedQuic, "error"> = {
  close: null,
  heard: false,
  retry: false,
  lastSend: "sent",
  alpn: ["h3", "hq-interop"],
  serverName: "example.com",
  timeoutMs: 3000,
  aborted: false,
};

/** A failure without a word of the server. */
function without(code: MptErrorCode, reason: string, fields: Partial<FailedQuic> = {}): FailedQuic {
  return { ...BASIS, error: new MptError(code, `Cannot connect to 192.0.2.1:443: ${reason}`), ...fields };
}

/** A failure by the end of a connection. */
function closed(fields: Partial<CloseReason>, more: Partial<FailedQuic> = {}): FailedQuic {
  const close: CloseReason = {
    by: "peer",
    layer: "transport",
    errorCode: null,
    frameType: null,
    text: "",
    ...fields,
  };
  return { ...BASIS, close, error: closeError(close, "connect to 192.0.2.1:443"), heard: true, ...more };
}

Deno.test("silence proves nothing about a server, an answer of ICMP does", () => {
  const silent = judgeFailure(without("ERR_TIMED_OUT", "no answer in 3 s"));
  assert.equal(silent.status, "unknown");
  assert.match(
    silent.reason,
    withoutFfi() ? /^no answer over UDP in 3 s; .*--allow-ffi/ : /^no answer over UDP in 3 s$/,
  );
  const told: readonly (readonly [MptErrorCode, RegExp])[] = [
    ["ERR_REFUSED", /^nothing listens on this UDP port/],
    ["ERR_UNREACHABLE", /^the host cannot be reached/],
    ["ERR_PERMISSION", /^a firewall turns it away/],
  ];
  for (const [code, reason] of told) {
    const judged = judgeFailure(without(code, "..."));
    assert.equal(judged.status, "no", code);
    assert.match(judged.reason, reason);
  }
});

Deno.test("what never left this host is no silence of the server's", () => {
  const reason = (lastSend: FailedQuic["lastSend"]): string =>
    judgeFailure(without("ERR_TIMED_OUT", "", { lastSend })).reason;
  assert.equal(reason("denied"), "a firewall of this host does not let it out");
  assert.equal(reason("unreachable"), "this host has no route to it");
});

Deno.test("a handshake that stops half-way is told from no answer at all", () => {
  const heard = judgeFailure(without("ERR_TIMED_OUT", "", { heard: true }));
  assert.deepEqual([heard.status, heard.reason], [
    "unknown",
    "the server answered, and the handshake was not complete in 3 s",
  ]);
  assert.match(
    judgeFailure(without("ERR_TIMED_OUT", "", { retry: true })).reason,
    /\(Retry\), and then was silent/,
  );
});

Deno.test("what this host could not do leaves the question open, with what mends it", () => {
  const error = new MptError(
    "ERR_NET_PERMISSION",
    "Cannot connect to 192.0.2.1:443: run again with --allow-net",
    {
      fix: "--allow-net",
    },
  );
  assert.deepEqual(judgeFailure({ ...BASIS, error }), {
    status: "unknown",
    reason: "run again with --allow-net",
    fix: "--allow-net",
  });
  assert.equal(judgeFailure(without("ERR_REFUSED", "", { aborted: true })).status, "unknown");
});

Deno.test("a server of other versions only is a no, with the versions that it offers", () => {
  const other = closed({
    by: "version",
    layer: null,
    versions: [0x1a2a3a4a, 0x6b3343cf, 0xff00001d, 0x51303530],
  });
  assert.deepEqual(judgeFailure(other), {
    status: "no",
    reason: "the server speaks QUIC but not version 1: it offers 2, draft-29, Q050",
    fix: null,
  });
  const none = judgeFailure(closed({ by: "version", layer: null, versions: [0x1a2a3a4a] }));
  assert.match(none.reason, /no version that it would name/);
});

Deno.test("a server that wanted another offer is unknown, and says which option to try", () => {
  const alpn = judgeFailure(closed({ errorCode: cryptoError(120) }));
  assert.deepEqual([alpn.status, alpn.reason], [
    "unknown",
    "the server speaks QUIC, but none of h3, hq-interop",
  ]);
  assert.match(alpn.fix!, /^--alpn /);
  const name = judgeFailure(closed({ errorCode: cryptoError(112) }));
  assert.equal(name.status, "unknown");
  assert.match(name.fix!, /^--server-name /);
  // Without a name some have no certificate to show
  const nameless = judgeFailure(closed({ errorCode: cryptoError(40) }, { serverName: null }));
  assert.deepEqual([nameless.status, nameless.fix?.split(" ")[0]], ["unknown", "--server-name"]);
  assert.match(
    nameless.reason,
    /^the server speaks QUIC, but it ended the handshake with .*handshake_failure/,
  );
  assert.equal(judgeFailure(closed({ errorCode: cryptoError(40) })).status, "no");
  for (const alert of [43, 116]) {
    const judged = judgeFailure(closed({ errorCode: cryptoError(alert) }));
    assert.equal(judged.status, "unknown");
    assert.match(judged.reason, /^the server speaks QUIC, but .*certificate/);
  }
});

Deno.test("a server that refuses, breaks off or breaks the protocol is a no in its own words", () => {
  const refused = judgeFailure(closed({ errorCode: QUIC_ERROR.CONNECTION_REFUSED, text: "busy" }));
  assert.deepEqual([refused.status, refused.reason], ["no", 'the server refuses it and says "busy"']);
  const broken = judgeFailure(closed({ errorCode: QUIC_ERROR.PROTOCOL_VIOLATION }));
  assert.deepEqual([broken.status, broken.reason], [
    "no",
    "the other end closed the connection with PROTOCOL_VIOLATION",
  ]);
  const reset = judgeFailure(closed({ by: "stateless-reset", layer: null }));
  assert.deepEqual([reset.status, reset.reason], ["no", "the other end no longer knows the connection"]);
});

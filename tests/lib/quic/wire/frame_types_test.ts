import assert from "node:assert/strict";
import { CORE_FRAMES, isAckEliciting, MULTIPATH_FRAMES } from "../../../../lib/quic/wire/frame_types.ts";

/** RFC 9000 12.4, Table 3: N is not ack-eliciting, P is a probe, - is neither. */
const SPEC: readonly (readonly [number, string, string])[] = [
  [0x00, "PADDING", "NP"],
  [0x01, "PING", "-"],
  [0x02, "ACK", "N"],
  [0x03, "ACK", "N"],
  [0x04, "RESET_STREAM", "-"],
  [0x05, "STOP_SENDING", "-"],
  [0x06, "CRYPTO", "-"],
  [0x07, "NEW_TOKEN", "-"],
  [0x08, "STREAM", "-"],
  [0x0f, "STREAM", "-"],
  [0x10, "MAX_DATA", "-"],
  [0x11, "MAX_STREAM_DATA", "-"],
  [0x12, "MAX_STREAMS", "-"],
  [0x13, "MAX_STREAMS", "-"],
  [0x14, "DATA_BLOCKED", "-"],
  [0x15, "STREAM_DATA_BLOCKED", "-"],
  [0x16, "STREAMS_BLOCKED", "-"],
  [0x17, "STREAMS_BLOCKED", "-"],
  [0x18, "NEW_CONNECTION_ID", "P"],
  [0x19, "RETIRE_CONNECTION_ID", "-"],
  [0x1a, "PATH_CHALLENGE", "P"],
  [0x1b, "PATH_RESPONSE", "P"],
  [0x1c, "CONNECTION_CLOSE", "N"],
  [0x1d, "CONNECTION_CLOSE", "N"],
  [0x1e, "HANDSHAKE_DONE", "-"],
  [0x30, "DATAGRAM", "-"],
  [0x31, "DATAGRAM", "-"],
  [0x3e, "PATH_ACK", "N"],
  [0x3f, "PATH_ACK", "N"],
  [0x3e75, "PATH_ABANDON", "-"],
  [0x3e76, "PATH_STATUS_BACKUP", "-"],
  [0x3e77, "PATH_STATUS_AVAILABLE", "-"],
  [0x3e78, "PATH_NEW_CONNECTION_ID", "-"],
  [0x3e79, "PATH_RETIRE_CONNECTION_ID", "-"],
  [0x3e7a, "MAX_PATH_ID", "-"],
  [0x3e7b, "PATHS_BLOCKED", "-"],
  [0x3e7c, "PATH_CIDS_BLOCKED", "-"],
];

Deno.test("frame types have the properties of RFC 9000 12.4", () => {
  for (const [codePoint, name, letters] of SPEC) {
    const type = MULTIPATH_FRAMES.find(codePoint);
    assert.equal(type?.name, name);
    assert.equal(type.codePoint, codePoint);
    assert.equal(type.ackEliciting, !letters.includes("N"), name);
    assert.equal(type.probing, letters.includes("P"), name);
    // RFC 9002 2: ack-eliciting packets and those with PADDING are in flight
    assert.equal(type.inFlight, !letters.includes("N") || name === "PADDING", name);
    assert.equal(isAckEliciting(type.kind), type.ackEliciting);
    assert.deepEqual(CORE_FRAMES.find(codePoint), codePoint < 0x3e ? type : undefined);
  }
});

Deno.test("code points between the known ones are unknown", () => {
  for (const codePoint of [0x1f, 0x20, 0x2f, 0x32, 0x3d, 0x40, 0x3e74, 0x3e7d, 2 ** 53 - 1]) {
    assert.equal(MULTIPATH_FRAMES.find(codePoint), undefined);
  }
});

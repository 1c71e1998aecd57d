import assert from "node:assert/strict";
import { NODE_CRYPTO } from "../../../../lib/crypto/node_crypto.ts";
import {
  AES_128_GCM_SHA256,
  AES_256_GCM_SHA384,
  CHACHA20_POLY1305_SHA256,
} from "../../../../lib/crypto/suites.ts";
import { makeClient } from "../../../../lib/quic/connection/client.ts";
import { connectionConfig } from "../../../../lib/quic/connection/config.ts";
import { makeServer } from "../../../../lib/quic/connection/server.ts";
import { derivePacketKeys } from "../../../../lib/crypto/packet_keys.ts";
import { AckRanges } from "../../../../lib/quic/wire/ack_ranges.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { FrameReader } from "../../../../lib/quic/wire/frame_reader.ts";
import { MULTIPATH_FRAMES } from "../../../../lib/quic/wire/frame_types.ts";
import type { ControlFrame } from "../../../../lib/quic/wire/frames.ts";
import { QuicError } from "../../../../lib/quic/wire/quic_error.ts";
import { writeAck } from "../../../../lib/quic/wire/write_frame.ts";
import { QUIC_V1 } from "../../../../lib/quic/wire/versions.ts";
import { TlsClient } from "../../../../lib/tls/client.ts";
import { TlsServer } from "../../../../lib/tls/server.ts";
import { seededRandom, selfSignedCredentials, TRUSTED } from "../../tls/pair.ts";
import { Attacker, control } from "../hostile/attacker.ts";
import { exchange } from "./exchange.ts";
import { CLIENT, Pair, pattern, SERVER } from "./pair.ts";
import { errorAfter, multipathPair, openedPair, pathOf, settle } from "./two_paths.ts";

const { PROTOCOL_VIOLATION, FRAME_ENCODING_ERROR, TRANSPORT_PARAMETER_ERROR, CONNECTION_ID_LIMIT_ERROR } =
  QUIC_ERROR;

/** One frame of each kind about a path, or about a limit that is that path. */
function framesAbout(pathId: number): readonly ControlFrame[] {
  return [
    { kind: "path_abandon", pathId, errorCode: 0 },
    { kind: "path_status_backup", pathId, sequence: 0 },
    { kind: "path_status_available", pathId, sequence: 0 },
    {
      kind: "path_new_connection_id",
      pathId,
      sequence: 0,
      retirePriorTo: 0,
      connectionId: ConnectionId.from(pattern(8, 77)),
      resetToken: pattern(16),
    },
    { kind: "path_retire_connection_id", pathId, sequence: 0 },
    { kind: "paths_blocked", maximum: pathId },
    { kind: "path_cids_blocked", pathId, nextSequence: 0 },
  ];
}

/** A PATH_ACK frame for one packet. */
function pathAck(pathId: number, packetNumber: number): Uint8Array {
  const ranges = new AckRanges();
  ranges.add(packetNumber, packetNumber);
  const bytes = new Uint8Array(64);
  return bytes.slice(0, writeAck(bytes, 0, pathId, ranges, 1, 0, null));
}

Deno.test("TP value > 2^32-1: TRANSPORT_PARAMETER_ERROR", () => {
  using pair = multipathPair({ client: { initialMaxPathId: 2 ** 32 } });
  assert(pair.run(({ client }) => client.closeReason !== null));
  assert.equal(pair.client.closeReason?.errorCode, TRANSPORT_PARAMETER_ERROR);
});

Deno.test("TP present but the packet carrying it has a zero-length CID: PROTOCOL_VIOLATION", () => {
  const random = seededRandom(9);
  const config = connectionConfig({ backend: NODE_CRYPTO, random, initialMaxPathId: 2 });
  const credentials = selfSignedCredentials(["localhost"]);
  const client = makeClient({
    config,
    tuple: { local: CLIENT, remote: SERVER },
    nowUs: 0,
    makeId: () => ({ connectionId: ConnectionId.EMPTY, resetToken: pattern(16) }),
    tls: (transportParameters) =>
      new TlsClient({
        serverName: "localhost",
        alpn: ["hq-interop"],
        transportParameters,
        check: () => TRUSTED,
        random,
      }),
  });
  const server = makeServer({
    config,
    tuple: { local: SERVER, remote: CLIENT },
    nowUs: 0,
    version: QUIC_V1,
    originalDestination: client.originalDestination,
    clientSource: ConnectionId.EMPTY,
    tls: (transportParameters) =>
      new TlsServer({ credentials: () => [credentials], alpn: ["hq-interop"], transportParameters, random }),
  });
  const slab = new Uint8Array(8192);
  for (let out = client.pollTransmit(0, slab); out !== null; out = client.pollTransmit(0, slab)) {
    server.handleDatagram(0, { local: SERVER, remote: CLIENT }, slab.slice(0, out.end), 0, out.end);
  }
  assert.equal(server.closeReason?.errorCode, PROTOCOL_VIOLATION);
  client.abandon();
  server.abandon();
});

Deno.test("negotiated AEAD nonce < 12 bytes: no suite that can be negotiated has one", () => {
  for (const suite of [AES_128_GCM_SHA256, AES_256_GCM_SHA384, CHACHA20_POLY1305_SHA256]) {
    assert.equal(derivePacketKeys(suite, pattern(32), QUIC_V1).iv.length, 12);
  }
});

for (const frame of framesAbout(0)) {
  Deno.test(`any MP frame when MP not negotiated: FRAME_ENCODING_ERROR for ${frame.kind}`, () => {
    using pair = new Pair().connect();
    assert.equal(errorAfter(pair, "client", frame), FRAME_ENCODING_ERROR);
  });
}

for (const frame of framesAbout(5)) {
  Deno.test(`MP frame with path id > limit we announced: PROTOCOL_VIOLATION for ${frame.kind}`, () => {
    using pair = multipathPair({ client: { initialMaxPathId: 9 } }).connect();
    assert.equal(errorAfter(pair, "client", frame), PROTOCOL_VIOLATION);
  });
}

Deno.test("MP frame with path id > limit we announced: PROTOCOL_VIOLATION for PATH_ACK", () => {
  using pair = multipathPair().connect();
  assert.equal(new Attacker(pair).send(pathAck(5, 0))?.errorCode, PROTOCOL_VIOLATION);
});

Deno.test("MP frames in any other packet type: PROTOCOL_VIOLATION", () => {
  const reader = new FrameReader();
  const frames = [...framesAbout(1), { kind: "max_path_id", maximum: 9 } as const].map((frame) =>
    control(frame)
  );
  for (const bytes of [...frames, pathAck(1, 0)]) {
    for (const type of ["initial", "handshake", "0-rtt"] as const) {
      reader.start(bytes, 0, bytes.length, type, MULTIPATH_FRAMES);
      assert.throws(
        () => reader.next(),
        (error) => error instanceof QuicError && error.errorCode === PROTOCOL_VIOLATION,
      );
    }
  }
});

for (const maximum of [2 ** 32, 2 ** 40]) {
  Deno.test(`MAX_PATH_ID > 2^32-1: PROTOCOL_VIOLATION for ${maximum}`, () => {
    using pair = multipathPair().connect();
    assert.equal(errorAfter(pair, "client", { kind: "max_path_id", maximum }), PROTOCOL_VIOLATION);
  });
}

Deno.test("MAX_PATH_ID < our peer's own initial_max_path_id: PROTOCOL_VIOLATION", () => {
  using pair = multipathPair().connect();
  assert.equal(errorAfter(pair, "client", { kind: "max_path_id", maximum: 3 }), PROTOCOL_VIOLATION);
});

Deno.test("MAX_PATH_ID smaller than last seen but legal: ignored", () => {
  using pair = multipathPair().connect();
  const frames = [7, 5].map((maximum) => ({ kind: "max_path_id", maximum }) as const);
  assert.equal(errorAfter(pair, "client", ...frames), null);
  assert.equal(pair.server!.core.multipath.peerLimit, 7);
});

Deno.test("MAX_PATH_ID of 2^32-1: nothing is made for ids that we do not allow", () => {
  using pair = multipathPair().connect();
  assert.equal(errorAfter(pair, "client", { kind: "max_path_id", maximum: 2 ** 32 - 1 }), null);
  assert.equal(pair.server!.core.ids.size, 5);
});

Deno.test("PATH_CIDS_BLOCKED next_seq > next seq we would issue: PROTOCOL_VIOLATION", () => {
  using pair = multipathPair().connect();
  settle(pair);
  const nextSequence = pair.server!.core.ids.get(1)!.local.nextSequence;
  const frame = { kind: "path_cids_blocked", pathId: 1, nextSequence } as const;
  assert.equal(errorAfter(pair, "client", frame), null);
  const beyond = { ...frame, nextSequence: nextSequence + 1 };
  assert.equal(errorAfter(pair, "client", beyond), PROTOCOL_VIOLATION);
});

Deno.test("PATH_STATUS seq <= highest seen for that path: ignored, and both kinds share the numbers", () => {
  using pair = openedPair(1);
  const { ids } = pathOf(pair, "server", 1);
  const say = (kind: "path_status_backup" | "path_status_available", sequence: number): void => {
    assert.equal(errorAfter(pair, "client", { kind, pathId: 1, sequence }), null);
  };
  say("path_status_backup", 4);
  assert.equal(ids.peerStatus, "backup");
  say("path_status_available", 4);
  say("path_status_available", 3);
  assert.equal(ids.peerStatus, "backup");
  say("path_status_available", 5);
  assert.equal(ids.peerStatus, "available");
});

Deno.test("PATH_STATUS for a path not in use yet but <= max: remembered", () => {
  using pair = multipathPair().connect();
  assert.equal(errorAfter(pair, "client", { kind: "path_status_backup", pathId: 3, sequence: 0 }), null);
  assert.equal(pair.server!.core.ids.get(3)!.peerStatus, "backup");
});

for (const [when, forUs] of [["in its tail", 0], ["after it", 3_000_000]] as const) {
  Deno.test(`any MP frame naming an already abandoned path: ignored ${when}`, () => {
    using pair = openedPair(2);
    assert.equal(pair.client.abandonPath(pair.nowUs, 1), true);
    pair.run(() => pair.server!.core.path(1).ids.isAbandoned);
    settle(pair, forUs);
    assert.equal(pair.server!.core.ids.has(1), forUs === 0);
    const attacker = new Attacker(pair);
    for (const frame of framesAbout(1)) assert.equal(attacker.send(control(frame)), null, frame.kind);
    assert.equal(attacker.send(pathAck(1, 0)), null);
  });
}

Deno.test("PATH_ACK for path state already deleted: ignored", () => {
  using pair = openedPair(2);
  pair.client.abandonPath(pair.nowUs, 1);
  settle(pair, 3_000_000);
  assert.equal(pair.server!.core.paths.has(1), false);
  assert.equal(new Attacker(pair).send(pathAck(1, 2 ** 30)), null);
});

Deno.test("PATH_ACK acking a pn never sent on that path: PROTOCOL_VIOLATION", () => {
  using pair = openedPair(1);
  assert.equal(new Attacker(pair).send(pathAck(1, 900))?.errorCode, PROTOCOL_VIOLATION);
});

Deno.test("PATH_ACK for a path on which nothing was ever sent: PROTOCOL_VIOLATION", () => {
  using pair = openedPair(1);
  assert.equal(new Attacker(pair).send(pathAck(2, 0))?.errorCode, PROTOCOL_VIOLATION);
});

Deno.test("NEW_CONNECTION_ID and RETIRE_CONNECTION_ID are still legal and apply to path 0 only", () => {
  using pair = openedPair(1, { client: { activeConnectionIdLimit: 8 } });
  const { remote, local } = pair.server!.core.ids.get(0)!;
  const before = pathOf(pair, "server", 1).remoteIds.spare;
  // The client's own ids, so that it can be reached
  const issued = pair.client.core.ids.get(0)!;
  const connectionId = ConnectionId.from(pattern(8, 5));
  issued.local.addPreferred({ connectionId, resetToken: pattern(16) });
  pair.client.core.addLocalId(connectionId, issued);
  const sequence = issued.local.nextSequence - 1;
  const limit = remote.nextSequence;
  assert.equal(sequence, limit);
  const frame = { connectionId, resetToken: pattern(16), sequence, retirePriorTo: 1 };
  assert.equal(errorAfter(pair, "client", { kind: "new_connection_id", ...frame }), null);
  assert.equal(remote.has(connectionId), true);
  assert.equal(pathOf(pair, "server", 1).remoteIds.spare, before);
  const oldest = [...local.active][1]!;
  assert.equal(errorAfter(pair, "client", { kind: "retire_connection_id", sequence: 1 }), null);
  assert.equal([...local.active].some((id) => id.equals(oldest)), false);
});

Deno.test("same CID issued twice on the connection (any path): PROTOCOL_VIOLATION", () => {
  using pair = multipathPair().connect();
  settle(pair);
  const connectionId = pair.server!.core.ids.get(1)!.remote.current!;
  const frame = {
    kind: "path_new_connection_id",
    pathId: 2,
    sequence: 1,
    retirePriorTo: 0,
    connectionId,
    resetToken: pattern(16),
  } as const;
  assert.equal(errorAfter(pair, "client", frame), PROTOCOL_VIOLATION);
});

Deno.test("more than active_connection_id_limit active CIDs on one path: CONNECTION_ID_LIMIT_ERROR, per path", () => {
  using pair = multipathPair({ server: { activeConnectionIdLimit: 3 } }).connect();
  settle(pair);
  const more = (pathId: number, count: number): readonly ControlFrame[] =>
    Array.from({ length: count }, (_, index) => ({
      kind: "path_new_connection_id",
      pathId,
      sequence: 1 + index,
      retirePriorTo: 0,
      connectionId: ConnectionId.from(pattern(8, 50 + 10 * pathId + index)),
      resetToken: pattern(16, pathId + index),
    }));
  assert.equal(errorAfter(pair, "client", ...more(1, 2), ...more(2, 2), ...more(3, 2)), null);
  assert.equal(errorAfter(pair, "client", ...more(4, 3)), CONNECTION_ID_LIMIT_ERROR);
});

Deno.test("plain ACK frames stay legal: they are about path 0", () => {
  using pair = multipathPair().connect();
  exchange(pair, 50_000, 10_000_000);
  const acked = pair.server!.core.firstPath.space.detector.largestAcked;
  const ranges = new AckRanges();
  ranges.add(acked, acked);
  const bytes = new Uint8Array(64);
  const frame = bytes.slice(0, writeAck(bytes, 0, -1, ranges, 1, 0, null));
  assert.equal(new Attacker(pair).send(frame), null);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { fromHex, toHex } from "../../../../lib/base/bytes.ts";
import { Ip } from "../../../../lib/base/ip.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { QuicError } from "../../../../lib/quic/wire/quic_error.ts";
import { readTransportParameters } from "../../../../lib/quic/wire/read_transport_parameters.ts";
import {
  DEFAULT_PARAMETERS,
  greaseParameter,
  type Sender,
  type TransportParameters,
} from "../../../../lib/quic/wire/transport_parameters.ts";
import { writeTransportParameters } from "../../../../lib/quic/wire/write_transport_parameters.ts";
import { MULTIPATH_VECTORS } from "../../../support/multipath_quic_vectors.ts";
import { RFC_9001 } from "../../crypto/protection_samples.ts";
import { serverParameters } from "./arbitraries.ts";

const MAX = Number.MAX_SAFE_INTEGER;

/** Parameters with ids, addresses and bytes as text, since deepEqual() does not look into them. */
function plain(parameters: TransportParameters): unknown {
  return JSON.parse(JSON.stringify(parameters, (_, value: unknown) => {
    if (value instanceof Uint8Array) return toHex(value);
    return value instanceof ConnectionId || value instanceof Ip ? value.toString() : value;
  }));
}

Deno.test("transport parameters come back as they were written", () => {
  fc.assert(
    fc.property(serverParameters, (parameters) => {
      const bytes = writeTransportParameters(parameters);
      assert.deepEqual(plain(readTransportParameters(bytes, "server")), plain(parameters));
    }),
    { numRuns: 500 },
  );
});

Deno.test("the defaults are written as nothing", () => {
  assert.equal(writeTransportParameters(DEFAULT_PARAMETERS).length, 0);
  assert.deepEqual(readTransportParameters(new Uint8Array(0), "client"), DEFAULT_PARAMETERS);
});

Deno.test("the transport parameters of the ClientHello of RFC 9001 A.2 are read", () => {
  const hello = RFC_9001.clientInitial.payload;
  const extension = hello.indexOf("00390032");
  const bytes = fromHex(hello.slice(extension + 8, extension + 8 + 2 * 0x32));
  assert.deepEqual(plain(readTransportParameters(bytes, "client")), {
    ...DEFAULT_PARAMETERS,
    // The sample has 2^62 - 1
    initialMaxData: MAX,
    initialMaxStreamDataBidiLocal: 65535,
    initialMaxStreamDataUni: 65535,
    initialMaxStreamsBidi: 16,
    maxIdleTimeoutMs: 30000,
    initialMaxStreamsUni: 16,
    initialSourceConnectionId: "8394c8f03e515708",
    initialMaxStreamDataBidiRemote: 65535,
  });
});

Deno.test("initial_max_path_id is written as another implementation writes it", () => {
  const frames = MULTIPATH_VECTORS.frames.filter(({ f }) => f.startsWith("TP initial_max_path_id"));
  assert.equal(frames.length, 2);
  for (const [index, value] of [2, 4294967295].entries()) {
    const hex = frames[index]!.hex;
    const parameters = { ...DEFAULT_PARAMETERS, initialMaxPathId: value };
    assert.equal(toHex(writeTransportParameters(parameters)), hex);
    assert.equal(readTransportParameters(fromHex(hex), "client").initialMaxPathId, value);
  }
});

Deno.test("unknown parameters are kept, with ids of up to 62 bits", () => {
  const hex = "7fff 02 abcd | ffffffffffffffff 00 | cf739bbc1b666d11 01 02 | 1b 00";
  const { unknown } = readTransportParameters(fromHex(hex), "client");
  assert.deepEqual(unknown.map(({ id, value }) => [id, toHex(value)]), [
    ["3fff", "abcd"],
    ["3fffffffffffffff", ""],
    ["f739bbc1b666d11", "02"],
    ["1b", ""],
  ]);
  const written = writeTransportParameters({ ...DEFAULT_PARAMETERS, unknown });
  assert.equal(toHex(written), toHex(fromHex(hex)));
});

Deno.test("an older draft of multipath has its parameter elsewhere", () => {
  const points = {
    initialMaxPathId: "f739bbc1b666d0d",
    pathAck: 0,
    pathAbandon: 0,
    pathStatusBackup: 0,
    pathStatusAvailable: 0,
    pathNewConnectionId: 0,
    pathRetireConnectionId: 0,
    maxPathId: 0,
    pathsBlocked: 0,
    pathCidsBlocked: 0,
  };
  const bytes = writeTransportParameters({ ...DEFAULT_PARAMETERS, initialMaxPathId: 2 }, points);
  assert.equal(toHex(bytes), "cf739bbc1b666d0d0102");
  assert.equal(readTransportParameters(bytes, "client", points).initialMaxPathId, 2);
  assert.equal(readTransportParameters(bytes, "client").initialMaxPathId, null);
});

Deno.test("GREASE parameters have ids of the form 31 N + 27 and are ignored", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 4, maxLength: 20 }), (random) => {
    const grease = greaseParameter(random);
    assert.equal((Number.parseInt(grease.id, 16) - 27) % 31, 0);
    assert.equal(grease.value.length, random.length - 4);
    const bytes = writeTransportParameters({ ...DEFAULT_PARAMETERS, unknown: [grease] });
    assert.deepEqual(plain(readTransportParameters(bytes, "client")), {
      ...DEFAULT_PARAMETERS,
      unknown: [{ id: grease.id, value: toHex(grease.value) }],
    });
  }));
});

const ADDRESSES = `c0000201 01bb | ${"00".repeat(18)}`;
const TOKEN = "aa".repeat(16);

/** What breaks a rule: the rule, who sent it, the bytes, what the message says. */
const BROKEN: readonly (readonly [string, Sender, string, RegExp])[] = [
  ["RFC 9000 7.4: no parameter twice", "client", "01 01 00 | 01 01 00", /0x1: it was sent twice/],
  ["RFC 9000 7.4: no unknown one twice", "client", "1b 00 | 401b 00", /0x1b: it was sent twice/],
  ["a parameter ends with the list", "client", "04 02 40", /ends in the middle/],
  ["an id ends with the list", "client", "40", /ends in the middle/],
  ["a length is there", "client", "04", /ends in the middle/],
  ["a number ends with the parameter", "client", "04 01 40", /0x4: it ends in the middle/],
  ["a number is there", "client", "04 00", /0x4: it ends in the middle/],
  ["a number is all of a parameter", "client", "04 02 00 00", /0x4: 1 bytes are left over/],
  ["RFC 9000 18.2: max_udp_payload_size", "client", "03 02 44af", /0x3: 1199 is out of range/],
  ["RFC 9000 18.2: initial_max_streams_bidi", "client", "08 08 d000000000000001", /0x8: .* is out of range/],
  ["RFC 9000 18.2: initial_max_streams_uni", "client", "09 08 ffffffffffffffff", /0x9: .* is out of range/],
  ["RFC 9000 18.2: ack_delay_exponent", "client", "0a 01 15", /0xa: 21 is out of range/],
  ["RFC 9000 18.2: max_ack_delay", "client", "0b 04 80004000", /0xb: 16384 is out of range/],
  ["RFC 9000 18.2: active_connection_id_limit", "client", "0e 01 01", /0xe: 1 is out of range/],
  ["RFC 9000 18.2: disable_active_migration", "client", "0c 01 00", /0xc: 1 bytes are left over/],
  ["RFC 9287 3: grease_quic_bit", "client", "6ab2 01 00", /0x2ab2: 1 bytes are left over/],
  ["RFC 9000 18.2: original_destination_connection_id", "client", "00 00", /0x0: a client may not send it/],
  ["RFC 9000 18.2: stateless_reset_token", "client", `02 10 ${TOKEN}`, /0x2: a client may not send it/],
  ["RFC 9000 18.2: preferred_address", "client", "0d 00", /0xd: a client may not send it/],
  ["RFC 9000 18.2: retry_source_connection_id", "client", "10 00", /0x10: a client may not send it/],
  ["a reset token has 16 bytes", "server", `02 0f ${TOKEN.slice(2)}`, /0x2: it ends in the middle/],
  ["a reset token has no more bytes", "server", `02 11 ${TOKEN}aa`, /0x2: 1 bytes are left over/],
  ["a connection id has 20 bytes", "client", `0f 15 ${"11".repeat(21)}`, /0xf: a connection id of 21 bytes/],
  ["RFC 9000 18.2: its connection id", "server", `0d 29 ${ADDRESSES} 00 ${TOKEN}`, /0xd: .* has 0 bytes/],
  [
    "RFC 9000 18.2: its connection id",
    "server",
    `0d 3e ${ADDRESSES} 15 ${"11".repeat(21)} ${TOKEN}`,
    /has 21 by/,
  ],
  [
    "RFC 9000 18.2: its reset token",
    "server",
    `0d 29 ${ADDRESSES} 01 11 ${TOKEN.slice(2)}`,
    /ends in the mid/,
  ],
  ["RFC 9368 4: whole versions", "server", "11 06 00000001 0000", /0x11: it ends in the middle/],
  ["RFC 9368 4: a chosen version", "server", "11 00", /0x11: it ends in the middle/],
  ["RFC 9368 4: no version 0", "server", "11 04 00000000", /0x11: version 0 is in it/],
  ["RFC 9368 4: no version 0", "server", "11 08 00000001 00000000", /0x11: version 0 is in it/],
  [
    "RFC 9368 4: a client can use what it chose",
    "client",
    "11 08 00000001 6b3343cf",
    /0x11: the chosen version/,
  ],
  ["multipath-21 2.1: initial_max_path_id", "client", "3e 08 c000000100000000", /0x3e: 4294967296 is out of/],
];

for (const [index, [rule, sender, hex, message]] of BROKEN.entries()) {
  Deno.test(`transport parameters: ${rule} (${index + 1})`, () => {
    assert.throws(() => readTransportParameters(fromHex(hex), sender), {
      name: "QuicError",
      errorCode: 0x08,
      message,
    });
  });
}

Deno.test("transport parameters at the edge of their ranges are read", () => {
  const hex =
    "03 02 44b0 | 08 08 d000000000000000 | 0a 01 14 | 0b 02 7fff | 0e 01 02 | 0c 00 | 11 04 00000001 | 20 04 8000ffff";
  const parameters = readTransportParameters(fromHex(hex), "server");
  assert.deepEqual(plain(parameters), {
    ...DEFAULT_PARAMETERS,
    maxUdpPayloadSize: 1200,
    initialMaxStreamsBidi: MAX,
    ackDelayExponent: 20,
    maxAckDelayMs: 16383,
    activeConnectionIdLimit: 2,
    disableActiveMigration: true,
    versionInformation: { chosen: 1, available: [] },
    maxDatagramFrameSize: 65535,
  });
});

Deno.test("a preferred address may have one family only", () => {
  const hex = `0d 2a ${ADDRESSES} 01 11 ${TOKEN}`;
  const { preferredAddress } = readTransportParameters(fromHex(hex), "server");
  assert.equal(preferredAddress?.v4?.ip.toString(), "192.0.2.1");
  assert.equal(preferredAddress.v4.port, 443);
  assert.equal(preferredAddress.v6, null);
  const written = writeTransportParameters({ ...DEFAULT_PARAMETERS, preferredAddress });
  assert.equal(toHex(written), toHex(fromHex(hex)));
});

Deno.test("transport parameters that a peer would refuse are not written", () => {
  const refused: readonly Partial<TransportParameters>[] = [
    { maxUdpPayloadSize: 1199 },
    { ackDelayExponent: 21 },
    { maxAckDelayMs: 16384 },
    { activeConnectionIdLimit: 1 },
    { initialMaxData: -1 },
    { initialMaxData: 0.5 },
    { initialMaxData: NaN },
    { statelessResetToken: new Uint8Array(15) },
    { unknown: [{ id: "4000000000000000", value: new Uint8Array(0) }] },
    { unknown: [{ id: "10000000000000000", value: new Uint8Array(0) }] },
  ];
  for (const parameters of refused) {
    assert.throws(() => writeTransportParameters({ ...DEFAULT_PARAMETERS, ...parameters }), {
      code: "ERR_INVALID_VALUE",
    });
  }
});

Deno.test("changed, cut and random transport parameters are read or close the connection", () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
  const lists = fc.oneof(
    serverParameters.map((parameters) => writeTransportParameters(parameters)),
    fc.uint8Array(),
  );
  fc.assert(
    fc.property(
      lists,
      changes,
      fc.nat(),
      fc.constantFrom<Sender>("client", "server"),
      (list, some, cut, sender) => {
        const bytes = list.slice(0, list.length - cut % 4);
        for (const [at, value] of some) {
          if (bytes.length > 0) bytes[at % bytes.length] = value;
        }
        try {
          readTransportParameters(bytes, sender);
        } catch (error) {
          if (!(error instanceof QuicError)) throw error;
          assert.equal(error.errorCode, 0x08);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

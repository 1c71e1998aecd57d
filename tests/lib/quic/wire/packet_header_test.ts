import assert from "node:assert/strict";
import fc from "fast-check";
import { fromHex, toHex } from "../../../../lib/base/bytes.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { offeredVersions, PacketHeader } from "../../../../lib/quic/wire/packet_header.ts";
import { readPacketNumber } from "../../../../lib/quic/wire/packet_number.ts";
import { QUIC_V1, QUIC_V2 } from "../../../../lib/quic/wire/versions.ts";
import {
  encodeRetry,
  encodeVersionNegotiation,
  longHeaderSize,
  shortHeaderSize,
  writeLength,
  writeLongHeader,
  writeShortHeader,
} from "../../../../lib/quic/wire/write_packet.ts";
import { RFC_9001, RFC_9369 } from "../../crypto/protection_samples.ts";
import { connectionIds } from "./arbitraries.ts";

const NO_TOKEN = new Uint8Array(0);

/** The fields of a header as values, for comparison. */
function fieldsOf(header: PacketHeader, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  return {
    type: header.type,
    version: header.version,
    destination: toHex(bytes.subarray(header.destinationStart, header.destinationEnd)),
    source: toHex(bytes.subarray(header.sourceStart, header.sourceEnd)),
    token: toHex(bytes.subarray(header.tokenStart, header.tokenEnd)),
    numberStart: header.numberStart,
    end: header.end,
  };
}

for (const samples of [RFC_9001, RFC_9369]) {
  Deno.test(`PacketHeader reads the Initial packets of version 0x${samples.version.toString(16)}`, () => {
    const header = new PacketHeader();
    const client = fromHex(samples.clientInitial.packet);
    assert.equal(header.read(client, 0, client.length, 0), null);
    assert.deepEqual(fieldsOf(header, client), {
      type: "initial",
      version: samples.version,
      destination: samples.connectionId,
      source: "",
      token: "",
      numberStart: 18,
      end: 1200,
    });
    const server = fromHex(samples.serverInitial.packet);
    assert.equal(header.read(server, 0, server.length, 0), null);
    assert.deepEqual(fieldsOf(header, server), {
      type: "initial",
      version: samples.version,
      destination: "",
      source: "f067a5502a4262b5",
      token: "",
      numberStart: 18,
      end: server.length,
    });
  });

  Deno.test(`PacketHeader reads the Retry packet of version 0x${samples.version.toString(16)}, and it is written the same`, () => {
    const bytes = fromHex(samples.retry);
    const header = new PacketHeader();
    assert.equal(header.read(bytes, 0, bytes.length, 0), null);
    assert.deepEqual(fieldsOf(header, bytes), {
      type: "retry",
      version: samples.version,
      destination: "",
      source: "f067a5502a4262b5",
      token: toHex(new TextEncoder().encode("token")),
      numberStart: bytes.length - 16,
      end: bytes.length,
    });
    const source = ConnectionId.from(bytes, header.sourceStart, header.sourceEnd);
    const token = bytes.subarray(header.tokenStart, header.tokenEnd);
    const written = encodeRetry(samples.version, ConnectionId.EMPTY, source, token, 0x0f);
    assert.equal(toHex(written), toHex(bytes.subarray(0, -16)));
  });

  Deno.test(`writeLongHeader() writes the header of version 0x${samples.version.toString(16)}`, () => {
    for (
      const [sample, destination, source, packetNumber, numberBytes] of [
        [samples.clientInitial, samples.connectionId, "", 2, 4],
        [samples.serverInitial, "", "f067a5502a4262b5", 1, 2],
      ] as const
    ) {
      const bytes = new Uint8Array(1200);
      const header = {
        type: "initial" as const,
        version: samples.version,
        destination: ConnectionId.from(fromHex(destination)),
        source: ConnectionId.from(fromHex(source)),
        token: NO_TOKEN,
      };
      const end = writeLongHeader(bytes, 0, header, packetNumber, numberBytes);
      writeLength(bytes, end - numberBytes, sample.packet.length / 2);
      assert.equal(toHex(bytes.subarray(0, end)), sample.header);
      assert.equal(longHeaderSize(header, numberBytes), end);
    }
  });
}

const longHeaders = fc.record({
  type: fc.constantFrom("initial" as const, "0-rtt" as const, "handshake" as const),
  version: fc.constantFrom(QUIC_V1, QUIC_V2),
  destination: connectionIds,
  source: connectionIds,
  token: fc.uint8Array({ maxLength: 100 }),
  packetNumber: fc.nat(200),
  numberBytes: fc.integer({ min: 1, max: 4 }),
  payload: fc.uint8Array({ minLength: 20, maxLength: 200 }),
  fixedBit: fc.boolean(),
}).map((header) => ({ ...header, token: header.type === "initial" ? header.token : NO_TOKEN }));

Deno.test("PacketHeader reads what writeLongHeader() wrote, one packet after the other", () => {
  fc.assert(fc.property(fc.array(longHeaders, { minLength: 1, maxLength: 4 }), fc.nat(9), (list, start) => {
    const bytes = new Uint8Array(4096);
    let end = start;
    for (const { packetNumber, numberBytes, payload, fixedBit, ...header } of list) {
      const payloadStart = writeLongHeader(bytes, end, header, packetNumber, numberBytes, fixedBit);
      assert.equal(payloadStart - end, longHeaderSize(header, numberBytes));
      bytes.set(payload, payloadStart);
      end = payloadStart + payload.length;
      writeLength(bytes, payloadStart - numberBytes, end);
    }
    const read = new PacketHeader();
    let at = start;
    for (const { packetNumber, numberBytes, payload, fixedBit, ...header } of list) {
      assert.equal(read.read(bytes, at, end, 8), null);
      assert.equal(read.fixedBit, fixedBit);
      assert.equal(read.firstByte & 0x0f, numberBytes - 1);
      assert.deepEqual(fieldsOf(read, bytes), {
        type: header.type,
        version: header.version,
        destination: header.destination.toString(),
        source: header.source.toString(),
        token: toHex(header.token),
        numberStart: read.numberStart,
        end: read.numberStart + numberBytes + payload.length,
      });
      assert.equal(readPacketNumber(bytes, read.numberStart, numberBytes), packetNumber);
      at = read.end;
    }
    assert.equal(at, end);
  }));
});

Deno.test("PacketHeader reads what writeShortHeader() wrote", () => {
  fc.assert(fc.property(
    connectionIds,
    fc.boolean(),
    fc.boolean(),
    fc.boolean(),
    fc.nat(2 ** 31),
    fc.integer({ min: 1, max: 4 }),
    (id, spin, keyPhase, fixedBit, packetNumber, size) => {
      const bytes = new Uint8Array(100);
      const payloadStart = writeShortHeader(bytes, 3, id, spin, keyPhase, packetNumber, size, fixedBit);
      assert.equal(payloadStart, 3 + shortHeaderSize(id, size));
      const header = new PacketHeader();
      assert.equal(header.read(bytes, 3, 60, id.length), null);
      assert.deepEqual(fieldsOf(header, bytes), {
        type: "1-rtt",
        version: 0,
        destination: id.toString(),
        source: "",
        token: "",
        numberStart: payloadStart - size,
        end: 60,
      });
      assert(id.matches(bytes, header.destinationStart, header.destinationEnd));
      // RFC 9000 17.3.1: 0, fixed, spin, reserved (2), key phase, length of the packet number (2)
      const expected = (fixedBit ? 0x40 : 0) | (spin ? 0x20 : 0) | (keyPhase ? 0x04 : 0) | (size - 1);
      assert.equal(header.firstByte, expected);
    },
  ));
});

Deno.test("PacketHeader reads Version Negotiation, with connection ids of up to 255 bytes", () => {
  const destination = new Uint8Array(255).fill(1);
  const source = new Uint8Array(30).fill(2);
  const versions = [QUIC_V1, 0xff00001d, 0xfafafafa];
  const bytes = encodeVersionNegotiation(destination, source, versions, 0x25);
  const header = new PacketHeader();
  assert.equal(header.read(bytes, 0, bytes.length, 0), null);
  assert.equal(header.type, "version-negotiation");
  assert.equal(bytes[0], 0xe5);
  assert.deepEqual(bytes.subarray(header.destinationStart, header.destinationEnd), destination);
  assert.deepEqual(bytes.subarray(header.sourceStart, header.sourceEnd), source);
  assert.deepEqual(offeredVersions(bytes, header), versions);
  assert.equal(header.read(bytes, 0, bytes.length - 1, 0), "bad-version-list");
  assert.equal(header.read(bytes, 0, bytes.length - 12, 0), "bad-version-list");
});

Deno.test("PacketHeader reads the connection ids of a version that it does not know", () => {
  const bytes = fromHex(`c0 | 1a2a3a4a | ff ${"11".repeat(255)} | 15 ${"22".repeat(21)} | 0102030405`);
  const header = new PacketHeader();
  assert.equal(header.read(bytes, 0, bytes.length, 0), null);
  assert.equal(header.type, "unsupported-version");
  assert.equal(header.version, 0x1a2a3a4a);
  assert.equal(header.destinationEnd - header.destinationStart, 255);
  assert.equal(header.sourceEnd - header.sourceStart, 21);
  assert.equal(header.end, bytes.length);
});

Deno.test("PacketHeader drops what is no packet, and says why", () => {
  const faults: readonly (readonly [string, string])[] = [
    ["truncated", ""],
    ["truncated", "c0 | 00000001 | 00"],
    ["truncated", "c0 | 00000001 | 02 11"],
    ["truncated", "c0 | 00000001 | 01 11 | 02 22"],
    ["id-too-long", `c0 | 00000001 | 15 ${"11".repeat(21)} | 00 | 00 | 05 | 0000000000`],
    ["id-too-long", `e0 | 00000001 | 00 | 15 ${"11".repeat(21)} | 05 | 0000000000`],
    ["truncated", "c0 | 00000001 | 00 | 00"],
    ["truncated", "c0 | 00000001 | 00 | 00 | 05 | 00"],
    ["truncated", "c0 | 00000001 | 00 | 00 | ffffffffffffffff | 00"],
    ["truncated", "c0 | 00000001 | 00 | 00 | 00 | 05 | 00000000"],
    ["truncated", "c0 | 00000001 | 00 | 00 | 00 | 00"],
    ["truncated", "e0 | 00000001 | 00 | 00 | c01fffffffffffff | 00"],
    ["truncated", "e0 | 00000001 | 00 | 00 | 80"],
    ["truncated", `f0 | 00000001 | 00 | 00 | ${"00".repeat(15)}`],
    ["no-token", `f0 | 00000001 | 00 | 00 | ${"00".repeat(16)}`],
    ["truncated", "40 | 1122334455667788"],
  ];
  for (const [fault, hex] of faults) {
    const bytes = fromHex(hex);
    assert.equal(new PacketHeader().read(bytes, 0, bytes.length, 8), fault, hex);
  }
});

Deno.test("PacketHeader never leaves the datagram, whatever is in it", () => {
  const header = new PacketHeader();
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 60 }), mutatedPackets()),
      fc.nat(20),
      (bytes, shortIdBytes) => {
        // Whatever stands around the datagram makes no difference
        const results = [0x00, 0xff].map((around) => {
          const slab = new Uint8Array(bytes.length + 200).fill(around);
          slab.set(bytes, 100);
          const fault = header.read(slab, 100, 100 + bytes.length, shortIdBytes);
          if (fault !== null) return fault;
          const places = [
            header.start,
            header.destinationStart,
            header.destinationEnd,
            header.sourceStart,
            header.sourceEnd,
            header.numberStart,
            header.end,
          ];
          assert.deepEqual(places, places.toSorted((a, b) => a - b));
          assert(header.end <= 100 + bytes.length && header.end > header.start);
          assert(header.tokenEnd <= header.end && header.tokenStart <= header.tokenEnd);
          return { ...fieldsOf(header, slab) };
        });
        assert.deepEqual(results[0], results[1]);
      },
    ),
    { numRuns: 2000 },
  );
});

function mutatedPackets(): fc.Arbitrary<Uint8Array> {
  const packets = [RFC_9001, RFC_9369].flatMap(({ clientInitial, serverInitial, retry, chacha20 }) =>
    [clientInitial.packet, serverInitial.packet, retry, chacha20.packet].map((hex) => fromHex(hex))
  );
  return fc.tuple(fc.constantFrom(...packets), fc.nat(30), fc.nat(255), fc.nat(60)).map(
    ([packet, at, value, length]) => {
      const bytes = packet.slice(0, length);
      if (at < bytes.length) bytes[at] = value;
      return bytes;
    },
  );
}

Deno.test("packets that cannot be written are refused", () => {
  const header = {
    type: "handshake" as const,
    version: 0xff00001d,
    destination: ConnectionId.EMPTY,
    source: ConnectionId.EMPTY,
    token: NO_TOKEN,
  };
  const bytes = new Uint8Array(100);
  assert.throws(() => writeLongHeader(bytes, 0, header, 0, 1), {
    message: "Cannot write a packet of 0xff00001d: it is not known",
  });
  assert.throws(() => writeLength(bytes, 10, 10), { code: "ERR_INVALID_VALUE" });
  assert.throws(() => writeLength(bytes, 10, 10 + 16384), { code: "ERR_INVALID_VALUE" });
  assert.throws(() => encodeVersionNegotiation(new Uint8Array(256), NO_TOKEN, [1], 0), {
    code: "ERR_INVALID_VALUE",
  });
});

import { ByteWriter } from "../../lib/base/bytes.ts";

/** A UDP datagram over IPv4. */
export interface CapturedDatagram {
  readonly source: { readonly address: readonly [number, number, number, number]; readonly port: number };
  readonly destination: {
    readonly address: readonly [number, number, number, number];
    readonly port: number;
  };
  readonly payload: Uint8Array;
}

/** LINKTYPE_RAW: packets begin with their IP header. */
const LINKTYPE_RAW = 101;

const UDP = 17;

/** A capture file in the format of libpcap, one datagram a millisecond. */
export function pcap(datagrams: readonly CapturedDatagram[]): Uint8Array<ArrayBuffer> {
  const file = new ByteWriter(65536);
  file.u32(0xa1b2c3d4);
  file.u16(2);
  file.u16(4);
  file.zeros(8);
  file.u32(65535);
  file.u32(LINKTYPE_RAW);
  for (const [index, datagram] of datagrams.entries()) {
    const packet = ipPacket(datagram);
    file.u32(Math.floor(index / 1000));
    file.u32((index % 1000) * 1000);
    file.u32(packet.length);
    file.u32(packet.length);
    file.bytes(packet);
  }
  return file.finish();
}

/** Without checksums, which are not looked at unless one asks for it. */
function ipPacket({ source, destination, payload }: CapturedDatagram): Uint8Array {
  const packet = new ByteWriter(28 + payload.length);
  packet.u16(0x4500);
  packet.u16(28 + payload.length);
  packet.u32(0);
  packet.u8(64);
  packet.u8(UDP);
  packet.u16(0);
  packet.bytes(Uint8Array.from(source.address));
  packet.bytes(Uint8Array.from(destination.address));
  packet.u16(source.port);
  packet.u16(destination.port);
  packet.u16(8 + payload.length);
  packet.u16(0);
  packet.bytes(payload);
  return packet.finish();
}

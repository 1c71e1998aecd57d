import { ByteReader } from "../../base/byte_reader.ts";
import type { ByteWriter } from "../../base/byte_writer.ts";
import { MptError } from "../../base/errors.ts";
import { Ip } from "../../base/ip.ts";
import { malformed, type NameWriter, readName } from "./name_codec.ts";
import type { DnsRecord, Edns, EdnsOption } from "./record.ts";
import { NO_PARAMS, readSvcParams, writeSvcParams } from "./svcb.ts";
import { CLASS_IN, TYPE_OPT, typeCode, typeOf } from "./types.ts";

/** RFC 2181 8: a TTL has 31 bits. */
const MAX_TTL = 0x7fff_ffff;

/** RFC 6891 6.1.3: DO, the only flag in use. */
const DNSSEC_OK = 0x8000;

/** What a record turned out to be; the OPT record is about the message and carries 8 bits of its code. */
export type ReadRecord =
  | { readonly kind: "record"; readonly record: DnsRecord; readonly end: number }
  | { readonly kind: "edns"; readonly edns: Edns; readonly highRcode: number; readonly end: number };

/**
 * Reads a record (RFC 1035 4.1.3): name, type u16, class u16, TTL u32, length u16, data.
 *
 * @param bytes The whole message.
 * @param start Where the record begins.
 * @throws {MptError} `ERR_PROTOCOL` when it is none.
 */
export function readRecord(bytes: Uint8Array, start: number): ReadRecord {
  const { name, end: head } = readName(bytes, start);
  const reader = new ByteReader(bytes.subarray(head));
  const code = reader.u16();
  const recordClass = reader.u16();
  const ttl = reader.u32();
  const data = reader.bytes(reader.u16());
  const at = head + reader.offset - data.length;
  const end = at + data.length;
  if (code === TYPE_OPT) {
    if (!name.isRoot) throw malformed("the OPT record has a name");
    const edns = {
      udpSize: recordClass,
      version: (ttl >>> 16) & 0xff,
      dnssecOk: (ttl & DNSSEC_OK) !== 0,
      options: readOptions(data),
    };
    return { kind: "edns", edns, highRcode: ttl >>> 24, end };
  }
  // RFC 2181 8: a TTL with the high bit is 0
  const base = { name, ttl: ttl > MAX_TTL ? 0 : ttl };
  if (recordClass !== CLASS_IN) {
    return {
      kind: "record",
      record: { ...base, type: "other", code, class: recordClass, data: data.slice() },
      end,
    };
  }
  return { kind: "record", record: { ...base, ...readData(bytes, at, data, code) }, end };
}

type WithoutBase<Record> = Record extends DnsRecord ? Omit<Record, "name" | "ttl"> : never;

function readData(bytes: Uint8Array, at: number, data: Uint8Array, code: number): WithoutBase<DnsRecord> {
  const type = typeOf(code);
  const end = at + data.length;
  switch (type) {
    case "A":
    case "AAAA":
      if (data.length !== (type === "A" ? 4 : 16)) {
        throw malformed(`the data of a record ${type} has a wrong length`);
      }
      return { type, address: Ip.fromBytes(data) };
    case "CNAME": {
      const target = readName(bytes, at);
      if (target.end !== end) throw malformed("the data of a record CNAME has a wrong length");
      return { type, target: target.name };
    }
    case "SOA": {
      const primary = readName(bytes, at);
      const mailbox = readName(bytes, primary.end);
      if (mailbox.end + 20 !== end) throw malformed("the data of a record SOA has a wrong length");
      const reader = new ByteReader(bytes.subarray(mailbox.end, end));
      return {
        type,
        primary: primary.name,
        mailbox: mailbox.name,
        serial: reader.u32(),
        refresh: reader.u32(),
        retry: reader.u32(),
        expire: reader.u32(),
        minimum: reader.u32(),
      };
    }
    case "SVCB":
    case "HTTPS": {
      const priority = new ByteReader(data).u16();
      const target = readName(data, 2, false);
      const rest = data.subarray(target.end);
      // RFC 9460 2.4.2: the parameters of an alias are ignored
      return {
        type,
        priority,
        target: target.name,
        params: priority === 0 ? NO_PARAMS : readSvcParams(rest),
      };
    }
    default:
      return { type: "other", code, class: CLASS_IN, data: data.slice() };
  }
}

/** Writes a record. */
export function writeRecord(writer: ByteWriter, names: NameWriter, record: DnsRecord): void {
  if (record.ttl > MAX_TTL) {
    throw new MptError(
      "ERR_INVALID_VALUE",
      `Cannot write a TTL of ${record.ttl}: it is more than ${MAX_TTL}`,
    );
  }
  names.compressed(record.name);
  writer.u16(record.type === "other" ? record.code : typeCode(record.type));
  writer.u16(record.type === "other" ? record.class : CLASS_IN);
  writer.u32(record.ttl);
  const length = writer.length;
  writer.u16(0);
  writeData(writer, names, record);
  writer.patchU16(length, writer.length - length - 2);
}

function writeData(writer: ByteWriter, names: NameWriter, record: DnsRecord): void {
  switch (record.type) {
    case "A":
    case "AAAA":
      writer.bytes(record.address.bytes);
      return;
    case "CNAME":
      names.compressed(record.target);
      return;
    case "SOA":
      names.compressed(record.primary);
      names.compressed(record.mailbox);
      for (const field of ["serial", "refresh", "retry", "expire", "minimum"] as const) {
        writer.u32(record[field]);
      }
      return;
    case "SVCB":
    case "HTTPS":
      writer.u16(record.priority);
      // RFC 9460 2.2: the target is not compressed
      names.plain(record.target);
      if (record.priority > 0) writer.bytes(writeSvcParams(record.params));
      return;
    case "other":
      writer.bytes(record.data);
      return;
    default:
      record satisfies never;
  }
}

/** Writes the OPT record (RFC 6891 6.1.2). */
export function writeEdns(writer: ByteWriter, edns: Edns, rcode: number): void {
  writer.u8(0);
  writer.u16(TYPE_OPT);
  writer.u16(edns.udpSize);
  writer.u8(rcode >>> 4);
  writer.u8(edns.version);
  writer.u16(edns.dnssecOk ? DNSSEC_OK : 0);
  const length = writer.length;
  writer.u16(0);
  for (const { code, data } of edns.options) {
    writer.u16(code);
    writer.u16(data.length);
    writer.bytes(data);
  }
  writer.patchU16(length, writer.length - length - 2);
}

function readOptions(data: Uint8Array): readonly EdnsOption[] {
  const reader = new ByteReader(data);
  const options: EdnsOption[] = [];
  while (reader.remaining > 0) {
    const code = reader.u16();
    options.push({ code, data: reader.bytes(reader.u16()).slice() });
  }
  return options;
}

import { ByteReader } from "../../base/byte_reader.ts";
import { ByteWriter } from "../../base/byte_writer.ts";
import { MptError } from "../../base/errors.ts";
import type { DnsName } from "./name.ts";
import { malformed, NameWriter, readName } from "./name_codec.ts";
import type { DnsRecord, Edns } from "./record.ts";
import { readRecord, writeEdns, writeRecord } from "./record_codec.ts";
import { CLASS_IN, type RecordType, typeCode, typeOf } from "./types.ts";

/** RFC 1035 4.2.2: the length in front of a message over TCP has 16 bits. */
export const MAX_MESSAGE_BYTES = 65535;

/** RFC 1035 4.1.1. */
const HEADER_BYTES = 12;
/** The root, a type and a class; and for a record a TTL and a length besides. */
const MIN_QUESTION_BYTES = 5;
const MIN_RECORD_BYTES = 11;

/** RFC 1035 4.1.1, RFC 4035 3.1.6: the bits of the third and fourth octet. */
const FLAG = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100, RA: 0x0080, AD: 0x0020, CD: 0x0010 };

/** What is asked. */
export interface Question {
  readonly name: DnsName;
  readonly type: RecordType;
  readonly class: number;
}

/** A DNS message. */
export interface DnsMessage {
  readonly id: number;
  /** Whether it is an answer. */
  readonly response: boolean;
  readonly opcode: number;
  readonly authoritative: boolean;
  /** It did not fit: ask again over TCP. */
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  /** With the upper bits that the OPT record carries: from 0 to 4095. */
  readonly rcode: number;
  readonly questions: readonly Question[];
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
  readonly edns: Edns | null;
}

/** Everything of a message that is false or empty unless said otherwise. */
export const EMPTY_MESSAGE: DnsMessage = Object.freeze({
  id: 0,
  response: false,
  opcode: 0,
  authoritative: false,
  truncated: false,
  recursionDesired: false,
  recursionAvailable: false,
  authenticData: false,
  checkingDisabled: false,
  rcode: 0,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
  edns: null,
});

/**
 * Reads a message (RFC 1035 4.1): id, flags, four counts, then the questions and the three sections. Of a
 * truncated one it gives what is whole. Bytes behind the last record are ignored.
 *
 * @param bytes The message, without the length that TCP puts in front.
 * @returns What it says.
 * @throws {MptError} `ERR_PROTOCOL` when it is none.
 */
export function decodeMessage(bytes: Uint8Array): DnsMessage {
  if (bytes.length > MAX_MESSAGE_BYTES) throw malformed(`it has ${bytes.length} octets`);
  if (bytes.length < HEADER_BYTES) throw malformed("it is shorter than a header");
  const reader = new ByteReader(bytes);
  const id = reader.u16();
  const flags = reader.u16();
  const counts = {
    questions: reader.u16(),
    answers: reader.u16(),
    authorities: reader.u16(),
    others: reader.u16(),
  };
  const truncated = (flags & FLAG.TC) !== 0;
  const records = counts.answers + counts.authorities + counts.others;
  // Nothing is read for counts that the bytes cannot hold
  const least = counts.questions * MIN_QUESTION_BYTES + records * MIN_RECORD_BYTES;
  if (!truncated && least > bytes.length - HEADER_BYTES) {
    throw malformed(`${records} records do not fit into ${bytes.length} octets`);
  }
  const sections = new Sections(bytes);
  try {
    sections.readQuestions(counts.questions);
    sections.readRecords("answers", counts.answers);
    sections.readRecords("authorities", counts.authorities);
    sections.readRecords("additionals", counts.others);
  } catch (error) {
    if (!truncated || sections.questions.length < counts.questions) throw error;
  }
  return {
    id,
    response: (flags & FLAG.QR) !== 0,
    opcode: (flags >>> 11) & 0xf,
    authoritative: (flags & FLAG.AA) !== 0,
    truncated,
    recursionDesired: (flags & FLAG.RD) !== 0,
    recursionAvailable: (flags & FLAG.RA) !== 0,
    authenticData: (flags & FLAG.AD) !== 0,
    checkingDisabled: (flags & FLAG.CD) !== 0,
    // RFC 6891 6.1.3: the OPT record has the upper eight bits
    rcode: (sections.highRcode << 4) | (flags & 0xf),
    questions: sections.questions,
    answers: sections.answers,
    authorities: sections.authorities,
    additionals: sections.additionals,
    edns: sections.edns,
  };
}

/** What has been read of a message so far. */
class Sections {
  readonly questions: Question[] = [];
  readonly answers: DnsRecord[] = [];
  readonly authorities: DnsRecord[] = [];
  readonly additionals: DnsRecord[] = [];
  edns: Edns | null = null;
  highRcode = 0;
  readonly #bytes: Uint8Array;
  #at = HEADER_BYTES;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  readQuestions(count: number): void {
    for (let index = 0; index < count; index++) {
      const { name, end } = readName(this.#bytes, this.#at);
      const reader = new ByteReader(this.#bytes.subarray(end));
      this.questions.push({ name, type: typeOf(reader.u16()), class: reader.u16() });
      this.#at = end + reader.offset;
    }
  }

  readRecords(section: "answers" | "authorities" | "additionals", count: number): void {
    for (let index = 0; index < count; index++) {
      const read = readRecord(this.#bytes, this.#at);
      this.#at = read.end;
      if (read.kind === "record") {
        this[section].push(read.record);
        continue;
      }
      // RFC 6891 6.1.1: at most one, among the additional records
      if (this.edns !== null || section !== "additionals") throw malformed("there is an OPT record too many");
      this.edns = read.edns;
      this.highRcode = read.highRcode;
    }
  }
}

/**
 * Writes a message; names that come again are compressed.
 *
 * @param message What to say.
 * @returns The bytes, without the length that TCP puts in front.
 * @throws {MptError} `ERR_INVALID_VALUE` for a message that does not fit into 65535 octets, or a response code
 * above 15 without EDNS.
 */
export function encodeMessage(message: DnsMessage): Uint8Array<ArrayBuffer> {
  if (message.rcode > 15 && message.edns === null) {
    throw new MptError("ERR_INVALID_VALUE", `Cannot write the response code ${message.rcode}: it needs EDNS`);
  }
  const writer = new ByteWriter(512);
  const names = new NameWriter(writer);
  writer.u16(message.id);
  writer.u16(flagsOf(message));
  writer.u16(message.questions.length);
  writer.u16(message.answers.length);
  writer.u16(message.authorities.length);
  writer.u16(message.additionals.length + (message.edns === null ? 0 : 1));
  for (const question of message.questions) {
    names.compressed(question.name);
    writer.u16(typeCode(question.type));
    writer.u16(question.class);
  }
  for (const record of [...message.answers, ...message.authorities, ...message.additionals]) {
    writeRecord(writer, names, record);
  }
  if (message.edns !== null) writeEdns(writer, message.edns, message.rcode);
  if (writer.length > MAX_MESSAGE_BYTES) {
    throw new MptError(
      "ERR_INVALID_VALUE",
      `Cannot write a DNS message of ${writer.length} octets: it is too long`,
    );
  }
  return writer.finish();
}

function flagsOf(message: DnsMessage): number {
  return (message.response ? FLAG.QR : 0) | ((message.opcode & 0xf) << 11) |
    (message.authoritative ? FLAG.AA : 0) | (message.truncated ? FLAG.TC : 0) |
    (message.recursionDesired ? FLAG.RD : 0) | (message.recursionAvailable ? FLAG.RA : 0) |
    (message.authenticData ? FLAG.AD : 0) | (message.checkingDisabled ? FLAG.CD : 0) | (message.rcode & 0xf);
}

/** A question about the Internet. */
export function question(name: DnsName, type: RecordType): Question {
  return { name, type, class: CLASS_IN };
}

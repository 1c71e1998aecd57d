import { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import { fromHex } from "../base/hex.ts";
import type { AddressFamily } from "../base/ip.ts";
import { describeOption, MAX_OPTION_BYTES, type SynOption } from "../mptcp/syn.ts";
import { JsonFields } from "./json_fields.ts";

/** How a SYN looked when it reached the server: the answer of a SYN mirror, one line of JSON. */
export interface SynMirrorAnswer {
  /** The kind of answer and its version. */
  readonly schema: "mpt.syn-mirror/1";
  /** The address family that the SYN came over. */
  readonly family: AddressFamily;
  /** What was left of its time to live, or its hop limit; null when the kernel kept no SYN. */
  readonly ttl: number | null;
  /** The client's address and port as they arrived. */
  readonly source: string;
  /** The server's address and port as they arrived. */
  readonly destination: string;
  /** The SYN's options, in order; null when the kernel kept no SYN (it answered with a SYN cookie). */
  readonly options: readonly SynOption[] | null;
  /** The bytes from the first option on whose length cannot be; null when all of them can. */
  readonly malformed_hex: string | null;
}

/** The SYN mirror's name and version. */
export const SYN_MIRROR_SCHEMA = "mpt.syn-mirror/1";

/** The longest answer of a SYN mirror that a client reads, in bytes. */
export const MAX_SYN_MIRROR_BYTES = 16_384;

/**
 * Writes the answer of a SYN mirror.
 *
 * @param answer The answer.
 * @returns One line with its end.
 *
 * @example There and back
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeSynMirror, parseSynMirror } from "@multipath/mpt/protocol";
 *
 * const line = encodeSynMirror({
 *   schema: "mpt.syn-mirror/1",
 *   family: 4,
 *   ttl: 63,
 *   source: "192.0.2.1:50000",
 *   destination: "198.51.100.1:4434",
 *   options: [{ kind: 30, name: "MPTCP", length: 4, subtype: 0, hex: "1e040101" }],
 *   malformed_hex: null,
 * });
 * assert(parseSynMirror(line).options?.[0]?.subtype === 0);
 * ```
 */
export function encodeSynMirror(answer: SynMirrorAnswer): string {
  return `${JSON.stringify(answer)}\n`;
}

/**
 * Reads the answer of a SYN mirror. Only the bytes of each option are taken from it: what they mean is found
 * out here.
 *
 * @param text Everything that the mirror sent.
 * @returns The answer, every field checked.
 * @throws {MptError} `ERR_PROTOCOL` when it is not such an answer.
 */
export function parseSynMirror(text: string): SynMirrorAnswer {
  if (text.length > MAX_SYN_MIRROR_BYTES) throw wrong("it is too long");
  const fields = JsonFields.parse("the SYN mirror's answer", text);
  if (fields.text("schema") !== SYN_MIRROR_SCHEMA) throw wrong(`it is not ${SYN_MIRROR_SCHEMA}`);
  const family = fields.number("family");
  if (family !== 4 && family !== 6) throw wrong("its family is neither 4 nor 6");
  const ttl = fields.numberOrNull("ttl");
  if (ttl !== null && !(Number.isInteger(ttl) && ttl <= 255)) throw wrong("its ttl is not one of 0 to 255");
  const options = fields.has("options") ? readOptions(fields.list("options", MAX_OPTION_BYTES)) : null;
  return {
    schema: SYN_MIRROR_SCHEMA,
    family,
    ttl,
    source: endpoint(fields, "source", family),
    destination: endpoint(fields, "destination", family),
    options,
    malformed_hex: fields.has("malformed_hex") ? malformed(fields.text("malformed_hex")) : null,
  };
}

function readOptions(list: readonly unknown[]): readonly SynOption[] {
  const options = list.map((each) => {
    const text = JsonFields.of("an option in the SYN mirror's answer", each).text("hex");
    const option = describeOption(bytesOf(text));
    if (option === null) throw wrong("the bytes of an option are not a whole option");
    return option;
  });
  const bytes = options.reduce((sum, { length }) => sum + length, 0);
  if (bytes > MAX_OPTION_BYTES) throw wrong(`its options have ${bytes} bytes of at most ${MAX_OPTION_BYTES}`);
  return options;
}

function malformed(text: string): string {
  bytesOf(text);
  return text;
}

function bytesOf(text: string): Uint8Array {
  if (/^(?:[0-9a-f]{2}){1,40}$/.test(text)) return fromHex(text);
  throw wrong("the bytes of an option are not hexadecimal digits");
}

function endpoint(fields: JsonFields, name: "source" | "destination", family: AddressFamily): string {
  const text = fields.text(name);
  try {
    const found = Endpoint.parse(text, { allowPortZero: true });
    const plain = found.port !== undefined && found.transport === undefined;
    if (plain && found.ip?.family === family) return found.address;
  } catch {
    // Told below: the text is the stranger's
  }
  throw wrong(`its ${name} is not an IPv${family} address with a port`);
}

function wrong(reason: string): MptError {
  return new MptError("ERR_PROTOCOL", `Cannot read the SYN mirror's answer: ${reason}`);
}

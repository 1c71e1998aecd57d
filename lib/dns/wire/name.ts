import { MptError } from "../../base/errors.ts";
import { quote } from "../../base/quote.ts";

/** RFC 1035 2.3.4: the octets of a label, and of a whole name with the length octets and the root. */
export const MAX_LABEL_BYTES = 63;
export const MAX_NAME_BYTES = 255;

/** Bit 5 tells a lower case letter of ASCII from its upper case. */
const CASE_BIT = 0x20;

/**
 * A domain name: an immutable list of labels, each of 1 to 63 octets. The case is kept, and does not count
 * when two names are compared (RFC 4343 3).
 */
export class DnsName {
  /** The root, written `.`. */
  static readonly root: DnsName = new DnsName([]);

  /** The text in lower case: equal names have equal keys. */
  readonly key: string;
  private readonly text: string;
  readonly #labels: readonly Uint8Array[];

  private constructor(labels: readonly Uint8Array[]) {
    this.#labels = labels;
    this.text = labels.length === 0 ? "." : labels.map(presentLabel).join(".");
    this.key = this.text.toLowerCase();
    Object.freeze(this);
  }

  /**
   * Reads the text form of RFC 1035 5.1: labels with dots between, `\.` and `\DDD` for octets that would be
   * something else; a final dot changes nothing.
   *
   * @param text Such as `example.com`, `_443._https.example.com` or `.`.
   * @returns The name.
   * @throws {MptError} `ERR_INVALID_VALUE` for an empty or too long label, a too long name, or a character
   * that is not ASCII.
   */
  static parse(text: string): DnsName {
    const labels = text === "." ? [] : parseLabels(text);
    const fault = typeof labels === "string" ? labels : labelsFault(labels);
    if (typeof labels === "string" || fault !== null) {
      throw new MptError("ERR_INVALID_VALUE", `Cannot use ${quote(text)} as a domain name: ${fault}`);
    }
    return new DnsName(labels);
  }

  /** Reads a name like {@linkcode DnsName.parse}; null when the text is not one. */
  static tryParse(text: string): DnsName | null {
    const labels = text === "." ? [] : parseLabels(text);
    return typeof labels === "string" || labelsFault(labels) !== null ? null : new DnsName(labels);
  }

  /**
   * Makes a name from its labels.
   *
   * @param labels The labels without their length octets; they are copied.
   * @returns The name.
   * @throws {MptError} `ERR_INVALID_VALUE` for an empty or too long label, or a too long name.
   */
  static fromLabels(labels: readonly Uint8Array[]): DnsName {
    const fault = labelsFault(labels);
    if (fault !== null) throw new MptError("ERR_INVALID_VALUE", `Cannot make a domain name: ${fault}`);
    return new DnsName(labels.map((label) => label.slice()));
  }

  /** The labels from the left, without the root: a fresh copy. */
  get labels(): readonly Uint8Array[] {
    return this.#labels.map((label) => label.slice());
  }

  /** How many octets it has on the wire, when it is not compressed. */
  get wireLength(): number {
    return wireLength(this.#labels);
  }

  /** Whether it is the root. */
  get isRoot(): boolean {
    return this.#labels.length === 0;
  }

  /** Whether both are the same name; the case does not count. */
  equals(other: DnsName): boolean {
    return this.key === other.key;
  }

  /** Whether both are the same name in the same case. */
  equalsExactly(other: DnsName): boolean {
    return this.text === other.text;
  }

  /** Whether this is the other name or below it. */
  isWithin(other: DnsName): boolean {
    return other.isRoot || this.key === other.key ||
      this.key.endsWith(`.${other.key}`) && this.#endsWith(other);
  }

  #endsWith(other: DnsName): boolean {
    const skip = this.#labels.length - other.#labels.length;
    return skip >= 0 && new DnsName(this.#labels.slice(skip)).equals(other);
  }

  /**
   * The same name below another, as search lists have it.
   *
   * @throws {MptError} `ERR_INVALID_VALUE` when it becomes too long.
   */
  below(suffix: DnsName): DnsName {
    return DnsName.fromLabels([...this.#labels, ...suffix.#labels]);
  }

  /**
   * The same name in another case (draft-vixie-dnsext-dns0x20-00 3): an answer that repeats the case can only
   * come from somebody who saw the question.
   *
   * @param bits One bit per letter, from the left; 1 is upper case. Used again from the start where they end.
   * @returns The name in that case.
   */
  withCase(bits: Uint8Array): DnsName {
    let letter = 0;
    return new DnsName(this.#labels.map((label) =>
      label.map((octet) => {
        const lower = octet | CASE_BIT;
        if (bits.length === 0 || lower < 0x61 || lower > 0x7a) return octet;
        const byte = bits[Math.floor(letter / 8) % bits.length] ?? 0;
        const upper = (byte >> (letter % 8)) & 1;
        letter++;
        return upper === 1 ? lower & ~CASE_BIT : lower;
      })
    ));
  }

  /** The text form, without a final dot; `.` for the root. */
  toString(): string {
    return this.text;
  }

  /** What `JSON.stringify` writes for a name. */
  toJSON(): string {
    return this.text;
  }
}

function wireLength(labels: readonly Uint8Array[]): number {
  return labels.reduce((sum, label) => sum + 1 + label.length, 1);
}

function labelsFault(labels: readonly Uint8Array[]): string | null {
  for (const label of labels) {
    if (label.length === 0) return "a label is empty";
    if (label.length > MAX_LABEL_BYTES) return `a label is longer than ${MAX_LABEL_BYTES} octets`;
  }
  const length = wireLength(labels);
  return length > MAX_NAME_BYTES ? `it takes ${length} octets, more than ${MAX_NAME_BYTES}` : null;
}

/** The labels of a text, or what is wrong with it. */
function parseLabels(text: string): Uint8Array[] | string {
  if (text === "") return "it is empty";
  // What escapes can shorten at most: each octet is written with four characters
  if (text.length > 4 * MAX_NAME_BYTES) return `it takes more than ${MAX_NAME_BYTES} octets`;
  const labels: Uint8Array[] = [];
  let octets: number[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === ".") {
      labels.push(Uint8Array.from(octets));
      octets = [];
      at++;
      continue;
    }
    const read = readOctet(text, at);
    if (typeof read === "string") return read;
    octets.push(read.octet);
    at += read.length;
  }
  // A final dot leaves nothing behind it
  if (octets.length > 0) labels.push(Uint8Array.from(octets));
  return labels;
}

function readOctet(text: string, at: number): { readonly octet: number; readonly length: number } | string {
  const code = text.charCodeAt(at);
  if (code > 0x7e || code <= 0x20) {
    return "it has a character that is neither a letter, a digit nor a sign of ASCII";
  }
  if (text[at] !== "\\") return { octet: code, length: 1 };
  const digits = /^\d{3}/.exec(text.slice(at + 1, at + 4))?.[0];
  if (digits !== undefined) {
    return Number(digits) > 255 ? `\\${digits} is not an octet` : { octet: Number(digits), length: 4 };
  }
  const escaped = text.charCodeAt(at + 1);
  if (!(escaped > 0x20 && escaped < 0x7f) || /\d/.test(text[at + 1] ?? "")) {
    return "there is nothing after a \\";
  }
  return { octet: escaped, length: 2 };
}

/** RFC 1035 5.1 and RFC 4343 2.1. */
function presentLabel(label: Uint8Array): string {
  let text = "";
  for (const octet of label) {
    const character = String.fromCharCode(octet);
    if (octet <= 0x20 || octet > 0x7e) text += `\\${String(octet).padStart(3, "0")}`;
    else text += /[.\\"();@$]/.test(character) ? `\\${character}` : character;
  }
  return text;
}

import { MptError } from "../base/errors.ts";

/** The members of a JSON object from the network, each checked when it is asked for. */
export class JsonFields {
  readonly #what: string;
  readonly #members: ReadonlyMap<string, unknown>;

  private constructor(what: string, members: ReadonlyMap<string, unknown>) {
    this.#what = what;
    this.#members = members;
  }

  /**
   * The members of a JSON text.
   *
   * @param what What the text should be, for messages.
   * @throws {MptError} `ERR_PROTOCOL` when it is not a JSON object.
   */
  static parse(what: string, text: string): JsonFields {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new MptError("ERR_PROTOCOL", `Cannot read ${what}: it is not JSON`, { cause: error });
    }
    return JsonFields.of(what, value);
  }

  /**
   * The members of a parsed value.
   *
   * @throws {MptError} `ERR_PROTOCOL` when the value is not a JSON object.
   */
  static of(what: string, value: unknown): JsonFields {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new MptError("ERR_PROTOCOL", `Cannot read ${what}: it is not a JSON object`);
    }
    return new JsonFields(what, new Map(Object.entries(value)));
  }

  /** Whether the member is there and not null. */
  has(name: string): boolean {
    const value = this.#members.get(name);
    return value !== undefined && value !== null;
  }

  /** A text of at most 1000 characters that a terminal can show: a stranger chose it. */
  text(name: string): string {
    const value = this.#members.get(name);
    if (typeof value !== "string" || value.length > 1000 || /\p{C}/u.test(value)) {
      throw this.#wrong(name, "a short text");
    }
    return value;
  }

  /** A number from 0 to 2^53 - 1, whole or not. */
  number(name: string): number {
    const value = this.#members.get(name);
    if (typeof value !== "number" || !(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) {
      throw this.#wrong(name, "a number from 0 to 2^53 - 1");
    }
    return value;
  }

  /** A number, or null. */
  numberOrNull(name: string): number | null {
    const value = this.#members.get(name);
    return value === null || value === undefined ? null : this.number(name);
  }

  /** True or false. */
  boolean(name: string): boolean {
    const value = this.#members.get(name);
    if (typeof value !== "boolean") throw this.#wrong(name, "true or false");
    return value;
  }

  /** A list of at most `limit` entries. */
  list(name: string, limit: number): readonly unknown[] {
    const value = this.#members.get(name);
    if (!Array.isArray(value) || value.length > limit) throw this.#wrong(name, "a list of fair length");
    return value;
  }

  /** A JSON object. */
  object(name: string): JsonFields {
    return JsonFields.of(`${this.#what}, ${name}`, this.#members.get(name));
  }

  /** Every member whose value is a finite number. */
  numbers(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.#members].flatMap(([name, value]): readonly (readonly [string, number])[] =>
        typeof value === "number" && Number.isFinite(value) ? [[name, value]] : []
      ),
    );
  }

  #wrong(name: string, wanted: string): MptError {
    return new MptError("ERR_PROTOCOL", `Cannot read ${this.#what}: "${name}" is not ${wanted}`);
  }
}

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

  /** @throws {MptError} `ERR_PROTOCOL` when the value is not a JSON object. */
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

  /** A text of at most 1000 characters. */
  text(name: string): string {
    const value = this.#members.get(name);
    if (typeof value !== "string" || value.length > 1000) throw this.#wrong(name, "a short text");
    return value;
  }

  /** A number that is finite and not negative. */
  number(name: string): number {
    const value = this.#members.get(name);
    if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
      throw this.#wrong(name, "a number of 0 or more");
    }
    return value;
  }

  /** A number, or null. */
  numberOrNull(name: string): number | null {
    const value = this.#members.get(name);
    return value === null || value === undefined ? null : this.number(name);
  }

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

  object(name: string): JsonFields {
    return JsonFields.of(`${this.#what}, ${name}`, this.#members.get(name));
  }

  /** Every member whose value is a number. */
  numbers(): Readonly<Record<string, number>> {
    const numbers: Record<string, number> = {};
    for (const [name, value] of this.#members) if (typeof value === "number") numbers[name] = value;
    return numbers;
  }

  #wrong(name: string, wanted: string): MptError {
    return new MptError("ERR_PROTOCOL", `Cannot read ${this.#what}: "${name}" is not ${wanted}`);
  }
}

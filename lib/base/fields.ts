import { MptError } from "./errors.ts";
import { quote } from "./quote.ts";

/** The least and the most that a number may be. */
export interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
}

/** The error about the value of a key, such as `paths[1].loss`. */
export function badValue(value: unknown, key: string, reason: string): MptError {
  return new MptError("ERR_INVALID_VALUE", `Cannot use ${shown(value)} as ${key}: ${reason}`, {
    data: { key },
  });
}

/**
 * The members of an object that somebody wrote, each read at most once. {@linkcode Fields.end} complains
 * about those that nobody asked for.
 */
export class Fields {
  readonly #key: string;
  readonly #members: ReadonlyMap<string, unknown>;
  readonly #known = new Set<string>();

  /**
   * Takes an object apart.
   *
   * @param value Anything.
   * @param key Where it stands, such as `paths[0]`; empty at the top.
   * @param whole What is read, such as `a lab`.
   * @throws {MptError} `ERR_INVALID_VALUE` when it is not an object.
   */
  constructor(value: unknown, key: string, whole: string = "the file") {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw badValue(value, key === "" ? whole : key, "it is not a table of settings");
    }
    this.#key = key;
    this.#members = new Map(Object.entries(value).filter(([, member]) => member !== undefined));
  }

  /** The path of a member, for messages. */
  key(name: string): string {
    return this.#key === "" ? name : `${this.#key}.${name}`;
  }

  /** A member as it is; undefined when it is not there. */
  value(name: string): unknown {
    this.#known.add(name);
    return this.#members.get(name);
  }

  /** A number in a range. */
  number(name: string, range: Range): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw badValue(value, this.key(name), "it is not a number");
    }
    if (range.whole === true && !Number.isSafeInteger(value)) {
      throw badValue(value, this.key(name), "it is not a whole number");
    }
    if (value < range.min || value > range.max) {
      throw badValue(value, this.key(name), `it is not from ${range.min} to ${range.max}`);
    }
    return value;
  }

  /** A number in a range, or null. */
  numberOrNull(name: string, range: Range): number | null | undefined {
    return this.value(name) === null ? null : this.number(name, range);
  }

  /** True or false. */
  boolean(name: string): boolean | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === "boolean") return value;
    throw badValue(value, this.key(name), "it is not true or false");
  }

  /** One of a few words. */
  word<const T extends string>(name: string, words: readonly T[]): T | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    throw badValue(value, this.key(name), `it is not one of ${words.join(", ")}`);
  }

  /** A text. */
  text(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === "string") return value;
    throw badValue(value, this.key(name), "it is not a text");
  }

  /**
   * Ends the reading.
   *
   * @throws {MptError} `ERR_INVALID_VALUE` naming the first member that nobody asked for.
   */
  end(): void {
    for (const name of this.#members.keys()) {
      if (this.#known.has(name)) continue;
      const key = this.key(/^[A-Za-z0-9_-]{1,40}$/.test(name) ? name : quote(name));
      const known = [...this.#known].join(", ");
      throw new MptError("ERR_INVALID_VALUE", `Cannot use ${key}: no such setting; there are ${known}`, {
        data: { key },
      });
    }
  }
}

/** The member of an object, or none when there is no value. */
export function defined<K extends string, V>(name: K, value: V | undefined): { readonly [key in K]?: V } {
  // TypeScript reads a computed name as any text.
  return value === undefined ? {} : { [name]: value } as { readonly [key in K]?: V };
}

function shown(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a table" : `a ${typeof value}`;
}

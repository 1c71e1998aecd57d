/** A type of CDDL (RFC 8610), as far as the drafts of qlog use it. */
type Type =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "literal"; readonly value: string }
  | { readonly kind: "choice"; readonly of: readonly Type[] }
  | { readonly kind: "array"; readonly of: Type; readonly min: number; readonly max: number }
  | {
    readonly kind: "map";
    readonly fields: readonly Field[];
    readonly parents: readonly string[];
    readonly open: boolean;
  }
  | { readonly kind: "pattern"; readonly pattern: RegExp }
  | { readonly kind: "uint"; readonly below: number };

interface Field {
  readonly name: string;
  readonly type: Type;
  readonly optional: boolean;
}

const TOKEN = /;.*|\s+|"(?:[^"\\]|\\.)*"|\/\/?=|=>|\d+\*\d+|\.[a-z]+|[$@A-Za-z_][\w$@-]*|\d+|[^\s]/g;

/** A schema against which values are checked. */
export class Schema {
  readonly #rules = new Map<string, Type>();

  /** Reads a schema. */
  constructor(text: string) {
    const tokens = (text.match(TOKEN) ?? []).filter((token) => !/^(;|\s)/.test(token));
    const parser = new Parser(tokens);
    for (let rule = parser.rule(); rule !== null; rule = parser.rule()) {
      const before = this.#rules.get(rule.name);
      const isMore = rule.operator === "/=" && before !== undefined;
      this.#rules.set(rule.name, isMore ? { kind: "choice", of: [before, rule.type] } : rule.type);
    }
  }

  /** The names of the rules. */
  get names(): readonly string[] {
    return [...this.#rules.keys()];
  }

  /** What is wrong with a value; an empty list for nothing. */
  faults(rule: string, value: unknown): readonly string[] {
    return this.#check({ kind: "name", name: rule }, value, rule);
  }

  #check(type: Type, value: unknown, where: string): readonly string[] {
    const fault = (
      expected: string,
    ): readonly string[] => [`${where}: ${JSON.stringify(value)} is not ${expected}`];
    switch (type.kind) {
      case "name":
        return this.#checkName(type.name, value, where);
      case "literal":
        return value === type.value ? [] : fault(`"${type.value}"`);
      case "choice": {
        const all = type.of.map((each) => this.#check(each, value, where));
        return all.some((faults) => faults.length === 0) ? [] : all.flat();
      }
      case "pattern":
        return typeof value === "string" && type.pattern.test(value) ? [] : fault(`${type.pattern}`);
      case "uint":
        return isUint(value, type.below) ? [] : fault(`a uint below ${type.below}`);
      case "array":
        if (!Array.isArray(value) || value.length < type.min || value.length > type.max) {
          return fault(`an array of ${type.min} to ${type.max}`);
        }
        return value.flatMap((each, i) => this.#check(type.of, each, `${where}[${i}]`));
      case "map":
        return this.#checkMap(type, value, where);
      default:
        return type satisfies never;
    }
  }

  #checkName(name: string, value: unknown, where: string): readonly string[] {
    const primitive = PRIMITIVES[name];
    if (primitive !== undefined) {
      return primitive(value) ? [] : [`${where}: ${JSON.stringify(value)} is not ${name}`];
    }
    const rule = this.#rules.get(name);
    if (rule === undefined) throw new Error(`there is no rule ${name}`);
    return this.#check(rule, value, where);
  }

  #checkMap(type: Type & { readonly kind: "map" }, value: unknown, where: string): readonly string[] {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${where}: not a map`];
    const fields = this.#fieldsOf(type);
    const faults: string[] = [];
    for (const [name, each] of Object.entries(value)) {
      const field = fields.find((known) => known.name === name);
      if (field !== undefined) faults.push(...this.#check(field.type, each, `${where}.${name}`));
      else if (!type.open) faults.push(`${where}.${name}: not in the schema`);
    }
    for (const { name, optional } of fields) {
      if (!optional && !(name in value)) faults.push(`${where}.${name}: missing`);
    }
    return faults;
  }

  #fieldsOf({ fields, parents }: Type & { readonly kind: "map" }): readonly Field[] {
    return parents.flatMap((name): readonly Field[] => {
      const parent = this.#rules.get(name);
      return parent?.kind === "map" ? this.#fieldsOf(parent) : [];
    }).concat(fields);
  }
}

const PRIMITIVES: Readonly<Record<string, (value: unknown) => boolean>> = {
  any: () => true,
  text: (value) => typeof value === "string",
  bool: (value) => typeof value === "boolean",
  float32: (value) => Number.isFinite(value),
  float64: (value) => Number.isFinite(value),
};

/** main-schema 11.3: numbers of 64 bits may be strings. */
function isUint(value: unknown, below: number): boolean {
  if (typeof value === "string") return below === 2 ** 64 && /^\d{1,20}$/.test(value);
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < below;
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  rule(): { readonly name: string; readonly operator: string; readonly type: Type } | null {
    if (this.#at >= this.#tokens.length) return null;
    return { name: this.#take(), operator: this.#take(), type: this.#type() };
  }

  #type(): Type {
    const all = [this.#single()];
    while (this.#skip("/")) all.push(this.#single());
    return all.length === 1 ? all[0]! : { kind: "choice", of: all };
  }

  #single(): Type {
    const token = this.#take();
    if (token === "[") return this.#array();
    if (token === "{") return this.#map("}");
    if (token === "(") return this.#map(")");
    const type: Type = token.startsWith('"')
      ? { kind: "literal", value: JSON.parse(token) }
      : { kind: "name", name: token };
    if (this.#skip(".default")) this.#take();
    if (this.#skip(".regexp")) {
      return { kind: "pattern", pattern: new RegExp(`^${JSON.parse(this.#take())}$`) };
    }
    // The size of text would be that of its bytes in hexadecimal digits
    if (this.#skip(".size")) {
      const bytes = Number(this.#take());
      if (token === "uint") return { kind: "uint", below: 2 ** (8 * bytes) };
    }
    return type;
  }

  #array(): Type {
    let [min, max] = [1, 1];
    const token = this.#tokens[this.#at]!;
    if (this.#skip("+")) max = Infinity;
    else if (this.#skip("*")) [min, max] = [0, Infinity];
    else if (/^\d+\*\d+$/.test(token)) {
      this.#at++;
      [min, max] = token.split("*").map(Number) as [number, number];
    }
    const of = this.#type();
    this.#expect("]");
    return { kind: "array", of, min, max };
  }

  #map(end: "}" | ")"): Type {
    const fields: Field[] = [];
    const parents: string[] = [];
    let open = false;
    while (!this.#skip(end)) {
      if (this.#skip("~")) parents.push(this.#take());
      else if (this.#skip("*")) {
        const name = this.#take();
        // Fields that another schema may add
        if (name.startsWith("$$")) {
          parents.push(name);
          continue;
        }
        this.#expect("=>");
        this.#expect("any");
        open = true;
      } else {
        const optional = this.#skip("?");
        const name = this.#take();
        this.#expect(":");
        fields.push({ name, optional, type: this.#type() });
      }
      this.#skip(",");
    }
    return { kind: "map", fields, parents, open };
  }

  #take(): string {
    return this.#tokens[this.#at++] ?? "";
  }

  #skip(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    const found = this.#take();
    if (found !== token) throw new Error(`expected ${token} in the schema, found ${found}`);
  }
}

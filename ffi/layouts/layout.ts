/** The types of C struct members that mpt reads. Multi-byte ones are in the machine's order (little-endian). */
export type FieldType = "u8" | "u16" | "u32" | "i32" | "u64" | "be16" | "bytes";

/** Where a member stands in its struct. */
export interface Field {
  /** Bytes from the start of the struct. */
  readonly offset: number;
  readonly type: FieldType;
  /** The member's size in bytes. */
  readonly size: number;
  /** The C member's name, when it differs from the key. */
  readonly c: string;
}

/** A C struct as a table of offsets. */
export interface Layout<K extends string = string> {
  /** The C name, without `struct`. */
  readonly name: string;
  /** Size in bytes on the newest kernel we know; older kernels return fewer. */
  readonly size: number;
  readonly fields: Readonly<Record<K, Field>>;
}

const SIZES: Readonly<Record<Exclude<FieldType, "bytes">, number>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  i32: 4,
  u64: 8,
  be16: 2,
};

/** One member: `field("u32", 68, "tcpi_rtt")`. */
export function field(type: Exclude<FieldType, "bytes">, offset: number, c: string): Field {
  return { type, offset, size: SIZES[type], c };
}

/** A member that is an array or a struct of its own. */
export function bytesField(offset: number, size: number, c: string): Field {
  return { type: "bytes", offset, size, c };
}

/**
 * A number of a struct that the kernel returned, or undefined when this kernel's struct ends before the
 * member (`available` is the length it wrote). Values beyond 2^53 lose their lowest bits.
 */
export function readNumber(
  view: DataView,
  base: number,
  member: Field,
  available: number,
): number | undefined {
  if (member.offset + member.size > available || base + member.offset + member.size > view.byteLength) {
    return undefined;
  }
  const at = base + member.offset;
  switch (member.type) {
    case "u8":
      return view.getUint8(at);
    case "u16":
      return view.getUint16(at, true);
    case "be16":
      return view.getUint16(at, false);
    case "u32":
      return view.getUint32(at, true);
    case "i32":
      return view.getInt32(at, true);
    case "u64":
      return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
    case "bytes":
      return undefined;
    default:
      return member.type satisfies never;
  }
}

/** Every number of a struct by name; members that this kernel does not have are absent. */
export function readStruct<K extends string>(
  layout: Layout<K>,
  view: DataView,
  base: number,
  available: number,
): Partial<Record<K, number>> {
  const values: Partial<Record<K, number>> = {};
  for (const key in layout.fields) {
    const value = readNumber(view, base, layout.fields[key], available);
    if (value !== undefined) values[key] = value;
  }
  return values;
}

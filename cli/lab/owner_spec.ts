import { MptError } from "../../lib/base/errors.ts";
import { type LabOptions, parseLab } from "../../lib/lab/mod.ts";
import { parseLabName } from "./lab_name.ts";

/** What the owner of a lab is told. */
export interface OwnerSpec {
  readonly name: string;
  /** Whether another name may be taken when this one is not free. */
  readonly anyName: boolean;
  readonly options: LabOptions;
  /** Commands of the shell to run on the server. */
  readonly servers: readonly string[];
  /** Whether the lab ends when the input of its owner does. */
  readonly lifeline: boolean;
}

/** More than any lab needs. */
export const MAX_SPEC_BYTES: number = 1 << 20;

/**
 * Reads what {@linkcode JSON.stringify} made of a specification.
 *
 * @throws {MptError} `ERR_PROTOCOL`, or `ERR_INVALID_VALUE` for impossible options.
 */
export function decodeSpec(line: string): OwnerSpec {
  const value: unknown = JSON.parse(line);
  if (typeof value !== "object" || value === null) throw wrong();
  const { name, anyName, options, servers, lifeline }: Partial<Record<keyof OwnerSpec, unknown>> = value;
  if (typeof name !== "string" || typeof anyName !== "boolean" || typeof lifeline !== "boolean") {
    throw wrong();
  }
  if (!Array.isArray(servers) || !servers.every((one) => typeof one === "string")) throw wrong();
  return { name: parseLabName(name), anyName, options: parseLab(options), servers, lifeline };
}

function wrong(): MptError {
  return new MptError("ERR_PROTOCOL", "Cannot own a lab: mpt lab up and mpt lab run call this, not people");
}

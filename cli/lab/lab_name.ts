import { MptError } from "../../lib/base/errors.ts";
import { quote } from "../../lib/base/quote.ts";

/**
 * Reads the name of a lab.
 *
 * @throws {MptError} `ERR_INVALID_VALUE`.
 */
export function parseLabName(text: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,31}$/.test(text)) return text;
  throw new MptError(
    "ERR_INVALID_VALUE",
    `Cannot use ${quote(text)} as the name of a lab: use up to 32 of a-z, 0-9 and -`,
  );
}

/** A name made from that of a preset or file: `/etc/labs/My_Lab.toml` gives `my-lab`. */
export function nameFrom(lab: string | undefined): string {
  const base = (lab ?? "").replace(/^.*\//, "").replace(/\.[^.]*$/, "").toLowerCase();
  const name = base.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "").slice(0, 24).replace(/-$/, "");
  return name === "" ? "lab" : name;
}

/** The first of `name`, `name-2`, `name-3` ... that is free. */
export function freeName(name: string, taken: readonly string[]): string {
  for (let count = 1;; count++) {
    const candidate = count === 1 ? name : `${name}-${count}`;
    if (!taken.includes(candidate)) return candidate;
  }
}

import { toMptError } from "../base/errors.ts";

/** Something that was read from this machine, or why it could not be. */
export type Fact<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly reason: string; readonly fix: string | null };

/** Reads a fact; what is thrown becomes the reason why it is not known. */
export function read<T>(reader: () => T): Fact<T> {
  try {
    return { known: true, value: reader() };
  } catch (error) {
    const { message, fix } = toMptError(error, "Cannot look");
    // "Cannot X: reason": the check says itself what it wanted
    const reason = message.startsWith("Cannot ") && message.includes(": ")
      ? message.slice(message.indexOf(": ") + 2)
      : message;
    return { known: false, reason, fix: fix ?? null };
  }
}

/** A fact that is known. */
export function known<T>(value: T): Fact<T> {
  return { known: true, value };
}

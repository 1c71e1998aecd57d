import { InvalidArgumentError } from "@commander-js/extra-typings";

/** Runs a parser; whatever it throws becomes a usage error that names the option. */
export function usage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? sentence(error.message) : String(error));
  }
}

/** Commander puts a sentence of its own in front. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;
}

import { InvalidArgumentError } from "@commander-js/extra-typings";

/** Runs a parser; whatever it throws becomes a usage error that names the option. */
export function usage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : String(error));
  }
}

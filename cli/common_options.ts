import { type Command, Option } from "@commander-js/extra-typings";
import { parseDuration, parseInteger, parseSize } from "../lib/base/units.ts";
import { usage } from "./usage.ts";

/** The options that every command has. */
export interface CommonOptions {
  readonly json?: true | undefined;
  readonly ndjson?: true | undefined;
  /** Milliseconds. */
  readonly timeout?: number | undefined;
  readonly quiet?: true | undefined;
  readonly verbose?: true | undefined;
  readonly color: "auto" | "always" | "never";
  readonly output?: string | undefined;
}

/** Adds the options that every command has; they come last in its help. */
export function withCommonOptions<
  A extends unknown[],
  O extends Record<string, unknown>,
  G extends Record<string, unknown>,
>(
  command: Command<A, O, G>,
): Command<A, O & CommonOptions, G> {
  return command
    .addOption(new Option("--json", "print one JSON object instead of text").conflicts("ndjson"))
    .addOption(new Option("--ndjson", "print events as they happen, a JSON object a line"))
    .addOption(
      new Option("--timeout <seconds>", "give up after this long, with what is known by then").argParser(
        duration,
      ),
    )
    .addOption(new Option("-o, --output <file>", "save the JSON result as well"))
    .addOption(new Option("-q, --quiet", "no progress on stderr"))
    .addOption(new Option("-v, --verbose", "more detail"))
    .addOption(
      new Option("--color <when>", "colours in the text").choices(["auto", "always", "never"] as const)
        .default("auto" as const),
    ) as unknown as Command<A, O & CommonOptions, G>;
}

/** Reads a duration, seconds unless it names a unit: `5`, `250ms`, `2m`. In milliseconds. */
export function duration(text: string): number {
  return usage(() => {
    const ms = parseDuration(text);
    if (ms <= 0) throw new RangeError("it must be more than 0");
    // What setTimeout can hold; a longer wait is not meant.
    if (ms > 0x7fff_ffff) throw new RangeError("it is longer than 24 days");
    return ms;
  });
}

/** As {@linkcode duration}, and 0 is allowed. */
export function durationOrZero(text: string): number {
  return /^0+(\.0*)?\s*[a-z]*$/i.test(text.trim()) ? 0 : duration(text);
}

/** Reads a size in bytes: `1000`, `10M`, `1GiB`. */
export function size(text: string): number {
  return usage(() => {
    const bytes = parseSize(text);
    if (bytes <= 0) throw new RangeError("it must be more than 0");
    return bytes;
  });
}

/** A reader of whole numbers from `min` to `max`. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => usage(() => parseInteger(text, { min, max }));
}

import { CHANGE_OPTIONS } from "../../lib/lab/plan/change_options.ts";

/**
 * The options of `mpt lab set` as words again, which a timeline has too and one parser reads.
 *
 * @param options What the parser of options made of them: `--no-blackhole` is `blackhole` with false.
 */
export function changeWords(options: ReadonlyMap<string, unknown>): readonly string[] {
  return CHANGE_OPTIONS.flatMap(({ flag, value }) => {
    const negated = flag.startsWith("--no-");
    const given = options.get(camelCase(flag.slice(negated ? 5 : 2)));
    if (value !== null) return typeof given === "string" ? [`${flag}=${given}`] : [];
    return given === !negated ? [flag] : [];
  });
}

function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

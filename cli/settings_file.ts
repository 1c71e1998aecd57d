import { MptError } from "../lib/base/errors.ts";

/**
 * Reads a settings file: JSON when its name ends in `.json` or it begins with a brace, else TOML.
 *
 * @param path Its name, for messages.
 * @param text What is in it.
 * @returns Whatever it says.
 * @throws {MptError} `ERR_INVALID_VALUE` with the line and column of what cannot be read.
 */
export async function parseSettings(path: string, text: string): Promise<unknown> {
  if (path.endsWith(".json") || text.trimStart().startsWith("{")) {
    try {
      return JSON.parse(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/ \(line \d+ column \d+\)$/, "") : "";
      throw unreadable(path, placeOf(text, reason), reason.replace(/ in JSON at position \d+$/, ""), error);
    }
  }
  const { parse, TomlError } = await import("smol-toml");
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = ""] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    throw unreadable(path, error, reason, error);
  }
}

interface Place {
  readonly line: number;
  readonly column: number;
}

/** V8 says where in one of three ways: by a position, by what stands around it, or not at all for the end. */
function placeOf(text: string, reason: string): Place {
  const lines = text.slice(0, positionOf(text, reason)).split("\n");
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}

/** The characters that V8 shows of a text before the one that it does not understand. */
const CONTEXT = 10;

function positionOf(text: string, reason: string): number {
  const position = / at position (\d+)/.exec(reason)?.[1];
  if (position !== undefined) return Number(position);
  const shown = /^Unexpected token '(.+?)', (\.\.\.)?"(.*?)"(?:\.\.\.)? is not valid JSON$/s.exec(reason);
  if (shown === null) return text.length;
  const [, token = "", cut, context = ""] = shown;
  return cut === undefined ? Math.max(0, text.indexOf(token)) : text.indexOf(context) + CONTEXT;
}

function unreadable(path: string, { line, column }: Place, reason: string, cause: unknown): MptError {
  return new MptError("ERR_INVALID_VALUE", `Cannot read ${path}: line ${line}, column ${column}: ${reason}`, {
    cause,
    data: { line, column },
  });
}

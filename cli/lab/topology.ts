import { MptError } from "../../lib/base/errors.ts";
import { quote } from "../../lib/base/quote.ts";
import {
  type DirectionOptions,
  isPreset,
  type LabOptions,
  parseLab,
  type PathOptions,
  planLab,
  presetNamed,
  PRESETS,
} from "../../lib/lab/mod.ts";

/** What the command line says about a network. */
export interface TopologyOptions {
  /** A preset or a file. */
  readonly lab?: string | undefined;
  readonly path?: readonly PathOptions[] | undefined;
  readonly router?: boolean | undefined;
  readonly ipv4?: true | undefined;
  readonly ipv6?: true | undefined;
  readonly mptcp?: NonNullable<LabOptions["mptcp"]> | undefined;
  readonly link?: NonNullable<LabOptions["link"]> | undefined;
  readonly seed?: number | undefined;
}

/** The largest file that is read. */
const MAX_FILE_BYTES = 1 << 20;

/** The most that the kernel of a seed holds. */
const SEEDS = 2 ** 32;

/**
 * The network that the command line asks for: that of the preset or file, with what the options change.
 *
 * @throws {MptError} `ERR_USAGE` or `ERR_INVALID_VALUE` naming what is wrong.
 */
export async function topology(options: TopologyOptions): Promise<LabOptions> {
  const lab = withOptions(await baseOf(options.lab), options);
  const checked = parseLab(lab);
  // What does not go together is said now, before anything is made.
  planLab(checked);
  return checked;
}

/** A network with what the options change. */
export function withOptions(base: LabOptions | null, options: TopologyOptions): LabOptions {
  const paths = (options.path ?? []).reduce<readonly PathOptions[]>(withPath, base?.paths ?? []);
  if (paths.length === 0) {
    throw new MptError("ERR_USAGE", `Cannot make a lab without paths: name ${choices()}, or give --path`);
  }
  const { router, mptcp, link, ipv4, ipv6 } = options;
  // One family named means that one alone.
  const families = ipv4 === ipv6 ? {} : { ipv4: ipv4 ?? false, ipv6: ipv6 ?? false };
  return {
    ...base,
    paths: paths.map((path) => ({ ...path, ...families })),
    seed: options.seed ?? base?.seed ?? Math.floor(Math.random() * SEEDS),
    ...(router === undefined ? {} : { router }),
    ...(mptcp === undefined ? {} : { mptcp }),
    ...(link === undefined ? {} : { link }),
  };
}

/** A path of a known name changes that path; any other comes after those that are there. */
function withPath(paths: readonly PathOptions[], path: PathOptions): readonly PathOptions[] {
  const known = paths.findIndex((one, index) => (one.name ?? `path${index + 1}`) === path.name);
  return known < 0 ? [...paths, path] : paths.with(known, merged(paths[known] ?? {}, path));
}

/** What is said now takes the place of what was said before, also of what was said of one direction alone. */
function merged(old: PathOptions, path: PathOptions): PathOptions {
  const { up: oldUp, down: oldDown, ...oldBoth } = old;
  const { up: newUp, down: newDown, ...both } = path;
  const up = { ...without(without(oldUp ?? {}, both), newUp ?? {}), ...newUp };
  const down = { ...without(without(oldDown ?? {}, both), newDown ?? {}), ...newDown };
  return {
    ...without(oldBoth, both),
    ...both,
    ...(Object.keys(up).length === 0 ? {} : { up }),
    ...(Object.keys(down).length === 0 ? {} : { down }),
  };
}

/** Settings without those that others replace. A queue in packets replaces one in milliseconds, and the other way round. */
function without<T extends DirectionOptions>(old: T, others: DirectionOptions): Partial<T> {
  const queue = others.queueMs !== undefined || others.queuePackets !== undefined;
  const gone = new Set([...Object.keys(others), ...(queue ? ["queueMs", "queuePackets"] : [])]);
  const rest: Partial<T> = { ...old };
  for (const key of gone) Reflect.deleteProperty(rest, key);
  return rest;
}

async function baseOf(lab: string | undefined): Promise<LabOptions | null> {
  if (lab === undefined) return null;
  if (isPreset(lab)) return presetNamed(lab);
  const text = await readFile(lab);
  if (text === null) {
    throw new MptError("ERR_USAGE", `Cannot make the lab ${quote(lab)}: there is no such preset or file`, {
      fix: `name ${choices()}, or a TOML or JSON file`,
    });
  }
  try {
    return parseLab(await parseFile(lab, text));
  } catch (error) {
    throw new MptError("ERR_INVALID_VALUE", `Cannot read the lab ${lab}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

async function readFile(path: string): Promise<string | null> {
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) throw new MptError("ERR_USAGE", `Cannot read the lab ${path}: it is not a file`);
    if (size > MAX_FILE_BYTES) {
      throw new MptError(
        "ERR_USAGE",
        `Cannot read the lab ${path}: it has more than ${MAX_FILE_BYTES} bytes`,
      );
    }
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof MptError) throw error;
    const denied = error instanceof Deno.errors.NotCapable;
    throw new MptError(
      denied ? "ERR_PERMISSION" : "ERR_USAGE",
      `Cannot read the lab ${path}: ${reasonOf(error)}`,
      {
        cause: error,
        ...(denied ? { fix: `name ${choices()}, or run mpt with --allow-read` } : {}),
      },
    );
  }
}

async function parseFile(path: string, text: string): Promise<unknown> {
  if (path.endsWith(".json") || text.trimStart().startsWith("{")) return JSON.parse(text);
  const { parse } = await import("smol-toml");
  return parse(text);
}

function reasonOf(error: unknown): string {
  // What a parser points at with several lines ends with blank ones.
  return (error instanceof Error ? error.message : String(error)).trimEnd();
}

function choices(): string {
  return `a preset (${Object.keys(PRESETS).join(", ")})`;
}

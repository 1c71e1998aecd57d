import { MptError } from "../../lib/base/errors.ts";
import type { JsonValue } from "../../lib/base/result.ts";
import type { LabHost } from "../../lib/lab/mod.ts";

/** A path of a lab, as its hosts see it. */
export interface HelloPath {
  readonly name: string;
  /** The addresses of the client on it. */
  readonly client: readonly string[];
  /** The addresses of the server on it. */
  readonly server: readonly string[];
}

/** What a lab says of itself: enough to use it. */
export interface LabHello {
  readonly name: string;
  /** The version of mpt that made it. */
  readonly version: string;
  readonly seed: number;
  /** The paths, in the order of their numbers. */
  readonly paths: readonly HelloPath[];
  /** The arguments that, put in front of a command, run it on a host; a lab may have no router. */
  readonly prefix: Readonly<Partial<Record<LabHost, readonly string[]>>>;
  /** The environment variables of a command inside. */
  readonly env: Readonly<Record<string, string>>;
  /** What runs on the server, as commands. */
  readonly servers: readonly string[];
}

/** The hosts that a lab can have. */
export const LAB_HOSTS: readonly LabHost[] = ["client", "router", "server"];

/** The greeting as JSON. */
export function encodeHello(hello: LabHello): JsonValue {
  return { ...hello, paths: hello.paths.map((path) => ({ ...path })), prefix: { ...hello.prefix } };
}

/**
 * Reads a greeting.
 *
 * @throws {MptError} `ERR_PROTOCOL`.
 */
export function decodeHello(value: unknown): LabHello {
  if (!isRecord(value)) throw wrong("it is not an object");
  const { name, version, seed, paths, prefix, env, servers } = value;
  if (typeof name !== "string" || typeof version !== "string" || typeof seed !== "number") {
    throw wrong("its name, version or seed is missing");
  }
  if (!Array.isArray(paths) || !isTexts(servers)) throw wrong("its paths or servers are missing");
  if (!isRecord(prefix) || !isRecord(env)) throw wrong("its prefix or env is not an object");
  const variables = Object.entries(env).flatMap(([key, text]) =>
    typeof text === "string" ? [[key, text]] : []
  );
  const hosts = LAB_HOSTS.flatMap((host) => {
    const argv = prefix[host];
    return isTexts(argv) ? [[host, argv]] : [];
  });
  return {
    name,
    version,
    seed,
    paths: paths.map(pathOf),
    servers,
    env: Object.fromEntries(variables),
    prefix: Object.fromEntries(hosts),
  };
}

function pathOf(value: unknown): HelloPath {
  if (!isRecord(value)) throw wrong("a path is not an object");
  const { name, client, server } = value;
  if (typeof name !== "string" || !isTexts(client) || !isTexts(server)) {
    throw wrong("a path has no name or addresses");
  }
  return { name, client, server };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(reason: string): MptError {
  return new MptError("ERR_PROTOCOL", `Cannot read what a lab says of itself: ${reason}`);
}

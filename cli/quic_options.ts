import { type Command, Option } from "@commander-js/extra-typings";
import { MptError } from "../lib/base/errors.ts";
import type { Transport } from "../lib/base/transport.ts";
import type { QuicChoice } from "../lib/quic/mod.ts";
import { quicEnvironment } from "./quic_environment.ts";
import { readText } from "./read_text.ts";
import { usage } from "./usage.ts";

/** The options of commands that may open QUIC connections. */
export type QuicCliOptions = {
  readonly ca?: string | undefined;
  readonly serverName?: string | undefined;
  readonly pin?: readonly string[] | undefined;
  readonly insecure?: true | undefined;
  readonly alpn?: readonly string[] | undefined;
};

const FLAGS: Readonly<Record<keyof QuicCliOptions, string>> = {
  ca: "--ca",
  serverName: "--server-name",
  pin: "--pin",
  insecure: "--insecure",
  alpn: "--alpn",
};

/** Whether any option about QUIC was given. */
export function hasQuicOptions(options: QuicCliOptions): boolean {
  return Object.keys(FLAGS).some((name) => Object.hasOwn(options, name));
}

/** Adds the options of commands that may open QUIC connections. */
export function withQuicOptions<
  A extends unknown[],
  O extends Record<string, unknown>,
  G extends Record<string, unknown>,
>(
  command: Command<A, O, G>,
): Command<A, O & QuicCliOptions, G> {
  return command
    .option("--ca <file>", "quic: trust these certificates (PEM) and no others")
    .addOption(
      new Option("--server-name <name>", "quic: ask for this name, which the certificate must be for")
        .argParser(serverName),
    )
    .addOption(
      new Option("--pin <hash>", "quic: trust the key with this hash: sha256/BASE64; repeatable").argParser((
        text: string,
        earlier: readonly string[] | undefined,
      ) => [...earlier ?? [], pin(text)]),
    )
    .addOption(
      new Option("--insecure", "quic: go on whatever certificate the server shows").conflicts([
        "ca",
        "pin",
      ]),
    )
    .addOption(
      new Option("--alpn <list>", "quic: application protocols to offer, separated by commas").argParser(
        applicationProtocols,
      ),
    ) as unknown as Command<A, O & QuicCliOptions, G>;
}

/**
 * What the options say about QUIC connections; reads the file of `--ca`. Left out is what was not given.
 *
 * @param options The options of the command.
 * @param transports What will be spoken: a check that was asked for and never takes place is an error.
 * @throws {MptError} `ERR_USAGE` for a file that cannot be read, and where nothing of it applies.
 */
export async function quicChoice(
  options: QuicCliOptions,
  transports: readonly Transport[],
): Promise<QuicChoice> {
  const { ca, serverName, pin, insecure, alpn } = options;
  if (hasQuicOptions(options) && !transports.some((each) => each === "quic" || each === "mpquic")) {
    const given = Object.entries(FLAGS).filter(([name]) => Object.hasOwn(options, name)).map(([, flag]) =>
      flag
    );
    const spoken = transports.join(" and ");
    throw new MptError("ERR_USAGE", `Cannot use ${given.join(" and ")} with ${spoken}: it is about quic`, {
      fix: "--transport quic",
    });
  }
  return {
    ...quicEnvironment(),
    ...(ca === undefined ? {} : { ca: await readText(ca) }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(pin === undefined ? {} : { pins: pin }),
    ...(insecure === undefined ? {} : { insecure }),
    ...(alpn === undefined ? {} : { alpn }),
  };
}

/** SHA-256 in base64; the slash is doubled as curl has it, or not. */
const PIN = /^sha256\/\/?([A-Za-z0-9+/]{43}=)$/;

/** Reads a pin: the SHA-256 of a public key. */
export function pin(text: string): string {
  return usage(() => {
    const hash = PIN.exec(text.trim())?.[1];
    if (hash === undefined) throw new RangeError("it must be sha256/ and 44 characters of base64");
    return `sha256/${hash}`;
  });
}

/** RFC 7301 3.1: a name has 1 to 255 bytes. */
const MAX_PROTOCOL_BYTES = 255;

/** Reads a list of application protocols. */
export function applicationProtocols(text: string): readonly string[] {
  return usage(() => {
    const names = [...new Set(text.split(",").map((name) => name.trim()))];
    for (const name of names) {
      const bytes = new TextEncoder().encode(name).length;
      if (bytes === 0 || bytes > MAX_PROTOCOL_BYTES) {
        throw new RangeError("a protocol has 1 to 255 bytes, such as h3 or hq-interop");
      }
    }
    return names;
  });
}

function serverName(text: string): string {
  return usage(() => {
    const name = text.trim().replace(/\.$/, "");
    if (!/^[\w.:-]{1,253}$/.test(name)) throw new RangeError("it must be a host name such as example.com");
    return name;
  });
}

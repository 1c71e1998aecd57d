import type { PathStatus } from "../lib/base/path.ts";
import { Argument } from "@commander-js/extra-typings";
import { Endpoint } from "../lib/base/endpoint.ts";
import { Ip } from "../lib/base/ip.ts";
import { isTransport, type Transport } from "../lib/base/transport.ts";
import { usage } from "./usage.ts";

/** The transports of the kernel, which every command that connects has. */
const KERNEL: readonly Transport[] = ["tcp", "mptcp"];

/** The target argument of a command that speaks these transports, read into an endpoint. */
export function target(
  name: string,
  description: string,
  spoken: readonly Transport[] = KERNEL,
): Argument<`<${string}>`, undefined, Endpoint> {
  return new Argument(name as `<${string}>`, description).argParser((text: string) =>
    usage(() => {
      const endpoint = Endpoint.parse(text);
      if (endpoint.transport !== undefined) available(endpoint.transport, spoken);
      return endpoint;
    })
  ) as unknown as Argument<`<${string}>`, undefined, Endpoint>;
}

/** A reader of lists of transports, for a command that speaks these. */
export function transportsOf(spoken: readonly Transport[]): (text: string) => readonly Transport[] {
  return (text) =>
    usage(() => {
      const names = text.split(",").map((name) => name.trim());
      return [...new Set(names.map((name) => available(name, spoken)))];
    });
}

/** Reads a list of transports of the kernel. */
export const transports: (text: string) => readonly Transport[] = transportsOf(KERNEL);

function available(name: string, spoken: readonly Transport[]): Transport {
  const names = (last: string): string => `${spoken.slice(0, -1).join(", ")} ${last} ${spoken.at(-1)}`;
  if (!isTransport(name)) {
    throw new RangeError(`Unknown transport ${JSON.stringify(name)}: use ${names("or")}`);
  }
  if (!spoken.includes(name)) throw new RangeError(`This version has ${names("and")}, not ${name}`);
  return name;
}

/** What `--path` names of a path. */
export interface PathChoice {
  readonly local?: Ip;
  readonly remote?: Endpoint;
  readonly interface?: string;
  readonly status?: PathStatus;
}

/** Reads `local=IP[,remote=IP:PORT][,interface=NAME][,status=backup]`. */
export function pathChoice(text: string): PathChoice {
  return usage(() => {
    const choice: { local?: Ip; remote?: Endpoint; interface?: string; status?: PathStatus } = {};
    for (const part of text.split(",")) {
      const [key, value] = splitOnce(part);
      switch (key) {
        case "local":
          choice.local = Ip.parse(value);
          break;
        case "remote":
          choice.remote = remoteOf(value);
          break;
        case "interface":
          choice.interface = value;
          break;
        case "status":
          if (value !== "backup" && value !== "available") {
            throw new RangeError(`status is available or backup, not ${JSON.stringify(value)}`);
          }
          choice.status = value;
          break;
        default:
          throw new RangeError(
            `Unknown part ${
              JSON.stringify(key)
            }: use local=IP, remote=IP:PORT, interface=NAME, status=backup`,
          );
      }
    }
    return choice;
  });
}

function remoteOf(text: string): Endpoint {
  const endpoint = Endpoint.parse(text);
  if (endpoint.ip === undefined) {
    throw new RangeError(`remote must be an address, not the name ${endpoint.host}`);
  }
  return endpoint;
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at <= 0 || at === text.length - 1) {
    throw new RangeError(`${JSON.stringify(text)} is not of the form name=value`);
  }
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

import { Ip } from "../../base/ip.ts";
import { quote } from "../../base/quote.ts";
import { DnsName } from "../wire/name.ts";

/** What a stub resolver is told about its network, as `resolv.conf(5)` has it. */
export interface ResolvConf {
  /** The servers in the order of the file; `127.0.0.1` where it names none, as glibc has it. */
  readonly servers: readonly Ip[];
  /** Domains that are tried below a short name. */
  readonly search: readonly DnsName[];
  /** A name with so many dots is tried as it is first; from 0 to 15. */
  readonly ndots: number;
  /** How long to wait for one server, in seconds; from 1 to 30. */
  readonly timeoutSeconds: number;
  /** How often to go through all servers; from 1 to 5. */
  readonly attempts: number;
  /** Begin with another server each time. */
  readonly rotate: boolean;
  /** Always ask over TCP. */
  readonly useTcp: boolean;
  /** What could not be understood, a sentence each. */
  readonly warnings: readonly string[];
}

/** The bounds of glibc's `resolv.h`: the default and the most of each option. */
const NDOTS = { key: "ndots", preset: 1, least: 0, most: 15 };
const TIMEOUT = { key: "timeout", preset: 5, least: 1, most: 30 };
const ATTEMPTS = { key: "attempts", preset: 2, least: 1, most: 5 };

/** What glibc falls back to. */
const LOCAL_SERVER = Ip.parse("127.0.0.1");

/** Options that change nothing for a stub resolver like this one. */
const WITHOUT_EFFECT =
  /^(debug|edns0|trust-ad|single-request|single-request-reopen|no-tld-query|inet6|no-aaaa|no-reload)$/;

/** Warnings that are kept; a file of nonsense says the same thing again and again. */
const MAX_WARNINGS = 20;

/**
 * Reads `/etc/resolv.conf`. What it cannot understand it leaves out, with a warning: a resolver has to make
 * the best of any file. There is no limit to the number of servers (RFC 8305 3.1).
 *
 * @param text The file; an empty text where there is none.
 * @returns What it says, with the defaults of glibc.
 */
export function parseResolvConf(text: string): ResolvConf {
  const servers: Ip[] = [];
  const warnings: string[] = [];
  const options = new Map<string, string>();
  let search: readonly DnsName[] = [];
  const warn = (warning: string): void => {
    if (warnings.length < MAX_WARNINGS) warnings.push(warning);
  };
  for (const line of text.split("\n")) {
    if (/^[#;]/.test(line)) continue;
    const [keyword = "", ...words] = line.trim().split(/\s+/);
    switch (keyword) {
      case "":
        break;
      case "nameserver": {
        const server = Ip.tryParse(words[0] ?? "");
        if (server === null) warn(`nameserver ${quote(words[0] ?? "")} is not an IP address`);
        else if (!servers.some((each) => each.equals(server))) servers.push(server);
        break;
      }
      // The last of the two counts
      case "domain":
      case "search":
        search = readSearch(keyword === "domain" ? words.slice(0, 1) : words, warn);
        break;
      case "options":
        for (const word of words) {
          const [name = "", value = ""] = word.split(":", 2);
          options.set(name, value);
        }
        break;
      case "sortlist":
        warn("sortlist is not supported: addresses are sorted as RFC 6724 says");
        break;
      default:
        warn(`${quote(keyword)} is not a keyword of resolv.conf`);
    }
  }
  for (const name of options.keys()) {
    if (!/^(ndots|timeout|attempts|rotate|use-vc)$/.test(name) && !WITHOUT_EFFECT.test(name)) {
      warn(`${quote(name)} is not an option of resolv.conf`);
    }
  }
  return {
    servers: servers.length === 0 ? [LOCAL_SERVER] : servers,
    search,
    ndots: bounded(options, NDOTS, warn),
    timeoutSeconds: bounded(options, TIMEOUT, warn),
    attempts: bounded(options, ATTEMPTS, warn),
    rotate: options.has("rotate"),
    useTcp: options.has("use-vc"),
    warnings,
  };
}

/**
 * Servers in the order in which they are asked: RFC 8305 3.1, draft-ietf-happy-happyeyeballs-v3 4.3: those
 * that are reached over IPv6 first. The order within a family stays.
 */
export function serversInOrder(servers: readonly Ip[]): readonly Ip[] {
  return [6, 4].flatMap((family) => servers.filter((server) => server.unmapped().family === family));
}

function readSearch(words: readonly string[], warn: (warning: string) => void): readonly DnsName[] {
  return words.flatMap((word) => {
    const name = DnsName.tryParse(word);
    if (name === null) warn(`${quote(word)} in the search list is not a domain name`);
    return name === null ? [] : [name];
  });
}

function bounded(
  options: ReadonlyMap<string, string>,
  { key, preset, least, most }: { key: string; preset: number; least: number; most: number },
  warn: (warning: string) => void,
): number {
  const text = options.get(key);
  if (text === undefined) return preset;
  if (!/^\d+$/.test(text)) {
    warn(`the option ${key} has no number`);
    return preset;
  }
  return Math.min(most, Math.max(least, Number(text)));
}

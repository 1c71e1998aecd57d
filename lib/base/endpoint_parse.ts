import { type AddressFamily, Ip } from "./ip.ts";
import { parseIp } from "./ip_parse.ts";
import { quote } from "./quote.ts";
import { isTransport, type Transport } from "./transport.ts";

/** The parts of `[transport@]host[:port]`. */
export interface EndpointParts {
  readonly transport: Transport | undefined;
  readonly family: AddressFamily | undefined;
  readonly host: Ip | string;
  readonly port: number | undefined;
}

/** RFC 1035 2.3.4: a name is at most 255 octets on the wire, which is 253 characters. */
const MAX_NAME = 253;
/** RFC 1035 2.3.4: the longest label. */
const MAX_LABEL = 63;
const TRANSPORTS_HINT = "use tcp, mptcp, quic or mpquic, with 4 or 6 to pin the address family";

/** The parts of an endpoint, or what is wrong with the text. */
export function parseEndpoint(text: string, allowPortZero: boolean): EndpointParts | string {
  if (text === "") return "it is empty; give [transport@]host[:port]";
  if (/[\s\p{Cc}]/u.test(text)) return "it contains white space or a control character";
  if (text.includes("://")) return "give host:port, not a URL";

  const at = text.indexOf("@");
  const prefix = at < 0 ? undefined : parsePrefix(text.slice(0, at));
  if (typeof prefix === "string") return prefix;
  const rest = text.slice(at + 1);
  if (rest.includes("@")) return 'there is more than one "@"';

  const split = rest.startsWith("[") ? splitBracket(rest) : splitPlain(rest);
  if (typeof split === "string") return split;
  const result = parseHost(split.host);
  if ("fault" in result) return result.fault;
  const { host } = result;
  const port = split.port === undefined ? undefined : parsePort(split.port, allowPortZero);
  if (typeof port === "string") return port;

  const { transport, family } = prefix ?? {};
  if (typeof host !== "string" && family !== undefined && host.family !== family) {
    return `the prefix pins IPv${family}, but ${host} is an IPv${host.family} address`;
  }
  return { transport, family, host, port };
}

function parsePrefix(text: string): Pick<EndpointParts, "transport" | "family"> | string {
  const [, name = "", digit] = /^([a-z]*)([46]?)$/.exec(text.toLowerCase()) ?? [];
  if (text === "") return `the transport before "@" is missing; ${TRANSPORTS_HINT}`;
  if (!isTransport(name)) return `the transport ${quote(text)} is unknown; ${TRANSPORTS_HINT}`;
  return { transport: name, family: digit === "4" ? 4 : digit === "6" ? 6 : undefined };
}

interface Split {
  readonly host: string;
  readonly port: string | undefined;
}

/** `[address]` or `[address]:port`. */
function splitBracket(text: string): Split | string {
  const end = text.indexOf("]");
  if (end < 0) return 'the bracket "[" is not closed';
  const host = text.slice(1, end);
  const after = text.slice(end + 1);
  if (host === "") return "there is no address between the brackets";
  if (!host.includes(":")) return `only an IPv6 address stands in brackets, not ${quote(host)}`;
  if (after === "") return { host, port: undefined };
  if (!after.startsWith(":")) return `${quote(after)} after the bracket is not a colon and a port`;
  return { host, port: after.slice(1) };
}

/** `host`, `host:port`, or an IPv6 address without brackets and port. */
function splitPlain(text: string): Split | string {
  if (/[[\]]/.test(text)) return "a bracket is out of place; write [address]:port";
  const colon = text.indexOf(":");
  if (colon < 0 || text.includes(":", colon + 1)) return { host: text, port: undefined };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

/** The port, or what is wrong with the text. */
export function parsePort(text: string, allowZero: boolean): number | string {
  const range = allowZero ? "from 0 to 65535" : "from 1 to 65535";
  if (text === "") return "the port after the colon is missing";
  if (!/^[0-9]+$/.test(text)) return `the port ${quote(text)} is not a whole number ${range}`;
  if (text.length > 1 && text.startsWith("0")) return `the port ${quote(text)} has a leading zero`;
  if (text.length > 5 || Number(text) > 65535) return `the port ${quote(text)} is not ${range}`;
  if (text === "0" && !allowZero) return "port 0 cannot be connected to; give a port from 1 to 65535";
  return Number(text);
}

/** A literal address, or a host name in lower case without its final dot, or what is wrong with the text. */
export function parseHost(text: string): { readonly host: Ip | string } | { readonly fault: string } {
  const ip = Ip.tryParse(text);
  if (ip !== null) return { host: ip };
  const fault = text.includes(":") ? colonFault(text) : nameFault(text.replace(/\.$/, ""));
  return fault === undefined ? { host: text.toLowerCase().replace(/\.$/, "") } : { fault };
}

function colonFault(text: string): string {
  const fault = parseIp(text);
  const reason = typeof fault === "string" ? `: ${fault}` : "";
  return `${quote(text)} is not an IPv6 address${reason}; give host:port, or [address]:port for IPv6`;
}

function nameFault(name: string): string | undefined {
  if (name === "") return "the host is missing";
  if (name === "*") return 'the host "*" is not an address; every address is 0.0.0.0 or [::]';
  if (/[/?#\\]/.test(name)) {
    return `the host ${quote(name)} looks like a path or a prefix; give host:port alone`;
  }
  if (name.includes("%")) return `the host ${quote(name)} has a zone, which only an IPv6 address may have`;
  // RFC 5890 2.3.2.1
  if (/[^\p{ASCII}]/u.test(name)) {
    return `the host ${quote(name)} is not ASCII; give its A-label form (xn--...)`;
  }
  if (name.length > MAX_NAME) {
    return `the host name is ${name.length} characters long, and ${MAX_NAME} is the most`;
  }
  const labels = name.split(".");
  // What inet_aton would take for an address: 1.2.3, 0x7f.1 or 2130706433
  if (labels.every((label) => /^([0-9]+|0x[0-9a-f]*)$/i.test(label))) {
    return `the host ${quote(name)} is a mistyped IPv4 address; it has four numbers from 0 to 255`;
  }
  if (name.startsWith("-")) return `the host name ${quote(name)} begins with a hyphen`;
  for (const label of labels) {
    if (label === "") return `the host name ${quote(name)} has an empty label`;
    if (label.length > MAX_LABEL) return `the label ${quote(label)} is longer than ${MAX_LABEL} characters`;
    if (!/^[a-z0-9_-]+$/i.test(label)) {
      return `the label ${quote(label)} has a character that is not a letter, digit, "-" or "_"`;
    }
  }
  return undefined;
}

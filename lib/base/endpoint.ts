import { parseEndpoint, parseHost, parsePort } from "./endpoint_parse.ts";
import { MptError } from "./errors.ts";
import type { AddressFamily, Ip } from "./ip.ts";
import { quote } from "./quote.ts";
import type { Transport } from "./transport.ts";

/** What {@linkcode Endpoint.parse} assumes and allows. */
export interface EndpointParseOptions {
  /** The port of an endpoint that names none, from 0 to 65535. @default {undefined} the port stays absent */
  readonly defaultPort?: number;
  /** Whether port 0 is allowed; listeners use it for "any free port". @default {false} */
  readonly allowPortZero?: boolean;
}

/**
 * Where to connect to or listen on: `[transport@]host[:port]`, an immutable value.
 *
 * @example The forms of an endpoint
 * ```ts
 * import assert from "node:assert/strict";
 * import { Endpoint } from "@multipath/mpt/base";
 *
 * const server = Endpoint.parse("mptcp6@[2001:db8::1]:4433");
 * assert(server.transport === "mptcp" && server.family === 6 && server.port === 4433);
 * assert(server.address === "[2001:db8::1]:4433");
 * assert(Endpoint.parse("example.com", { defaultPort: 443 }).toString() === "example.com:443");
 * ```
 */
export class Endpoint {
  /** The transport named before `@`. */
  readonly transport: Transport | undefined;
  /** The family pinned by `4` or `6` before `@`. For the family of a literal address see `ip.family`. */
  readonly family: AddressFamily | undefined;
  /** The host name in lower case without a final dot, or the canonical text of a literal address. */
  readonly host: string;
  /** The address, when the host is a literal. */
  readonly ip: Ip | undefined;
  /** The port, from 0 to 65535. */
  readonly port: number | undefined;

  private constructor(
    transport: Transport | undefined,
    family: AddressFamily | undefined,
    host: Ip | string,
    port: number | undefined,
  ) {
    this.transport = transport;
    this.family = family;
    this.host = host.toString();
    this.ip = typeof host === "string" ? undefined : host;
    this.port = port;
    Object.freeze(this);
  }

  /**
   * Reads an endpoint: `host`, `host:443`, `192.0.2.1:443`, `[2001:db8::1]:443`, `[fe80::1%eth0]:443` or
   * a bare `2001:db8::1`, each with an optional `tcp@`, `mptcp@`, `quic@` or `mpquic@`, where `4` or `6`
   * before the `@` pins the address family.
   *
   * @param text What the user wrote.
   * @param options The default port, and whether port 0 is allowed.
   * @returns The endpoint.
   * @throws {MptError} `ERR_INVALID_ENDPOINT`; the message names the part that is wrong.
   *
   * @example A listener on any free port
   * ```ts
   * import assert from "node:assert/strict";
   * import { Endpoint } from "@multipath/mpt/base";
   *
   * assert(Endpoint.parse("mptcp@[::]:0", { allowPortZero: true }).port === 0);
   * ```
   */
  static parse(text: string, options: EndpointParseOptions = {}): Endpoint {
    const { defaultPort, allowPortZero = false } = options;
    const parts = parseEndpoint(text, allowPortZero);
    if (typeof parts === "string") throw invalid(text, parts);
    if (parts.port !== undefined || defaultPort === undefined) {
      return new Endpoint(parts.transport, parts.family, parts.host, parts.port);
    }
    const port = parsePort(String(defaultPort), allowPortZero);
    if (typeof port === "string") throw invalid(text, `by default, ${port}`);
    return new Endpoint(parts.transport, parts.family, parts.host, port);
  }

  /**
   * Makes an endpoint from a host and a port.
   *
   * @param host An address, or the text of one without brackets, or a host name.
   * @param port From 0 to 65535.
   * @param transport The transport, if it is settled.
   * @returns The endpoint, with no family pinned.
   * @throws {MptError} `ERR_INVALID_ENDPOINT` when the host or the port cannot be one.
   *
   * @example From a resolved address
   * ```ts
   * import assert from "node:assert/strict";
   * import { Endpoint, Ip } from "@multipath/mpt/base";
   *
   * const endpoint = Endpoint.of(Ip.parse("2001:db8::1"), 443, "mptcp");
   * assert(endpoint.toString() === "mptcp@[2001:db8::1]:443");
   * ```
   */
  static of(host: Ip | string, port: number, transport?: Transport): Endpoint {
    if (typeof host !== "string") return new Endpoint(transport, undefined, host, checkPort(port));
    const result = parseHost(host);
    if ("fault" in result) throw invalid(host, result.fault);
    return new Endpoint(transport, undefined, result.host, checkPort(port));
  }

  /** Host and port without the prefix: `example.com:443` or `[2001:db8::1]:443`; the host alone without a port. */
  get address(): string {
    if (this.port === undefined) return this.host;
    return this.ip?.family === 6 ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }

  /**
   * The same endpoint with another port.
   *
   * @param port From 0 to 65535, or undefined for none.
   * @returns The endpoint with that port.
   * @throws {MptError} `ERR_INVALID_ENDPOINT` when the number cannot be a port.
   *
   * @example After listening on port 0
   * ```ts
   * import assert from "node:assert/strict";
   * import { Endpoint } from "@multipath/mpt/base";
   *
   * assert(Endpoint.of("::1", 0).withPort(4433).toString() === "[::1]:4433");
   * ```
   */
  withPort(port: number | undefined): Endpoint {
    return new Endpoint(
      this.transport,
      this.family,
      this.ip ?? this.host,
      port === undefined ? undefined : checkPort(port),
    );
  }

  /**
   * The same endpoint over another transport.
   *
   * @param transport The transport; undefined takes the prefix away, a pinned family with it.
   * @returns The endpoint with that transport.
   *
   * @example The plain TCP control of an MPTCP target
   * ```ts
   * import assert from "node:assert/strict";
   * import { Endpoint } from "@multipath/mpt/base";
   *
   * assert(Endpoint.parse("mptcp6@host:443").withTransport("tcp").toString() === "tcp6@host:443");
   * ```
   */
  withTransport(transport: Transport | undefined): Endpoint {
    const family = transport === undefined ? undefined : this.family;
    return new Endpoint(transport, family, this.ip ?? this.host, this.port);
  }

  /**
   * Whether two endpoints are the same: transport, pinned family, host and port.
   *
   * @param other Another endpoint.
   * @returns True when both have the same text.
   *
   * @example The spelling does not matter
   * ```ts
   * import assert from "node:assert/strict";
   * import { Endpoint } from "@multipath/mpt/base";
   *
   * assert(Endpoint.parse("Example.COM.:443").equals(Endpoint.parse("example.com:443")));
   * ```
   */
  equals(other: Endpoint): boolean {
    return this.toString() === other.toString();
  }

  /**
   * The canonical text; {@linkcode Endpoint.parse} reads it back.
   *
   * @returns Such as `mptcp4@example.com:443`, `[2001:db8::1]:443` or, without a port, `2001:db8::1`.
   *
   * @example Print what was understood
   * ```ts
   * import assert from "node:assert/strict";
   * import { Endpoint } from "@multipath/mpt/base";
   *
   * assert(Endpoint.parse("[::1]").toString() === "::1");
   * ```
   */
  toString(): string {
    return this.transport === undefined
      ? this.address
      : `${this.transport}${this.family ?? ""}@${this.address}`;
  }

  /**
   * What `JSON.stringify` writes for an endpoint.
   *
   * @returns The canonical text.
   *
   * @example An endpoint inside a result
   * ```ts
   * import assert from "node:assert/strict";
   * import { Endpoint } from "@multipath/mpt/base";
   *
   * assert(JSON.stringify([Endpoint.of("::1", 443)]) === '["[::1]:443"]');
   * ```
   */
  toJSON(): string {
    return this.toString();
  }
}

function checkPort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw invalid(String(port), "a port is a whole number from 0 to 65535");
}

function invalid(text: string, fault: string): MptError {
  return new MptError("ERR_INVALID_ENDPOINT", `Cannot use ${quote(text)} as an endpoint: ${fault}`);
}

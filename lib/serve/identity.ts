import { generateKeyPairSync } from "node:crypto";
import type { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import { ffiUnavailableReason } from "../io/ffi_access.ts";
import { localAddresses } from "../netlink/interfaces.ts";
import type { ServeOptions } from "./options.ts";

/** More addresses than hosts have. */
const MAX_HOSTS = 32;

/**
 * The certificate and the key of every QUIC listener. Where none was given they all show one new key: one pin is
 * enough to trust them.
 *
 * @throws {MptError} `ERR_USAGE` for a certificate that nobody would ever see.
 */
export function identityOf(
  { cert, key }: Pick<ServeOptions, "cert" | "key">,
  endpoints: readonly Endpoint[],
): Pick<ServeOptions, "cert" | "key"> {
  const needed = endpoints.some(({ transport }) => transport === "quic" || transport === "mpquic");
  const given = { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
  if (needed) return cert === undefined && key === undefined ? { key: newKey() } : given;
  if (cert === undefined && key === undefined) return {};
  throw new MptError("ERR_USAGE", "Cannot use the certificate: nothing listens with quic or mpquic", {
    fix: "--listen quic@[::]",
  });
}

/** The names and addresses that a self-signed certificate of a listener on an address is for. */
export function hostsOf(ip: Ip): readonly string[] {
  if (!ip.isUnspecified) return ["localhost", ip.toString()];
  const addresses = ["127.0.0.1", "::1", ...ownAddresses()].filter((each) =>
    ip.family === 6 || !each.includes(":")
  );
  return ["localhost", ...new Set(addresses)].slice(0, MAX_HOSTS);
}

function ownAddresses(): readonly string[] {
  if (ffiUnavailableReason() !== null) return [];
  try {
    return localAddresses().filter((each) => each.up && !each.ip.isLinkLocal).map((each) => String(each.ip));
  } catch {
    // Whoever trusts by the pin needs no name
    return [];
  }
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

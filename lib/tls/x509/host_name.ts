import { Ip } from "../../base/ip.ts";
import type { ParsedCertificate } from "./certificate.ts";

/**
 * Whether a certificate is for a host (RFC 9525 6): by its subject alternative names alone.
 *
 * @param certificate The server's own.
 * @param host A name or an address, as the user wrote it.
 */
export function coversHost(certificate: ParsedCertificate, host: string): boolean {
  const address = addressBytes(host);
  if (address !== null) {
    return certificate.ipAddresses.some((each) =>
      each.length === address.length && each.every((byte, i) => byte === address[i])
    );
  }
  const wanted = normal(host);
  return wanted !== "" && certificate.dnsNames.some((each) => matches(normal(each), wanted));
}

function matches(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  // RFC 9525 6.3: a wildcard is the whole first label and stands for one label.
  if (!pattern.startsWith("*.")) return false;
  const suffix = pattern.slice(1);
  // A wildcard over a whole top-level domain is nobody's.
  if (suffix.indexOf(".", 1) < 0) return false;
  const dot = host.indexOf(".");
  return dot > 0 && host.slice(dot) === suffix;
}

function normal(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

function addressBytes(host: string): Uint8Array | null {
  return Ip.tryParse(host)?.bytes ?? null;
}

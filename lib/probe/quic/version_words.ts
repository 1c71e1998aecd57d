import { QUIC_V1, QUIC_V2 } from "../../quic/wire/versions.ts";

/** RFC 9000 15: 0xff0000XX is draft XX of version 1. */
const DRAFT = 0xff000000;

/** A version for programs: `1`, or its number such as `0x6b3343cf`. */
export function versionText(version: number): string {
  return version === QUIC_V1 ? "1" : `0x${version.toString(16).padStart(8, "0")}`;
}

/** A version for people: `1`, `2`, `draft-29`, `Q050`, else its number. */
export function versionWords(version: number): string {
  if (version === QUIC_V2) return "2";
  if (version > DRAFT && version <= DRAFT + 0xff) return `draft-${version - DRAFT}`;
  const letters = String.fromCharCode(
    version >>> 24,
    (version >>> 16) & 0xff,
    (version >>> 8) & 0xff,
    version & 0xff,
  );
  // The versions of before the standard are four characters
  return /^[A-Z]\d{3}$/.test(letters) ? letters : versionText(version);
}

import { fromHex } from "../base/bytes.ts";
import { MptError } from "../base/errors.ts";

/** What a version of QUIC puts into its key derivation. */
export interface VersionConstants {
  /** RFC 9001 5.2, RFC 9369 3.3.1. */
  readonly initialSalt: Uint8Array;
  /** The labels of packet protection: `quic key` in version 1, `quicv2 key` in version 2. */
  readonly labelPrefix: string;
  /** RFC 9001 5.8, RFC 9369 3.3.3. */
  readonly retryKey: Uint8Array;
  readonly retryNonce: Uint8Array;
}

const CONSTANTS: ReadonlyMap<number, VersionConstants> = new Map([
  [0x00000001, {
    initialSalt: fromHex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),
    labelPrefix: "quic",
    retryKey: fromHex("be0c690b9f66575a1d766b54e368c84e"),
    retryNonce: fromHex("461599d35d632bf2239825bb"),
  }],
  [0x6b3343cf, {
    initialSalt: fromHex("0dede3def700a6db819381be6e269dcbf9bd2ed9"),
    labelPrefix: "quicv2",
    retryKey: fromHex("8fb4b01b56ac48e260fbcbcead7ccc92"),
    retryNonce: fromHex("d86969bc2d7c6d9990efb04a"),
  }],
]);

/**
 * The constants of a version of QUIC.
 *
 * @throws {MptError} `ERR_INVALID_VALUE` for a version whose packets cannot be protected here.
 */
export function versionConstants(version: number): VersionConstants {
  const constants = CONSTANTS.get(version);
  if (constants !== undefined) return constants;
  const hex = version.toString(16).padStart(8, "0");
  throw new MptError("ERR_INVALID_VALUE", `Cannot protect packets of QUIC version 0x${hex}: it is not known`);
}

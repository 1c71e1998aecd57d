import { MptError, toMptError } from "../base/errors.ts";
import { ffiUnavailableReason } from "../io/ffi_access.ts";
import type { ServeEvent } from "./result.ts";
import { type MirroredAddress, SynMirror } from "./syn_mirror.ts";

/**
 * Opens the SYN mirror of a server. One that was asked for must be; otherwise a server does without where there
 * can be none, and says so where that is a surprise.
 *
 * @param addresses What the server listens on.
 * @param port The port; undefined for any if possible, null for no mirror.
 * @param onEvent Called for each address that the mirror listens on.
 */
export async function openSynMirror(
  addresses: readonly MirroredAddress[],
  port: number | null | undefined,
  onEvent: (event: ServeEvent) => void,
): Promise<SynMirror | null> {
  if (port === null || (port === undefined && ffiUnavailableReason() !== null)) return null;
  if (addresses.length === 0) {
    if (port === undefined) return null;
    throw new MptError("ERR_USAGE", "Cannot open the SYN mirror: nothing listens with tcp or mptcp");
  }
  try {
    const mirror = await SynMirror.open(addresses, port ?? 0);
    for (const address of mirror.addresses) onEvent({ event: "syn-mirror", address });
    return mirror;
  } catch (error) {
    if (port !== undefined) throw error;
    onEvent({ event: "warning", text: `no SYN mirror: ${toMptError(error, "Cannot listen").message}` });
    return null;
  }
}

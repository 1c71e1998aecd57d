import type { PacketKeys } from "./packet_keys.ts";
import type { CipherSuite } from "./suites.ts";

/**
 * Packet protection with one key, in place. A packet is `[headerStart, payloadStart)`, which is
 * authenticated, and the payload behind it. A cipher is for one direction and holds memory outside the
 * garbage collector: close it when its keys are discarded.
 */
export interface PacketCipher {
  /**
   * Encrypts the payload `[payloadStart, payloadEnd)` and writes the 16-byte tag behind it.
   *
   * @param buffer The slab that holds the packet; keep to few of them, and large ones.
   * @param pathId The path of the packet's number space: 0 without multipath and outside 1-RTT packets.
   * @param packetNumber The whole packet number. A number may be sealed once only.
   * @returns The end of the packet, the tag included.
   * @throws {MptError} `ERR_INVALID_VALUE` when the packet does not lie within the buffer.
   */
  seal(
    buffer: Uint8Array<ArrayBuffer>,
    headerStart: number,
    payloadStart: number,
    payloadEnd: number,
    pathId: number,
    packetNumber: number,
  ): number;

  /**
   * Checks and decrypts the payload `[payloadStart, packetEnd - 16)`, behind which the tag stands.
   *
   * @returns Whether the packet is authentic. If not, the payload may be spoilt; the last 16 bytes, where a
   * stateless reset token would be, are not.
   * @throws {MptError} `ERR_INVALID_VALUE` when the packet does not lie within the buffer.
   */
  open(
    buffer: Uint8Array<ArrayBuffer>,
    headerStart: number,
    payloadStart: number,
    packetEnd: number,
    pathId: number,
    packetNumber: number,
  ): boolean;

  /** Frees the key. Using the cipher afterwards throws. */
  close(): void;
}

/** Header protection with one key (RFC 9001 5.4): turns samples into masks. */
export interface HeaderCipher {
  /**
   * Makes the masks of many packets at once.
   *
   * @param samples One sample of 16 bytes after the other.
   * @param masks Where the masks go, the one of sample n at `16 * n`; the first five bytes of each count.
   * @param count How many.
   */
  mask(samples: Uint8Array<ArrayBuffer>, masks: Uint8Array<ArrayBuffer>, count: number): void;

  /** Frees the key. Using the cipher afterwards throws. */
  close(): void;
}

/** An implementation of packet protection. All of them give the same bytes. */
export interface CryptoBackend {
  readonly name: "libcrypto" | "node:crypto";

  /** The cipher suites, the fastest one first. */
  readonly suites: readonly CipherSuite[];

  /** Packet protection for one direction. */
  packetCipher(suite: CipherSuite, keys: Pick<PacketKeys, "key" | "iv">): PacketCipher;

  /** Header protection for one direction; it outlives key updates. */
  headerCipher(suite: CipherSuite, keys: Pick<PacketKeys, "headerKey">): HeaderCipher;
}

import { close, ERRNO, packetSocket, packetTime, POLLIN, receive } from "../../ffi/mod.ts";
import { requireFfi } from "./ffi_access.ts";
import { waitReady } from "./poller.ts";
import { systemError } from "./system_error.ts";

/** A packet and when the kernel had it. */
export interface CapturedPacket {
  /** Milliseconds since 1970, as exact as the kernel's clock. */
  readonly atMs: number;
  /** From the IP header on; only good until the next packet is taken. */
  readonly bytes: Uint8Array;
}

/** What is kept of a packet. */
const SNAP_BYTES = 2048;

/** What the kernel says when a socket has nothing to read. */
const NOTHING_YET = ERRNO.EAGAIN;

/** Every packet that this network namespace sends and receives. */
export class PacketCapture implements Disposable {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(SNAP_BYTES);

  /**
   * Starts to capture.
   *
   * @throws {MptError} `ERR_FFI_PERMISSION` or what {@linkcode requireFfi} says; `ERR_PERMISSION` without
   * CAP_NET_RAW.
   */
  constructor() {
    requireFfi("capture packets");
    this.#fd = packetSocket();
    if (this.#fd < 0) throw systemError(this.#fd, "capture packets");
  }

  /**
   * Waits for packets.
   *
   * @param signal Ends the wait.
   * @param take Is told of each, in the order in which they came.
   */
  async run(signal: AbortSignal, take: (packet: CapturedPacket) => void): Promise<void> {
    while (!signal.aborted) {
      const length = receive(this.#fd, this.#buffer);
      if (length >= 0) {
        take({ atMs: packetTime(this.#fd), bytes: this.#buffer.subarray(0, length) });
      } else if (-length === NOTHING_YET) {
        if (await waitReady(this.#fd, POLLIN, signal) === 0) return;
      } else throw systemError(length, "capture packets");
    }
  }

  /** Ends the capture. */
  [Symbol.dispose](): void {
    close(this.#fd);
  }
}

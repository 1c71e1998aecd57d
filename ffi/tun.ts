import { SOCK_CLOEXEC, SOCK_NONBLOCK } from "./constants.ts";
import { IFREQ_LAYOUT } from "./layouts/ifreq.ts";
import { IOVEC_LAYOUT } from "./layouts/poll.ts";
import { cString, libc, resultOrErrno } from "./library.ts";
import { close } from "./socket.ts";

/** The device that makes TUN devices. */
export const TUN_PATH = "/dev/net/tun";

/** The longest name of an interface in bytes: IFNAMSIZ without the NUL. */
export const MAX_INTERFACE_NAME = 15;

/** `_IOW('T', 202, int)` of linux/if_tun.h. */
const TUNSETIFF = 0x400454ca;
/** IP packets without a link layer, and without the four bytes in front that say which. */
const IFF_TUN_NO_PI = 0x0001 | 0x1000;
/** The open() flags of reading and writing. They share values with the flags of socket(). */
const O_RDWR = 2;

/** Opens {@linkcode TUN_PATH}: a non-blocking descriptor, or minus an errno. */
export function openTun(): number {
  return resultOrErrno(libc().open(cString(TUN_PATH), O_RDWR | SOCK_NONBLOCK | SOCK_CLOEXEC));
}

/** A TUN device and its descriptor, with which the device vanishes. */
export interface TunDevice {
  readonly fd: number;
  readonly name: string;
}

/**
 * Makes a TUN device for a descriptor of {@linkcode openTun}, which carries one IP packet a read or write.
 *
 * @param fd The descriptor; it is closed when this fails.
 * @param name At most 15 bytes; the kernel puts a number in the place of `%d`.
 * @returns The device, or minus an errno.
 */
export function makeTun(fd: number, name: string): TunDevice | number {
  const request = new Uint8Array(IFREQ_LAYOUT.size);
  const { name: nameField, flags } = IFREQ_LAYOUT.fields;
  // One that is too long is cut by the kernel's rule, which the answer shows.
  request.set(new TextEncoder().encode(name).subarray(0, MAX_INTERFACE_NAME), nameField.offset);
  new DataView(request.buffer).setUint16(flags.offset, IFF_TUN_NO_PI, true);
  const result = resultOrErrno(libc().ioctl(fd, TUNSETIFF, request));
  if (result < 0) {
    close(fd);
    return result;
  }
  const answer = request.subarray(nameField.offset, nameField.offset + nameField.size);
  return { fd, name: new TextDecoder().decode(answer.subarray(0, answer.indexOf(0))) };
}

/**
 * Memory that packets are read into and written from at any offset, without an object for each: the address
 * goes to the kernel in an iovec that is made once.
 */
export class PacketMemory {
  /** The memory. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #iovec = new Uint8Array(IOVEC_LAYOUT.size);
  readonly #view = new DataView(this.#iovec.buffer);
  readonly #address: number;

  /** Takes so many bytes. */
  constructor(size: number) {
    // V8 keeps small typed arrays in its heap and moves them; the memory of an ArrayBuffer stays.
    this.bytes = new Uint8Array(new ArrayBuffer(size));
    // An address of user space is below 2^47, or 2^52 on some arm64: a number holds it.
    this.#address = Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.bytes)));
  }

  /** Reads at most `length` bytes to `offset`: how many came, or minus an errno. */
  read(fd: number, offset: number, length: number): number {
    if (!this.#point(offset, length)) return 0;
    return resultOrErrno(libc().readv(fd, this.#iovec, 1));
  }

  /** Writes `length` bytes from `offset`: how many were taken, or minus an errno. */
  write(fd: number, offset: number, length: number): number {
    if (!this.#point(offset, length)) return 0;
    return resultOrErrno(libc().writev(fd, this.#iovec, 1));
  }

  /** Points to a piece; false when it is not inside the memory, which the kernel must never see. */
  #point(offset: number, length: number): boolean {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.bytes.length)) return false;
    const base = this.#address + offset;
    const { base: baseField, length: lengthField } = IOVEC_LAYOUT.fields;
    this.#view.setUint32(baseField.offset, base % 0x1_0000_0000, true);
    this.#view.setUint32(baseField.offset + 4, Math.floor(base / 0x1_0000_0000), true);
    this.#view.setUint32(lengthField.offset, length, true);
    return true;
  }
}

/** Reads what is there from a descriptor, such as a pipe, into the start of `into`; 0 at its end. */
export function readDescriptor(fd: number, into: Uint8Array<ArrayBuffer>): number {
  return resultOrErrno(libc().read(fd, into, into.length));
}

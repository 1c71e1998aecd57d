import { libc, resultOrErrno } from "./library.ts";

const intValue = new Int32Array(1);
const length = new Uint32Array(1);

/** An int option's value (>= 0), or minus an errno. No option that mpt reads has a negative value. */
export function getInt(fd: number, level: number, name: number): number {
  intValue[0] = 0;
  length[0] = 4;
  const result = resultOrErrno(libc().getsockopt(fd, level, name, intValue, length));
  return result < 0 ? result : intValue[0] ?? 0;
}

/** Sets an int option; 0 or minus an errno. */
export function setInt(fd: number, level: number, name: number, value: number): number {
  intValue[0] = value;
  return resultOrErrno(libc().setsockopt(fd, level, name, intValue, 4));
}

/** Reads an option into `buffer`: the length the kernel wrote, or minus an errno. */
export function getBytes(fd: number, level: number, name: number, buffer: Uint8Array<ArrayBuffer>): number {
  length[0] = buffer.length;
  const result = resultOrErrno(libc().getsockopt(fd, level, name, buffer, length));
  return result < 0 ? result : length[0] ?? 0;
}

/** Sets an option from bytes; 0 or minus an errno. */
export function setBytes(fd: number, level: number, name: number, value: Uint8Array<ArrayBuffer>): number {
  return resultOrErrno(libc().setsockopt(fd, level, name, value, value.length));
}

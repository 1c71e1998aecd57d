/** The C functions that mpt calls. Sizes are u32, results i32: 64-bit types would cost a BigInt a call. */
const SYMBOLS = {
  __errno_location: { parameters: [], result: "pointer" },
  strerror: { parameters: ["i32"], result: "pointer" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  sendmsg: { parameters: ["i32", "pointer", "i32"], result: "i32" },
  sendmmsg: { parameters: ["i32", "pointer", "u32", "i32"], result: "i32" },
  recvmmsg: { parameters: ["i32", "pointer", "u32", "i32", "pointer"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  readv: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  writev: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u32", "buffer"], result: "i32" },
  prctl: { parameters: ["i32", "u32", "u32", "u32", "u32"], result: "i32" },
  sched_setscheduler: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  if_nametoindex: { parameters: ["buffer"], result: "u32" },
  if_indextoname: { parameters: ["u32", "buffer"], result: "pointer" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  poll: { parameters: ["buffer", "u32", "i32"], result: "i32" },
  ppoll: { parameters: ["buffer", "u32", "buffer", "pointer"], result: "i32" },
  ppoll_blocking: {
    name: "ppoll",
    parameters: ["buffer", "u32", "buffer", "pointer"],
    result: "i32",
    nonblocking: true,
  },
} as const;

/** The opened C library, its functions typed. */
export type LibC = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

interface Loaded {
  readonly symbols: LibC;
  readonly errno: Int32Array;
}

/** Why the system calls cannot be used here. */
export type FfiProblem = "not-linux" | "no-permission" | "no-library";

// glibc, then musl: the same functions with the same signatures.
const NAMES: readonly string[] = ["libc.so.6", `libc.musl-${Deno.build.arch}.so.1`];

let loaded: Loaded | undefined;
let problem: FfiProblem | undefined;

/**
 * Why the C library cannot be called, or null when it can. Never prompts and never throws, so that a
 * program without the permission learns so before it tries.
 */
export function ffiProblem(): FfiProblem | null {
  if (loaded !== undefined) return null;
  if (problem !== undefined) return problem;
  if (Deno.build.os !== "linux") return problem = "not-linux";
  // Not remembered: the permission may be granted later in the life of the program.
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return "no-permission";
  for (const name of NAMES) {
    try {
      const { symbols } = Deno.dlopen(name, SYMBOLS);
      const location = symbols.__errno_location();
      if (location === null) continue;
      const errno = new Int32Array(new Deno.UnsafePointerView(location).getArrayBuffer(4));
      loaded = { symbols, errno };
      return null;
    } catch {
      // The next name may exist; the loop's end reports when none does.
    }
  }
  return problem = "no-library";
}

/** The C library. Call {@linkcode ffiProblem} first; this throws a plain Error when there is one. */
export function libc(): LibC {
  return load().symbols;
}

/**
 * The errno of the call just made on this thread. Read it at once: any other call may change it. The
 * address of errno is per thread, and so is this module (a Worker has its own).
 */
export function lastErrno(): number {
  return load().errno[0] ?? 0;
}

/** The C library's text for an errno, such as `Connection refused`. */
export function errnoText(errno: number): string {
  const text = libc().strerror(errno);
  return text === null ? `errno ${errno}` : new Deno.UnsafePointerView(text).getCString();
}

function load(): Loaded {
  if (loaded === undefined) {
    const reason = ffiProblem();
    if (reason !== null) throw new Error(`Cannot call the C library: ${reason}`);
  }
  return loaded!;
}

/** The result of a call, or minus its errno: total, so that no caller forgets to look. */
export function resultOrErrno(result: number): number {
  return result >= 0 ? result : -(lastErrno() || 5);
}

/** A NUL-terminated copy of a string, for C. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text);
  const terminated = new Uint8Array(bytes.length + 1);
  terminated.set(bytes);
  return terminated;
}

/** Whether the dynamic linker finds one of these libraries; it is closed again at once. */
export function canOpenLibrary(names: readonly string[]): boolean {
  return names.some((name) => {
    try {
      Deno.dlopen(name, {}).close();
      return true;
    } catch {
      return false;
    }
  });
}

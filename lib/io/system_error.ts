import { ERRNO, errnoName, errnoText } from "../../ffi/mod.ts";
import { MptError, type MptErrorCode } from "../base/errors.ts";

interface Meaning {
  readonly code: MptErrorCode;
  readonly text: string;
}

const MEANINGS: ReadonlyMap<number, Meaning> = new Map([
  [ERRNO.EPERM, { code: "ERR_PERMISSION", text: "not permitted (a firewall rule or a missing privilege)" }],
  [ERRNO.EACCES, { code: "ERR_PERMISSION", text: "permission denied" }],
  [ERRNO.ENOENT, { code: "ERR_NOT_SUPPORTED", text: "this kernel has none of that name" }],
  [ERRNO.ENODEV, { code: "ERR_ADDRESS_NOT_LOCAL", text: "no such interface on this host" }],
  [ERRNO.EMFILE, { code: "ERR_TOO_MANY_FILES", text: "too many open files (see ulimit -n)" }],
  [ERRNO.ENFILE, { code: "ERR_TOO_MANY_FILES", text: "too many open files on this host" }],
  [ERRNO.EAFNOSUPPORT, { code: "ERR_NO_ROUTE", text: "this host does not support the address family" }],
  [ERRNO.EADDRINUSE, { code: "ERR_ADDRESS_IN_USE", text: "the port is in use" }],
  [ERRNO.EADDRNOTAVAIL, { code: "ERR_ADDRESS_NOT_LOCAL", text: "the address is not on this host" }],
  [ERRNO.ENETDOWN, { code: "ERR_NO_ROUTE", text: "the network is down" }],
  [ERRNO.ENETUNREACH, { code: "ERR_NO_ROUTE", text: "this host has no route to it" }],
  [ERRNO.EHOSTUNREACH, { code: "ERR_UNREACHABLE", text: "the host is unreachable" }],
  [ERRNO.EHOSTDOWN, { code: "ERR_UNREACHABLE", text: "the host is down" }],
  [ERRNO.ECONNREFUSED, { code: "ERR_REFUSED", text: "connection refused" }],
  [ERRNO.ECONNRESET, { code: "ERR_RESET", text: "the other end reset the connection" }],
  [ERRNO.ECONNABORTED, { code: "ERR_RESET", text: "the connection was aborted" }],
  [ERRNO.EPIPE, { code: "ERR_RESET", text: "the other end no longer accepts data" }],
  [ERRNO.ETIMEDOUT, { code: "ERR_TIMED_OUT", text: "no answer in the kernel's time limit" }],
  [ERRNO.EOPNOTSUPP, { code: "ERR_NOT_SUPPORTED", text: "the kernel does not support it" }],
  [ERRNO.ENOPROTOOPT, { code: "ERR_NOT_SUPPORTED", text: "the kernel does not support it" }],
]);

/**
 * The typed error of a system call.
 *
 * @param errno A positive errno, or the negative one that a call of ffi/ returned.
 * @param action The action, such as `connect to 192.0.2.1:443`.
 * @param data Facts for programs.
 * @returns An error whose message reads "Cannot ACTION: reason".
 */
export function systemError(
  errno: number,
  action: string,
  data: Readonly<Record<string, string | number | boolean | null>> = {},
): MptError {
  const number = Math.abs(errno);
  const meaning = MEANINGS.get(number) ?? { code: "ERR_SYSTEM" as const, text: errnoText(number) };
  return new MptError(meaning.code, `Cannot ${action}: ${meaning.text}`, {
    data: { errno: errnoName(number), ...data },
  });
}

/** For EADDRNOTAVAIL of a connect: it is about this end, and not about the address that was asked for. */
export function noSourceError(action: string): MptError {
  return new MptError(
    "ERR_NO_ROUTE",
    `Cannot ${action}: this host has no address, or no free port, to send from`,
    {
      data: { errno: "EADDRNOTAVAIL" },
    },
  );
}

const DENO_ERRORS: readonly (readonly [new () => Error, MptErrorCode, string])[] = [
  [Deno.errors.ConnectionRefused, "ERR_REFUSED", "connection refused"],
  [Deno.errors.ConnectionReset, "ERR_RESET", "the other end reset the connection"],
  [Deno.errors.BrokenPipe, "ERR_RESET", "the other end no longer accepts data"],
  [Deno.errors.AddrInUse, "ERR_ADDRESS_IN_USE", "the port is in use"],
  [Deno.errors.AddrNotAvailable, "ERR_ADDRESS_NOT_LOCAL", "the address is not on this host"],
  [Deno.errors.TimedOut, "ERR_TIMED_OUT", "no answer in the kernel's time limit"],
  [Deno.errors.NetworkUnreachable, "ERR_NO_ROUTE", "this host has no route to it"],
  [Deno.errors.PermissionDenied, "ERR_PERMISSION", "permission denied"],
  [Deno.errors.BadResource, "ERR_CLOSED", "the connection is closed"],
  [Deno.errors.Interrupted, "ERR_CLOSED", "the connection is closed"],
];

/** The typed error of something that Deno's or Node's sockets threw. */
export function ioError(error: unknown, action: string): MptError {
  if (error instanceof MptError) return error;
  if (error instanceof Deno.errors.NotCapable) {
    return new MptError("ERR_NET_PERMISSION", `Cannot ${action}: run again with --allow-net`, {
      cause: error,
      fix: "--allow-net",
    });
  }
  if (error instanceof Error) {
    const name = "code" in error && typeof error.code === "string" ? error.code : undefined;
    for (const [known, errno] of Object.entries(ERRNO)) {
      const meaning = known === name ? MEANINGS.get(errno) : undefined;
      if (meaning !== undefined) {
        return new MptError(meaning.code, `Cannot ${action}: ${meaning.text}`, {
          cause: error,
          data: { errno: known },
        });
      }
    }
    for (const [type, code, text] of DENO_ERRORS) {
      if (error instanceof type) return new MptError(code, `Cannot ${action}: ${text}`, { cause: error });
    }
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new MptError("ERR_SYSTEM", `Cannot ${action}: ${reason}`, { cause: error });
}

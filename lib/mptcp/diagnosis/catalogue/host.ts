import type { CatalogueEntry } from "./entry.ts";

const NOTHING =
  "Every program on this host that asks for MPTCP gets an error, or plain TCP where it falls back by itself.";

/** What keeps this host from MPTCP, and what is not about MPTCP at all. */
export const HOST_ENTRIES: {
  readonly [
    K in
      | "kernel-without-mptcp"
      | "mptcp-disabled"
      | "forbidden"
      | "mptcp-unknown"
      | "mptcp-fails"
      | "tcp-fails"
      | "tcp-unknown"
      | "tcp-works"
      | "path-lossy"
  ]: CatalogueEntry;
} = {
  "kernel-without-mptcp": {
    level: "unknown",
    sentence: "Whether MPTCP works to {target} is unknown: this host has no MPTCP {subject}.",
    seen: NOTHING,
    why: "The kernel is older than Linux 5.6, was built without CONFIG_MPTCP, or is not Linux.",
    evidence: "socket() with IPPROTO_MPTCP fails with EINVAL or EPROTONOSUPPORT.",
    fix: "use a kernel with CONFIG_MPTCP=y, Linux 5.6 or later",
  },
  "mptcp-disabled": {
    level: "unknown",
    sentence: "Whether MPTCP works to {target} is unknown: MPTCP is switched off on this host {subject}.",
    seen: NOTHING,
    why: "net.mptcp.enabled is 0 in this network namespace.",
    evidence: "socket() with IPPROTO_MPTCP fails with ENOPROTOOPT.",
    fix: "sysctl -w net.mptcp.enabled=1",
  },
  "forbidden": {
    level: "unknown",
    sentence:
      "Whether MPTCP works to {target} is unknown: this program may not open MPTCP sockets here {subject}.",
    seen: "Other programs on this host may use MPTCP, this one gets a permission error.",
    why:
      "A security module, a seccomp filter, or a missing permission of Deno (--allow-ffi, --allow-net) forbids it.",
    evidence: "socket() with IPPROTO_MPTCP fails with EACCES or EPERM, or Deno refuses before it is called.",
    fix:
      "deno run --allow-ffi --allow-net ...; for the kernel's refusal look into its audit log: ausearch -m avc -ts recent",
  },
  "mptcp-unknown": {
    level: "unknown",
    sentence: "Whether MPTCP works to {target} is unknown {subject}.",
    seen: "The probe ended before it could tell.",
    why: "Something on this host kept the connection from being tried, or the probe was cut short.",
    evidence:
      "The connect failed for a reason on this host: no route, an address that it does not have, a limit.",
    fix: "mpt doctor",
  },
  "mptcp-fails": {
    level: "fail",
    sentence: "MPTCP does not reach {target} {subject}.",
    seen: "No connection at all.",
    why: "The server is down, the port is closed, or the way is broken. MPTCP has no part in it.",
    evidence: "Both connects fail.",
    fix: null,
  },
  "tcp-fails": {
    level: "fail",
    sentence: "TCP does not reach {target}.",
    seen: "No connection.",
    why: "The server is down, the port is closed, or the way is broken.",
    evidence: "The connect is refused, gets no answer, or a router says that the destination is unreachable.",
    fix: null,
  },
  "tcp-unknown": {
    level: "unknown",
    sentence: "TCP to {target} could not be tested.",
    seen: "The probe ended before it could tell.",
    why: "Something on this host kept the connection from being tried, or the probe was cut short.",
    evidence: "The connect failed for a reason on this host.",
    fix: "mpt doctor",
  },
  "tcp-works": {
    level: "ok",
    sentence: "TCP works to {target}.",
    seen: "Connections over plain TCP come up.",
    why: "Nothing is wrong.",
    evidence: "The connect succeeded.",
    fix: null,
  },
  "path-lossy": {
    level: "warn",
    sentence: "The way to {target} loses packets, and that alone may have done it.",
    seen: "Connections come up late, MPTCP ones sometimes as plain TCP; another probe finds something else.",
    why:
      "A radio link, or a queue that overflows. When three SYNs in a row are lost, the kernel takes it for a middlebox that " +
      "drops MPTCP, and does without it for an hour.",
    evidence:
      "Plain TCP beside it had to send packets again too. What shows by silence alone is then not claimed.",
    fix: "probe again, some times; ping -c 100 {host} counts what is lost",
  },
};

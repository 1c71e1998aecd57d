import type { CatalogueEntry } from "../../mptcp/diagnosis/catalogue/entry.ts";
import type { PROGRAM_CHECKS } from "../codes.ts";

/** Checks of what QUIC, other programs and this one need. */
export const PROGRAM_ENTRIES: Readonly<Record<(typeof PROGRAM_CHECKS)[number], CatalogueEntry>> = {
  "libcrypto": {
    level: "warn",
    sentence: "Check: what protects the packets of QUIC.",
    seen: "Without libcrypto.so.3 QUIC takes several times the CPU.",
    why: "OpenSSL 3 is not installed, or Deno's --allow-ffi is missing.",
    evidence: "The library was opened and tried.",
    fix: "--allow-ffi, and OpenSSL 3, such as apt-get install libssl3",
  },
  "datagram-sockets": {
    level: "warn",
    sentence: "Check: how the datagrams of QUIC are sent.",
    seen: "Without system calls they go one at a time, which takes several times the CPU.",
    why: "Deno's --allow-ffi is missing, or this is not Linux.",
    evidence: "The kind of socket that is used here.",
    fix: "--allow-ffi",
  },
  "udp-offload": {
    level: "warn",
    sentence: "Check: whether UDP can be sent and received in batches (GSO, GRO).",
    seen: "Without them QUIC takes several times the CPU.",
    why: "The kernel is older than Linux 5.0.",
    evidence: "The socket options UDP_SEGMENT and UDP_GRO were set.",
    fix: "use Linux 5.0 or later",
  },
  "udp-buffers": {
    level: "warn",
    sentence: "Check: how much room the kernel gives to datagrams.",
    seen: "At high rates datagrams are lost in buffers that are too small.",
    why: "net.core.rmem_max and net.core.wmem_max are small by default.",
    evidence: "What a socket got of what it asked for.",
    fix: "sysctl -w net.core.rmem_max=7340032 net.core.wmem_max=7340032 (mpt doctor names the values)",
  },
  "sockopts": {
    level: "warn",
    sentence: "Check: which socket options of TCP do not work on MPTCP sockets (--sockopts).",
    seen: "A program that needs one of them fails over MPTCP, or goes on without it.",
    why: "The kernel does not pass every option on to the subflows.",
    evidence: "Each option was read and set, on TCP and on MPTCP, before and after the connect.",
    fix: null,
  },
  "permission-net": permission("--allow-net", "No connection can be made or accepted."),
  "permission-ffi": permission(
    "--allow-ffi",
    "There is no MPTCP, and TCP connections tell little about their path.",
  ),
  "permission-sys": permission("--allow-sys", "Results do not say on which kernel they were made."),
  "permission-env": permission("--allow-env", "NO_COLOR and TERM are not heeded."),
  "permission-write": permission("--allow-write", "Results cannot be saved with -o."),
};

function permission(flag: string, without: string): CatalogueEntry {
  return {
    level: "warn",
    sentence: `Check: whether Deno grants ${flag}.`,
    seen: `Without it: ${without.charAt(0).toLowerCase()}${without.slice(1)}`,
    why: "Deno gives a program only what its caller allows.",
    evidence: "What Deno answers; partly granted is said to be so.",
    fix: flag,
  };
}

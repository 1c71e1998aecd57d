import type { CatalogueEntry } from "../../mptcp/diagnosis/catalogue/entry.ts";
import type { QuicCode } from "./codes.ts";

/** Every code about QUIC with what is to be said about it. */
export const QUIC_CATALOGUE: Readonly<Record<QuicCode, CatalogueEntry>> = Object.freeze({
  "quic-works": {
    level: "ok",
    sentence: "QUIC works to {target}.",
    seen: "QUIC connections come up.",
    why: "Nothing is wrong.",
    evidence: "A handshake of version 1 was completed, whatever the certificate.",
    fix: null,
  },
  "quic-fails": {
    level: "fail",
    sentence: "QUIC does not work to {target}.",
    seen: "Browsers stay with HTTP/2 over TCP; programs that have QUIC alone cannot connect.",
    why:
      "No QUIC server listens on that UDP port, a firewall turns UDP away, or the server has other versions " +
      "only, refuses clients or breaks off the handshake.",
    evidence:
      "ICMP said that the port or the host is unreachable, or the server itself ended the handshake: a " +
      "Version Negotiation packet, an alert of TLS, CONNECTION_REFUSED. Silence is no such answer.",
    fix:
      "start a QUIC server on that UDP port, such as `mpt serve --listen quic@[::]:4433`, or let UDP through",
  },
  "quic-unknown": {
    level: "unknown",
    sentence: "Whether QUIC works to {target} is unknown.",
    seen: "Connections over QUIC wait until their time is over; browsers fall back to TCP after a while.",
    why:
      "Nothing came back over UDP: the server has no QUIC and its firewall drops what it does not know, UDP is " +
      "blocked on the way, or packets of 1200 bytes do not get through. Or the server answered, and wanted another " +
      "protocol or name to be asked for.",
    evidence:
      "No answer in the time given, and no ICMP; or an alert of TLS about the protocol or the name. Where " +
      "TCP reaches the same address, the host is there.",
    fix: "let UDP through on the way; --alpn or --server-name where the server asked for others",
  },
  "quic-certificate-trusted": {
    level: "ok",
    sentence: "The certificate of {target} is trusted.",
    seen: "Clients connect without complaint.",
    why: "Nothing is wrong.",
    evidence:
      "The key is the pinned one, or the given authority stands behind the certificate, which is for the " +
      "name that was asked for.",
    fix: null,
  },
  "quic-certificate-untrusted": {
    level: "warn",
    sentence: "The certificate of {target} is not trusted.",
    seen: "QUIC works, and clients that check certificates refuse the server.",
    why:
      "It is self-signed, expired, for another name, without a known authority behind it, or not the pinned one.",
    evidence:
      "The handshake was completed all the same, and what the server showed was checked: the reason is in " +
      "the verdict. With --ca or --pin this is a failure.",
    fix:
      "a certificate for that name from an authority that clients know; for a server of your own --pin with its " +
      "key, or --ca with its authority",
  },
  "quic-certificate-unknown": {
    level: "unknown",
    sentence: "Whether the certificate of {target} is trusted is unknown.",
    seen: "The probe cannot say whether clients would trust the server.",
    why: "The certificates that the system trusts could not be read.",
    evidence: "The certificate holds today and is for the name; who stands behind it could not be looked up.",
    fix: "--allow-sys, or whom to trust with --ca or --pin",
  },
  "mpquic-works": {
    level: "ok",
    sentence: "Multipath QUIC works to {target}.",
    seen: "One connection uses several paths, or could.",
    why: "Nothing is wrong.",
    evidence: "Both ends sent initial_max_path_id; each path listed was validated by both of them.",
    fix: null,
  },
  "mpquic-old-draft": {
    level: "warn",
    sentence: "{target} has multipath QUIC by an older draft only.",
    seen: "Programs of today have one path to the server, those of drafts 13 to 18 have several.",
    why:
      "The drafts before 19 had other numbers for the frames and the transport parameter; the layouts are the same.",
    evidence:
      "Its transport parameters have the initial_max_path_id of drafts 13 to 18 (0xf739bbc1b666d0d) and not the final " +
      "one (0x3e). A second connection with the code points of those drafts found the paths.",
    fix: "a server with the final code points, such as `mpt serve --listen mpquic@[::]:4433`",
  },
  "mpquic-one-path": {
    level: "warn",
    sentence: "There is no second path of multipath QUIC to {target}.",
    seen: "Multipath QUIC is agreed on, and everything goes over one path.",
    why: "This host has one address that leads there, or nothing comes back on the others.",
    evidence:
      "A path was tried from each usable address of this host to each address of the server; what became " +
      "of it is listed.",
    fix: "mpt doctor shows the addresses and routes of this host",
  },
  "mpquic-fails": {
    level: "fail",
    sentence: "Multipath QUIC does not work to {target}.",
    seen: "QUIC connections have one path.",
    why: "The server does not offer several paths, or only as in drafts whose frames were others.",
    evidence:
      "Its transport parameters have no initial_max_path_id, neither the final one (draft-ietf-quic-multipath-21) nor " +
      "that of drafts 13 to 18.",
    fix: "a server that has the extension, such as `mpt serve --listen mpquic@[::]:4433`",
  },
  "mpquic-unknown": {
    level: "unknown",
    sentence: "Whether multipath QUIC works to {target} is unknown.",
    seen: "The probe ended before it could tell.",
    why: "The handshake of QUIC was not completed.",
    evidence: "See what is said of QUIC.",
    fix: null,
  },
});

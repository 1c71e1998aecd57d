import type { TlsSummary } from "../../tls/session.ts";
import type { QuicHandshake } from "./api.ts";

/** What TLS agreed on, for users of the library. */
export function handshakeView(summary: TlsSummary): QuicHandshake {
  const { suite, group, alpn, serverName, peer, verdict } = summary;
  return {
    cipherSuite: suite?.name ?? null,
    group,
    alpn,
    serverName,
    peerPin: peer?.pin ?? null,
    peerCertificates: peer?.type === "x509" ? peer.entries : [],
    trusted: verdict?.trusted ?? null,
    problem: verdict === null || verdict.trusted ? null : verdict.text,
  };
}

import type { QuicConnectOptions } from "../../quic/driver/options.ts";
import type { MultipathDraft } from "../../quic/wire/multipath_drafts.ts";
import type { ProbePlan } from "../options.ts";
import { serverNameOf } from "./facts.ts";
import { MAX_PATHS } from "./paths.ts";

/** Trusts no key, and needs no other to know that. */
const NOBODY: readonly string[] = ["sha256/"];

/** How a probe connects over QUIC. */
export function dialOptions(
  plan: ProbePlan,
  signal: AbortSignal | undefined,
  codePoints: MultipathDraft = "final",
): QuicConnectOptions {
  const { ca: _, ...quic } = plan.quic;
  return {
    ...quic,
    alpn: plan.alpn,
    serverName: serverNameOf(plan),
    // The certificate is judged afterwards: to read what the system trusts takes longer than the handshake
    insecure: true,
    pins: NOBODY,
    multipath: plan.transports.includes("mpquic") ? { paths: MAX_PATHS, codePoints } : false,
    // A stranger, whose address is not proved yet
    tokens: null,
    timeoutMs: plan.quicTimeoutMs,
    ...(signal === undefined ? {} : { signal }),
    ...(plan.localAddress === undefined ? {} : { localAddress: plan.localAddress }),
    ...(plan.interface === undefined ? {} : { interface: plan.interface }),
  };
}

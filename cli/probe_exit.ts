import type { Transport } from "../lib/base/transport.ts";
import { type ProbeResult, requirementHolds } from "../lib/probe/mod.ts";
import { EXIT } from "./exit_codes.ts";

/**
 * The exit code of a probe: a certificate that is not the one asked for, and then what was required, decide; then
 * whether the connection to be watched was there and held; else whether the target could be reached at all.
 */
export function probeExitCode(
  result: ProbeResult,
  required: Transport | undefined,
  watch: boolean = false,
): number {
  if (watch && result.watch?.end === "failed") return EXIT.failed;
  if (result.verdicts.some(({ code, level }) => code === "quic-certificate-untrusted" && level === "fail")) {
    return EXIT.failed;
  }
  if (required !== undefined) {
    switch (requirementHolds(result, required)) {
      case "yes":
        return EXIT.ok;
      case "no":
        return EXIT.failed;
      case "unknown":
        return EXIT.untestable;
    }
  }
  const statuses = result.endpoints.flatMap(({ tcp, mptcp, quic, mpquic }) =>
    watch ? [mptcp.status] : [tcp.status, mptcp.status, quic.status, mpquic.status]
  );
  if (statuses.includes("yes")) return EXIT.ok;
  return statuses.includes("no") ? EXIT.failed : EXIT.untestable;
}

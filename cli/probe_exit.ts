import { type Transport, TRANSPORTS } from "../lib/base/transport.ts";
import { type CheckJson, type ProbeResult, requirementHolds } from "../lib/probe/mod.ts";
import { EXIT } from "./exit_codes.ts";

/**
 * The exit code of a probe: a certificate that is not the one asked for, and then what was required, decide; then
 * whether the connection to be watched was there and held; else whether the target could be reached at all.
 *
 * @param asked The transports that were asked for: what another does not do is no failure.
 */
export function probeExitCode(
  result: ProbeResult,
  required: Transport | undefined,
  watch: boolean = false,
  asked: readonly Transport[] = ["tcp", "mptcp"],
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
  const statuses = (transports: readonly Transport[]): readonly CheckJson["status"][] =>
    result.endpoints.flatMap((endpoint) => transports.map((transport) => endpoint[transport].status));
  if (statuses(watch ? ["mptcp"] : TRANSPORTS).includes("yes")) return EXIT.ok;
  // That there is no QUIC is no answer to whoever did not ask for it.
  return statuses(watch ? ["mptcp"] : asked).includes("no") ? EXIT.failed : EXIT.untestable;
}

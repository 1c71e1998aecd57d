import type { DoctorResult } from "../lib/doctor/mod.ts";
import { EXIT } from "./exit_codes.ts";

/** The exit code of a look at this machine: whether something is broken; else whether it could be looked at. */
export function doctorExitCode({ checks }: DoctorResult): number {
  if (checks.some((check) => check.status === "fail")) return EXIT.failed;
  const main = checks.find((check) => check.code === "mptcp-support");
  return main === undefined || main.status === "unknown" ? EXIT.untestable : EXIT.ok;
}

import type { Check, CheckStatus, DoctorResult, SockoptJson, SockoptTrial } from "../../lib/doctor/mod.ts";
import type { Painter } from "./paint.ts";
import { mark, renderVerdicts } from "./probe.ts";
import { table } from "./table.ts";
import { wrap } from "./wrap.ts";

/** The result for people: the answer in words, then what needs attention with its fix, then everything. */
export function renderDoctor(result: DoctorResult, paint: Painter, verbose: boolean): string {
  const checks = result.checks.map(printable);
  const parts = [
    ...renderVerdicts(result.verdicts, paint, false),
    ...section("", findings(checks, paint)),
    "",
    checkTable(checks, paint, verbose),
    ...(result.sockopts === null ? [] : ["", sockoptTable(result.sockopts, paint, verbose)]),
  ];
  return parts.join("\n");
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}

/** Failures, then warnings, then what is not known, gathered by what would make it known. */
function findings(checks: readonly Check[], paint: Painter): readonly string[] {
  const of = (status: CheckStatus): readonly Check[] => checks.filter((check) => check.status === status);
  return [
    ...of("fail").flatMap((check) => finding(check, paint)),
    ...of("warn").flatMap((check) => finding(check, paint)),
    ...unknowns(of("unknown"), paint),
  ];
}

function finding(check: Check, paint: Painter): readonly string[] {
  return [`${mark(check.status, paint)} ${wrap(check.text, paint.columns, 2)}`, ...fixLines(check.fix)];
}

function fixLines(fix: string | null): readonly string[] {
  return fix === null ? [] : fix.split("\n").map((line) => `    ${line}`);
}

function unknowns(checks: readonly Check[], paint: Painter): readonly string[] {
  const byFix = Map.groupBy(checks, (check) => check.fix);
  return [...byFix].flatMap(([fix, group]) => {
    if (fix === null || group.length === 1) return group.flatMap((check) => finding(check, paint));
    const names = group.map((check) => check.code).join(", ");
    return [
      `${mark("unknown", paint)} ${
        wrap(`${group.length} checks could not be made: ${names}.`, paint.columns, 2)
      }`,
      ...fixLines(fix),
    ];
  });
}

function checkTable(checks: readonly Check[], paint: Painter, verbose: boolean): string {
  const rows = checks.map((check) => [
    check.code,
    status(check.status, paint),
    verbose ? check.text : foundText(check.found),
  ]);
  return table([{ title: "CHECK" }, { title: "STATUS" }, { title: verbose ? "MEANING" : "FOUND" }], rows);
}

function foundText(found: Check["found"]): string {
  if (found === null || found === "") return "-";
  return typeof found === "boolean" ? (found ? "yes" : "no") : String(found);
}

function status(status: CheckStatus, paint: Painter): string {
  switch (status) {
    case "ok":
      return paint.ok(status);
    case "warn":
    case "unknown":
      return paint.warn(status);
    case "fail":
      return paint.fail(status);
  }
}

function sockoptTable(sockopts: readonly SockoptJson[], paint: Painter, verbose: boolean): string {
  const shown = verbose ? sockopts : sockopts.filter(isNotable);
  const rows = shown.map((each) => [
    each.option,
    support(each, paint),
    trial(each.mptcp_fresh),
    trial(each.mptcp_connected),
    ...(verbose ? [trial(each.tcp_fresh), trial(each.tcp_connected)] : []),
    each.note ?? "",
  ]);
  const columns = [
    { title: "SOCKET OPTION" },
    { title: "ON MPTCP" },
    { title: "GET/SET NEW" },
    { title: "GET/SET CONNECTED" },
    ...(verbose ? [{ title: "TCP NEW" }, { title: "TCP CONNECTED" }] : []),
    { title: "WHO USES IT, WHAT TO KNOW" },
  ];
  const hidden = sockopts.length - shown.length;
  const rest = hidden === 0 ? "" : `\n${paint.dim(`${hidden} more are no trouble; --verbose shows them`)}`;
  return table(columns, rows) + rest;
}

/** To set an option before connecting is what most programs do; what works has mostly nothing to know about. */
function isNotable(each: SockoptJson): boolean {
  return each.mptcp === "refused" || (each.mptcp !== "before-connect" && each.note !== null);
}

function support({ mptcp }: SockoptJson, paint: Painter): string {
  switch (mptcp) {
    case "works":
      return paint.ok(mptcp);
    case "before-connect":
      return paint.warn("before connect");
    case "refused":
      return paint.fail(mptcp);
    case "untested":
      return paint.dim(mptcp);
  }
}

function trial({ get, set }: SockoptTrial): string {
  return `${get ?? "-"}/${set ?? "-"}`;
}

/** Names of interfaces come from the kernel, which lets them hold control characters. */
function printable(check: Check): Check {
  return {
    ...check,
    text: plain(check.text),
    found: typeof check.found === "string" ? plain(check.found) : check.found,
    fix: check.fix === null ? null : check.fix.split("\n").map(plain).join("\n"),
  };
}

function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?");
}

import type { MptError } from "../../lib/base/errors.ts";
import type { Verdict } from "../../lib/base/result.ts";
import { formatCount, formatDuration, formatPercent } from "../../lib/base/units.ts";
import type { LabCode } from "./codes.ts";
import type { LabJson } from "./status_json.ts";

/** An emulator that is later than this, in milliseconds, is not what was asked for. */
const LATE_MS = 1;

/**
 * What to say about labs before the numbers.
 *
 * @param labs The labs that answered.
 * @param silent Why others did not.
 */
export function labVerdicts(labs: readonly LabJson[], silent: readonly MptError[] = []): readonly Verdict[] {
  if (labs.length + silent.length === 0) {
    return [verdict("lab-none", "info", "No lab is running.", "mpt lab up two-path")];
  }
  return [
    ...silent.map(({ message, fix }) => verdict("lab-silent", "warn", `${message}.`, fix ?? null)),
    ...labs.flatMap((
      lab,
    ) => [faultVerdict(lab), ...lateVerdict(lab), ...overloadVerdict(lab), ...serverVerdicts(lab)]),
  ];
}

function faultVerdict(lab: LabJson): Verdict {
  const faults = lab.paths.flatMap((path) => path.faults.map((fault) => `${path.name}: ${fault}`));
  const boxes = lab.middleboxes.length;
  const what = `The lab ${lab.name} has ${formatCount(lab.paths.length, "path")}`;
  const between = boxes === 0 ? "" : ` and ${formatCount(boxes, "middlebox", "middleboxes")}`;
  if (faults.length === 0) return verdict("lab-up", "ok", `${what}${between}, and no faults.`);
  const few = `${formatCount(faults.length, "fault")}: ${faults.join("; ")}.`;
  return verdict("lab-faults", "warn", `${what}${between}, with ${few}`);
}

function lateVerdict(lab: LabJson): readonly Verdict[] {
  const late = lab.paths.flatMap(({ up, down }) => [up, down])
    .flatMap(({ lateness_ms }) => lateness_ms === null ? [] : [lateness_ms.p99]);
  if (late.length === 0) return [];
  const worst = Math.max(...late);
  const share = lab.emulator_cpu_share;
  const cost = share === null ? "" : `; it takes ${formatPercent(share)} of a processor`;
  const text = `99% of packets leave the emulator at most ${formatDuration(worst)} late`;
  if (worst <= LATE_MS) return [verdict("lab-on-time", "ok", `The links keep their times: ${text}${cost}.`)];
  return [verdict(
    "lab-late",
    "warn",
    `The links lag: 1% of packets leave the emulator more than ${formatDuration(worst)} late${cost}.`,
    "lower the rates, or leave the machine alone while you measure",
  )];
}

function overloadVerdict(lab: LabJson): readonly Verdict[] {
  const ways = lab.paths.flatMap(({ up, down }) => [up, down]);
  const lost = ways.reduce((sum, { dropped_by_overload }) => sum + (dropped_by_overload ?? 0), 0);
  if (lost === 0) return [];
  const text = `The emulator has lost ${formatCount(lost, "packet")} that nobody asked it to lose: ` +
    "more was under way than it has memory for.";
  return [verdict("lab-overload", "warn", text, "give the links a rate, or a lower one")];
}

function serverVerdicts({ servers }: LabJson): readonly Verdict[] {
  return servers.flatMap(({ command, ended }) =>
    ended === null ? [] : [verdict("lab-server-ended", "warn", `${command} on the server: ${ended}.`)]
  );
}

function verdict(code: LabCode, level: Verdict["level"], text: string, fix: string | null = null): Verdict {
  return { code, level, certainty: "proved", text, evidence: [], fix };
}

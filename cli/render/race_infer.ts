import { formatDuration } from "../../lib/base/units.ts";
import type { InferResult, ScenarioRun, SeenAttempt } from "../../lib/race/mod.ts";
import type { Painter } from "./paint.ts";
import { renderVerdicts, warning } from "./probe.ts";
import { table } from "./table.ts";

/** Attempts of a run that are shown. */
const MAX_ATTEMPTS = 8;

/**
 * What a program does when it connects: a sentence for each finding, then what was seen.
 *
 * @param result The result.
 * @param paint Colours.
 * @param verbose Whether every run is shown, with its attempts.
 */
export function renderInfer(result: InferResult, paint: Painter, verbose: boolean): string {
  const { command, verdicts, runs, warnings } = result;
  return [
    paint.bold(command.join(" ")),
    "",
    ...renderVerdicts(verdicts, paint, verbose),
    "",
    table(
      [{ title: "SCENARIO" }, { title: "QUERIES" }, { title: "ATTEMPTS" }],
      runs.filter(({ round }) => verbose || round === 1).map((
        run,
      ) => [run.text, queries(run), attempts(run)]),
    ),
    ...(warnings.length === 0 ? [] : ["", ...warnings.map((text) => warning(text, paint))]),
  ].join("\n");
}

/** Each question with its time. */
function queries({ queries }: ScenarioRun): string {
  const shown = queries.slice(0, 4).map(({ type, at_ms }) => `${type} ${formatDuration(at_ms)}`);
  return [...shown, ...(queries.length > 4 ? ["..."] : [])].join(", ") || "none";
}

/** Each attempt with its family and its time. */
function attempts({ attempts }: ScenarioRun): string {
  const shown = attempts.slice(0, MAX_ATTEMPTS).map(attemptText);
  return [...shown, ...(attempts.length > MAX_ATTEMPTS ? ["..."] : [])].join(", ") || "none";
}

function attemptText({ transport, family, at_ms }: SeenAttempt): string {
  return `${transport === "quic" ? "QUIC " : ""}IPv${family} ${formatDuration(at_ms)}`;
}

/** What is told while a program is watched. */
export function inferStatus(run: ScenarioRun, command: readonly string[]): readonly string[] {
  return [`watching ${command[0] ?? ""}: ${run.text} (${run.attempts.length} attempts)`];
}

import { formatBytes, formatCount, formatDuration } from "../../lib/base/units.ts";
import type { LabChangeResult } from "../lab/changes.ts";
import type { LabDownResult } from "../lab/down.ts";
import type { LabPresetsResult } from "../lab/presets.ts";
import type { LabScriptResult, ScriptStep } from "../lab/script.ts";
import type { MiddleboxJson } from "../lab/status_json.ts";
import { table } from "./table.ts";

/** What `lab down` did. */
export function renderLabDown({ ended, removed }: LabDownResult): string {
  const lines = [
    ...ended.map((name) => `The lab ${name} is down.`),
    ...removed.map((name) => `The owner of the lab ${name} had died; what it left was removed.`),
  ];
  return lines.length === 0 ? "No lab is running." : lines.join("\n");
}

/** What `lab set` and `lab middlebox` did; a change of a path needs no words. */
export function renderChange({ middleboxes }: LabChangeResult): string {
  if (middleboxes === null) return "";
  return middleboxes.length === 0 ? "No middlebox is in force." : middleboxTable(middleboxes);
}

/** Middleboxes in the order in which they act. */
export function middleboxTable(middleboxes: readonly MiddleboxJson[]): string {
  const rows = middleboxes.map((
    { text, packets, bytes },
  ) => [text, formatCount(packets), formatBytes(bytes)]);
  return table([
    { title: "MIDDLEBOX" },
    { title: "PACKETS", align: "right" },
    { title: "BYTES", align: "right" },
  ], rows);
}

/** The presets, one a line. */
export function renderPresets({ presets }: LabPresetsResult): string {
  return table([{ title: "PRESET" }, { title: "WHAT IT IS" }], presets.map((one) => [one.name, one.summary]));
}

/** One step of a script, when it is done. */
export function renderStep({ at_ms, late_ms, text }: ScriptStep): string {
  const late = late_ms < 10 ? "" : `, ${formatDuration(late_ms)} late`;
  return `${formatDuration(at_ms)}${late}: ${text}`;
}

/** What a script did, and how much of it when it was cut short. */
export function renderScript({ lab, step_count, steps, end }: LabScriptResult): string {
  if (end.reason === "done") return `${formatCount(steps.length, "step")} played on the lab ${lab}.`;
  return `${formatCount(steps.length)} of ${formatCount(step_count, "step")} played on the lab ${lab}.`;
}

import { MptError } from "../../lib/base/errors.ts";
import { type Envelope, envelope, type JsonValue } from "../../lib/base/result.ts";
import { endOf } from "../../lib/io/deadline.ts";
import { hostFacts } from "../../lib/io/host.ts";
import { checkTimeline, parseTimeline, play, type PlayedStep, type Stage } from "../../lib/lab/mod.ts";
import { requireLabRights } from "./permissions.ts";
import { openLab } from "./select.ts";

/** A step of a script that was played. */
export interface ScriptStep {
  /** The line of the file. */
  readonly line: number;
  readonly text: string;
  /** When it was to begin, after the start. */
  readonly at_ms: number;
  /** How much later it began. */
  readonly late_ms: number;
  /** How long it took until it was in force. */
  readonly took_ms: number;
}

/** The result of `mpt lab script`. */
export interface LabScriptResult extends Envelope<"mpt.lab-script/1"> {
  readonly lab: string;
  /** How many steps the script has. */
  readonly step_count: number;
  /** Those that were played. */
  readonly steps: readonly ScriptStep[];
}

/** More than any script needs, and less than a request may have. */
const MAX_SCRIPT_BYTES = 128 * 1024;

/** Plays a script on a lab of this process with these paths; every step is an event. */
export async function playScript(
  stage: Stage,
  paths: readonly string[],
  text: string,
  emit: (event: JsonValue) => void,
  signal: AbortSignal,
): Promise<JsonValue> {
  const onStep = (step: PlayedStep): void => emit({ ...stepToJson(step) });
  const timeline = parseTimeline(text);
  checkTimeline(timeline, paths);
  const { steps } = await play(stage, timeline, { signal, onStep });
  return steps.map((step) => ({ ...stepToJson(step) }));
}

/** Has a script played on a lab that runs. Interrupted, it ends between two steps. */
export async function labScript(
  file: string,
  name: string | undefined,
  signal: AbortSignal,
  onStep: (step: ScriptStep) => void,
): Promise<LabScriptResult> {
  const startedAtMs = Date.now();
  const text = await readScript(file);
  const step_count = parseTimeline(text).steps.length;
  requireLabRights();
  using lab = await openLab(name, signal);
  const steps: ScriptStep[] = [];
  const onEvent = (event: JsonValue): void => {
    const step = stepFromJson(event);
    steps.push(step);
    onStep(step);
  };
  let end: LabScriptResult["end"] = { reason: "done" };
  try {
    await lab.client.request({ op: "script", text }, { signal, onEvent });
  } catch (error) {
    if (!signal.aborted) throw error;
    end = endOf(signal);
  }
  const durationMs = Date.now() - startedAtMs;
  return {
    ...envelope({ schema: "mpt.lab-script/1", host: hostFacts(), startedAtMs, durationMs, end }),
    lab: lab.hello.name,
    step_count,
    steps,
  };
}

async function readScript(file: string): Promise<string> {
  try {
    const { size } = await Deno.stat(file);
    if (size <= MAX_SCRIPT_BYTES) return await Deno.readTextFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MptError("ERR_USAGE", `Cannot read the script ${file}: ${reason}`, { cause: error });
  }
  throw new MptError(
    "ERR_USAGE",
    `Cannot read the script ${file}: it has more than ${MAX_SCRIPT_BYTES} bytes`,
  );
}

function stepToJson({ line, text, atMs, beganMs, doneMs }: PlayedStep): ScriptStep {
  const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
  return { line, text, at_ms: atMs, late_ms: rounded(beganMs - atMs), took_ms: rounded(doneMs - beganMs) };
}

function stepFromJson(event: JsonValue): ScriptStep {
  if (typeof event === "object" && event !== null && "line" in event && "at_ms" in event) {
    return event as unknown as ScriptStep;
  }
  throw new MptError("ERR_PROTOCOL", "Cannot read a step of the script: it has no line");
}

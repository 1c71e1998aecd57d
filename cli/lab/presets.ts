import { type Envelope, envelope, type JsonValue } from "../../lib/base/result.ts";
import { hostFacts } from "../../lib/io/host.ts";
import { PRESETS } from "../../lib/lab/mod.ts";

/** The result of `mpt lab presets`. */
export interface LabPresetsResult extends Envelope<"mpt.lab-presets/1"> {
  /** The options are those that a file of a lab holds. */
  readonly presets: readonly {
    readonly name: string;
    readonly summary: string;
    readonly options: JsonValue;
  }[];
}

/** The labs that have a name. */
export function labPresets(): LabPresetsResult {
  return {
    ...envelope({ schema: "mpt.lab-presets/1", host: hostFacts(), startedAtMs: Date.now(), durationMs: 0 }),
    presets: Object.entries(PRESETS).map(([name, { summary, options }]) => ({
      name,
      summary,
      options: JSON.parse(JSON.stringify(options)),
    })),
  };
}

import assert from "node:assert/strict";
import { Schema } from "./cddl.ts";

/** What the drafts leave to extensions, as it is written here. */
const EXTENSIONS = `
$$quic-packetheader-extension //= ( ? path_id: uint32 )
$$quic-parametersset-extension //= ( ? initial_max_path_id: uint32 )
`;

/** The schemas of both drafts of qlog. */
export const SCHEMA: Schema = new Schema(
  Deno.readTextFileSync(new URL("qlog.cddl", import.meta.url)) + EXTENSIONS,
);

/** A record of a log. */
export interface QlogRecord {
  readonly time?: number;
  readonly name?: string;
  readonly tuple?: string;
  readonly data?: { readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** The records of an `.sqlog` file (RFC 7464). */
export function recordsOf(text: string): readonly QlogRecord[] {
  return text.split("\x1e").slice(1).map((record) => {
    assert(record.endsWith("\n"));
    return JSON.parse(record);
  });
}

/** Checks a whole file: its header, and each event. @returns The events. */
export function checkFile(text: string): readonly QlogRecord[] {
  const [header, ...events] = recordsOf(text);
  assert.deepEqual(SCHEMA.faults("QlogFileSeq", header), []);
  for (const event of events) checkEvent(event);
  return events;
}

function ruleFor(prefix: string, words: string, suffix = ""): string | undefined {
  const wanted = `${prefix}${words.replaceAll("_", "")}${suffix}`.toLowerCase();
  return SCHEMA.names.find((name) => name.toLowerCase() === wanted);
}

/** Checks an event against the rule with its name, and its frames against those with theirs. */
export function checkEvent(event: QlogRecord): void {
  assert.deepEqual(SCHEMA.faults("Event", event), []);
  const [namespace, name] = event.name!.split(":");
  assert.equal(namespace, "quic");
  assert.deepEqual(SCHEMA.faults(ruleFor("quic", name!)!, event.data), []);
  const frames = (event.data?.frames ?? []) as readonly { readonly frame_type: string }[];
  for (const frame of frames) {
    const rule = ruleFor("", frame.frame_type, "frame");
    if (rule === undefined) assert.match(frame.frame_type, /path/, "only those of multipath have no rule");
    else assert.deepEqual(SCHEMA.faults(rule, frame), []);
  }
}

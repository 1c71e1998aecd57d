import type { DiagnosisCode } from "./codes.ts";
import { DATA_ENTRIES } from "./catalogue/data.ts";
import type { CatalogueEntry } from "./catalogue/entry.ts";
import { FINE_ENTRIES } from "./catalogue/fine.ts";
import { HANDSHAKE_ENTRIES } from "./catalogue/handshake.ts";
import { HOST_ENTRIES } from "./catalogue/host.ts";
import { JOIN_ENTRIES } from "./catalogue/joins.ts";

export type { CatalogueEntry } from "./catalogue/entry.ts";

/** Every code with what is to be said about it. */
export const CATALOGUE: Readonly<Record<DiagnosisCode, CatalogueEntry>> = Object.freeze({
  ...HOST_ENTRIES,
  ...HANDSHAKE_ENTRIES,
  ...DATA_ENTRIES,
  ...JOIN_ENTRIES,
  ...FINE_ENTRIES,
});

/** A part of the catalogue, by the stage of a connection. */
export interface CatalogueStage {
  /** The stage in words. */
  readonly title: string;
  /** Its codes and what is to be said about them. */
  readonly entries: ReadonlyMap<string, CatalogueEntry>;
}

/** The catalogue in the order of the stages of a connection. */
export const STAGES: readonly CatalogueStage[] = [
  stage("This host, and the way to the target", HOST_ENTRIES),
  stage("The handshake", HANDSHAKE_ENTRIES),
  stage("After the handshake", DATA_ENTRIES),
  stage("Further paths", JOIN_ENTRIES),
  stage("When it works", FINE_ENTRIES),
];

/** A part of a catalogue from its entries. */
export function stage(title: string, entries: Readonly<Record<string, CatalogueEntry>>): CatalogueStage {
  return { title, entries: new Map(Object.entries(entries)) };
}

/** Whether a text is a code of the catalogue. */
export function isDiagnosisCode(text: string): text is DiagnosisCode {
  return Object.hasOwn(CATALOGUE, text);
}

/**
 * A template of the catalogue with its names put in: `{target}`, `{host}` and `{subject}`. Where there is no
 * subject, the word in front of it goes with it.
 */
export function fill(template: string, target: string, subject: string | undefined): string {
  return template
    .replaceAll(/ ?\{subject\}/g, () => subject === undefined || subject === "" ? "" : spaced(subject))
    .replaceAll("{host}", () => hostOf(target))
    .replaceAll("{target}", () => target);
}

function spaced(subject: string): string {
  return /^[,:;]/.test(subject) ? subject : ` ${subject}`;
}

function hostOf(target: string): string {
  return target.replace(/:\d+$/, "");
}

import { formatDuration } from "../../lib/base/units.ts";
import type { ProfileRun, RaceResult } from "../../lib/race/mod.ts";
import type { Painter } from "./paint.ts";
import { failure } from "./race_timeline.ts";
import { type Column, table } from "./table.ts";
import { wrap } from "./wrap.ts";

const COLUMNS: readonly Column[] = [
  { title: "AS", key: true },
  { title: "DELAY", align: "right" },
  { title: "FIRST ATTEMPT", align: "right" },
  { title: "CONNECTED", align: "right" },
  { title: "ATTEMPTS", align: "right" },
  { title: "WINNER" },
];

/**
 * The same host raced by mpt and under the parameters of other clients, a row for each.
 *
 * @param own The race of mpt itself.
 * @param runs The races of the others.
 * @param paint Colours.
 */
export function renderProfiles(own: RaceResult, runs: readonly ProfileRun[], paint: Painter): string {
  const rows = [rowOf("mpt", own), ...runs.map(({ client, result }) => rowOf(client, result))];
  const notes = runs.flatMap(({ client, unknown, differs }) => [
    ...unknown.map((what) => `${client}: not published: ${what}`),
    ...differs.map((what) => `${client}: ${what}`),
  ]);
  return [
    table(COLUMNS, rows, "", paint.columns),
    ...(notes.length === 0 ? [] : ["", ...notes.map((note) => wrap(note, paint.columns, 2, paint.dim))]),
  ].join("\n");
}

function rowOf(client: string, { constants, rounds, rounds_connect_ms }: RaceResult): readonly string[] {
  const [first] = rounds;
  const started = first?.attempts.filter(({ start_ms }) => start_ms !== null) ?? [];
  const winner = first === undefined || first.winner === null ? undefined : first.attempts[first.winner];
  const [last] = started.slice(-1);
  const cutShort = winner === undefined && (first === undefined || first.end_reason === "aborted");
  return [
    client,
    `${constants["attempt_delay_ms"]?.value ?? "?"} ms`,
    started[0]?.start_ms === undefined || started[0].start_ms === null
      ? "-"
      : formatDuration(started[0].start_ms),
    rounds_connect_ms === null ? cutShort ? "-" : "never" : formatDuration(rounds_connect_ms.p50),
    `${started.length}`,
    winner !== undefined
      ? `IPv${winner.family} ${winner.connect_to}`
      : cutShort
      ? "cut short"
      : last === undefined
      ? "no address"
      : failure(last),
  ];
}

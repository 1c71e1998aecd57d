import { quote } from "../../lib/base/quote.ts";
import { formatCount, formatDuration } from "../../lib/base/units.ts";
import type { RaceCandidateStatistics, RaceEvent, RaceResult } from "../../lib/race/mod.ts";
import type { Painter } from "./paint.ts";
import { renderVerdicts, warning } from "./probe.ts";
import { raceTimeline } from "./race_timeline.ts";
import { table } from "./table.ts";

/** How a race is shown. */
export interface RaceRendering {
  readonly paint: Painter;
  readonly verbose: boolean;
  /** The width of the terminal. */
  readonly columns: number;
}

/** Candidates of the table of many rounds; what never started says little. */
const MAX_CANDIDATES = 20;

/** The result for people: the verdicts, the timeline of the first round, the candidates over all rounds. */
export function renderRace(result: RaceResult, rendering: RaceRendering): string {
  const { paint, verbose, columns } = rendering;
  const [first] = result.rounds;
  return [
    ...renderVerdicts(result.verdicts, paint, verbose),
    ...result.warnings.map((text) => warning(text, paint)),
    ...cutShort(result, paint),
    "",
    ...(first === undefined ? [] : [
      heading(result),
      ...raceTimeline(first, paint, columns, verbose),
    ]),
    ...(result.rounds.length > 1 ? ["", ...candidateTable(result.candidates, paint)] : []),
    ...(verbose ? ["", ...answers(result), ...constants(result)] : []),
  ].join("\n");
}

/** What to show on the terminal while a race runs. */
export function raceStatus(event: RaceEvent, rounds: number): readonly string[] {
  const prefix = rounds > 1 ? `round ${event.round + 1} of ${rounds}: ` : "";
  switch (event.event) {
    case "query":
      return [`${prefix}asking for ${event.type} of ${event.name} ...`];
    case "attempt":
      return [`${prefix}connecting to ${event.candidate.connect_to} over ${event.candidate.transport} ...`];
    default:
      return [`${prefix}${event.event}`];
  }
}

function heading({ target, algorithm, rounds, constants }: RaceResult): string {
  const name = algorithm === "hev2" ? "RFC 8305" : "Happy Eyeballs v3";
  const delay = constants["attempt_delay_ms"]?.value;
  const which = rounds.length > 1 ? `Round 1 of ${rounds.length}` : name;
  return `${which}, port ${target.port}, next attempt after ${delay} ms:`;
}

function cutShort({ end, rounds }: RaceResult, paint: Painter): readonly string[] {
  switch (end.reason) {
    case "done":
      return [];
    case "timeout":
      return [
        paint.warn(`--timeout is over: this is what was seen in ${formatCount(rounds.length, "round")}`),
      ];
    default:
      return [paint.warn(`${end.reason}: this is what was seen in ${formatCount(rounds.length, "round")}`)];
  }
}

function candidateTable(
  candidates: readonly RaceCandidateStatistics[],
  paint: Painter,
): readonly string[] {
  const seen = candidates.filter(({ started }) => started > 0).slice(0, MAX_CANDIDATES);
  const right = "right" as const;
  return [table(
    [
      { title: "CANDIDATE", key: true },
      { title: "WON", align: right },
      { title: "LOST", align: right },
      { title: "FAILED", align: right },
      { title: "GIVEN UP", align: right },
      { title: "HANDSHAKE p50/p95", align: right },
    ],
    seen.map((each) => [
      `${each.transport} ${each.connect_to}${each.interface === null ? "" : ` ${each.interface}`}`,
      String(each.won),
      String(each.lost),
      String(each.failed),
      String(each.cancelled),
      each.connect_ms === null
        ? "-"
        : `${formatDuration(each.connect_ms.p50)} / ${formatDuration(each.connect_ms.p95)}`,
    ]),
    "",
    paint.columns,
  )];
}

function answers({ dns }: RaceResult): readonly string[] {
  return dns.flatMap(({ type, name, answers, services, server, ttl_seconds, names }) => {
    const what = [
      ...names.map((each) => `alias ${each}`),
      ...answers,
      ...services.map(({ priority, target, alpn, port, ech, hints }) =>
        [
          `${priority} ${target}`,
          ...(alpn.length === 0 ? [] : [`alpn=${alpn.map(printable).join(",")}`]),
          ...(port === null ? [] : [`port=${port}`]),
          ...(ech ? ["ech"] : []),
          ...(hints.length === 0 ? [] : [`hints=${hints.join(",")}`]),
        ].join(" ")
      ),
    ];
    if (what.length === 0) return [];
    const ttl = ttl_seconds === null ? "" : `, TTL ${ttl_seconds} s`;
    return [`${type} ${name} from ${server ?? "the hosts file"}${ttl}:`, ...what.map((line) => `  ${line}`)];
  });
}

/** A text that a server chose, without what a terminal would obey. */
function printable(text: string): string {
  return quote(text).slice(1, -1);
}

function constants({ constants }: RaceResult): readonly string[] {
  return [
    "Constants:",
    ...Object.entries(constants).map(([name, { value, default: usual, clause }]) =>
      `  ${name} ${value}${value === usual ? "" : ` (default ${usual})`}${
        clause === null ? "" : `, ${clause}`
      }`
    ),
  ];
}

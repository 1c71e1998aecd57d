import type { Verdict } from "../base/result.ts";
import { formatRate } from "../base/units.ts";
import { pathWords } from "./penalty.ts";
import type { Aggregation, Penalty } from "./result.ts";

/** That multipath is slower than its best path, which path it is, and what mends it. */
export function penaltyVerdict(
  each: Aggregation,
  figures: readonly string[],
  penalty: Penalty | undefined,
): Verdict & { readonly code: "multipath-penalty" } {
  const found = penalty !== undefined && penalty.path !== null;
  return {
    code: "multipath-penalty",
    level: "warn",
    // That it is slower was measured; which path it is may be less sure.
    certainty: found ? penalty.certainty : "proved",
    text: [penaltyText(each), ...(found ? [culpritText(penalty, penalty.path)] : [])].join(" "),
    evidence: [
      ...figures,
      ...(penalty?.evidence ?? []),
      ...(penalty === undefined ? [] : triedLines(penalty)),
    ],
    fix: fixOf(each, penalty),
  };
}

/** The penalty in figures. */
export function penaltyText(each: Aggregation): string {
  const [name, single] = each.transport === "mpquic" ? ["Multipath QUIC", "QUIC"] : ["MPTCP", "TCP"];
  const figures = `${formatRate(each.multipath_bps)} against ${formatRate(each.best_single_bps)}`;
  return each.singles > 1
    ? `${name} ${each.direction} is slower than the best single path: ${figures}.`
    : `${name} ${each.direction} is slower than ${single} over the one path that was measured: ${figures}.`;
}

function culpritText({ certainty, tried }: Penalty, path: NonNullable<Penalty["path"]>): string {
  const words = pathWords(path);
  if (tried !== null) {
    const after = formatRate(tried.after_bps);
    return tried.helped
      ? `It is ${words} that holds it back: with that as a backup it carries ${after}.`
      : `With ${words} as a backup it carries ${after}: that is no cure.`;
  }
  return certainty === "likely"
    ? `What holds it back is most likely ${words}.`
    : `What holds it back may be ${words}.`;
}

function triedLines({ tried, cure }: Penalty): readonly string[] {
  if (tried === null || cure === null) return [];
  return [`${cure.command}: ${formatRate(tried.before_bps)} before, ${formatRate(tried.after_bps)} with it`];
}

function fixOf(each: Aggregation, penalty: Penalty | undefined): string | null {
  if (penalty?.tried?.helped === false) return null;
  const cure = penalty?.cure ?? null;
  if (cure !== null) return cure.host === "server" ? `on the server: ${cure.command}` : cure.command;
  // Where the paths were judged, there is none left that could be made a backup.
  if (penalty !== undefined) return null;
  return each.singles > 1
    ? "ip mptcp endpoint change ADDRESS backup, for the address of the slow path"
    : null;
}

/** What is to be said of cures that were asked for. */
export function cureWarnings(penalties: readonly Penalty[]): readonly string[] {
  return penalties.flatMap(({ direction, not_tried, tried, cure }) => [
    ...(not_tried === null ? [] : [`The fix for the ${direction} was not tried: ${not_tried}.`]),
    ...(tried?.restored === false
      ? [`The endpoint could not be restored and is still a backup: ${cure?.undo}.`]
      : []),
  ]);
}

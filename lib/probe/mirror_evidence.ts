import type { MirrorEvidence, Tristate } from "../mptcp/diagnosis/mod.ts";
import { mpCapableArrived, type SynMirrorAsk } from "./ask_syn_mirror.ts";

/** What a question to the SYN mirror shows. */
export function mirrorEvidence(ask: SynMirrorAsk | null, sentMss: number | null): MirrorEvidence | "unknown" {
  if (ask === null || ask.answer === null || ask.local === null || ask.answer.options === null) {
    return "unknown";
  }
  const { options, source, ttl } = ask.answer;
  const mss = options.find(({ kind }) => kind === 2)?.hex;
  const arrived = mss === undefined ? null : Number.parseInt(mss.slice(4, 8), 16);
  return {
    option: mpCapableArrived(ask),
    nops: longestRun(options.map(({ kind }) => kind === 1)),
    ttl: ttl ?? "unknown",
    local: ask.local,
    seenAs: source,
    sameMss: sentMss === null || arrived === null ? "unknown" : compare(sentMss, arrived),
  };
}

/** Routers lower it to what fits their links; only another TCP raises it. */
function compare(sent: number, arrived: number): Tristate {
  return arrived === sent ? "yes" : arrived > sent ? "no" : "unknown";
}

function longestRun(flags: readonly boolean[]): number {
  let longest = 0;
  let run = 0;
  for (const flag of flags) {
    run = flag ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

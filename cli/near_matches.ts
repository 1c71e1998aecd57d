/** The known words that are most like one that is not known: those that hold it, then those a few letters away. */
export function nearMatches(word: string, known: readonly string[], limit = 3): readonly string[] {
  const ranked = known
    .map((each) => ({ each, away: each.includes(word) && word.length > 2 ? 0 : distance(word, each) }))
    .filter(({ each, away }) => away <= Math.max(2, Math.floor(each.length / 3)))
    .toSorted((a, b) => a.away - b.away);
  return ranked.slice(0, limit).map(({ each }) => each);
}

/** Levenshtein: how many letters have to be put in, left out or changed. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? from.length;
}

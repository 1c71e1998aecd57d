/**
 * Takes the first item of a list that is empty most of the time; undefined if there is none. An array that was
 * emptied by `shift()` keeps its room for 17 items, and idle connections have many of them.
 */
export function takeFirst<Item>(list: Item[]): Item | undefined {
  const first = list.shift();
  if (list.length === 0) list.length = 0;
  return first;
}

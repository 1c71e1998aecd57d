import { DnsName } from "../wire/name.ts";

/** How short names are completed. */
export interface SearchRules {
  readonly search: readonly DnsName[];
  readonly ndots: number;
}

/**
 * The names that stand for what a user wrote, in the order in which they are asked for, as `resolv.conf(5)`
 * says: a final dot ends the matter; with at least `ndots` dots the name as it is comes first, else last.
 *
 * @param text What the user wrote.
 * @param rules The search list and `ndots`.
 * @returns At least one name, none twice.
 * @throws {MptError} `ERR_INVALID_VALUE` when the text is not a domain name.
 */
export function namesToTry(text: string, rules: SearchRules): readonly DnsName[] {
  const name = DnsName.parse(text);
  if (text.endsWith(".") || name.isRoot) return [name];
  const dots = name.labels.length - 1;
  const completed = rules.search.flatMap((suffix) => {
    const whole = suffix.isRoot ? name : DnsName.tryParse(`${name}.${suffix}`);
    return whole === null ? [] : [whole];
  });
  const all = dots >= rules.ndots ? [name, ...completed] : [...completed, name];
  return all.filter((each, index) => all.findIndex((other) => other.equals(each)) === index);
}

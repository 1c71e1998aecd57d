/** What happens to a connection to an address of the network that a client is watched in. */
export type AddressKind = "accepts" | "refuses" | "silent";

/** What a name server of a scenario answers: addresses of one kind, after a delay. */
export interface FamilyAnswer {
  readonly kind: AddressKind;
  readonly count: number;
  readonly delayMs: number;
}

/** The names of the scenarios. */
export type ScenarioName = "order" | "fallback" | "late-aaaa" | "late-a" | "late-https" | "refused";

/** A network that a client is put into, to see what it does. */
export interface Scenario {
  readonly name: ScenarioName;
  /** What it shows, as the end of a sentence. */
  readonly text: string;
  readonly aaaa: FamilyAnswer;
  readonly a: FamilyAnswer;
  /** When the answer comes that there are no service records. */
  readonly httpsDelayMs: number;
}

/** Later than any resolution delay that is in use. */
export const LATE_MS = 1000;

/** Addresses of each family in the scenario `order`: enough to see whether families take turns. */
const MANY = 4;

const ACCEPTS: FamilyAnswer = { kind: "accepts", count: 1, delayMs: 0 };
const SILENT: FamilyAnswer = { kind: "silent", count: 1, delayMs: 0 };

/** The scenarios in the order in which they are played. */
export const SCENARIOS: readonly Scenario[] = Object.freeze([
  {
    name: "fallback",
    text: "IPv6 is silent and IPv4 works",
    aaaa: SILENT,
    a: ACCEPTS,
    httpsDelayMs: 0,
  },
  {
    name: "order",
    text: `${MANY} addresses of each family, all of them silent`,
    aaaa: { ...SILENT, count: MANY },
    a: { ...SILENT, count: MANY },
    httpsDelayMs: 0,
  },
  {
    name: "late-aaaa",
    text: `the answer to AAAA comes ${LATE_MS} ms late`,
    aaaa: { ...ACCEPTS, delayMs: LATE_MS },
    a: ACCEPTS,
    httpsDelayMs: 0,
  },
  {
    name: "late-a",
    text: `the answer to A comes ${LATE_MS} ms late`,
    aaaa: ACCEPTS,
    a: { ...ACCEPTS, delayMs: LATE_MS },
    httpsDelayMs: 0,
  },
  {
    name: "refused",
    text: "IPv6 refuses and IPv4 works",
    aaaa: { kind: "refuses", count: 1, delayMs: 0 },
    a: ACCEPTS,
    httpsDelayMs: 0,
  },
  {
    name: "late-https",
    text: `the answer to HTTPS comes ${LATE_MS} ms late`,
    aaaa: ACCEPTS,
    a: ACCEPTS,
    httpsDelayMs: LATE_MS,
  },
]);

/** The addresses of each kind: a prefix, and the number of the address behind it (RFC 5737, RFC 3849). */
const PREFIXES: Readonly<Record<AddressKind, { readonly 4: string; readonly 6: string }>> = {
  accepts: { 4: "192.0.2.", 6: "2001:db8:a::" },
  silent: { 4: "198.51.100.", 6: "2001:db8:b::" },
  refuses: { 4: "203.0.113.", 6: "2001:db8:c::" },
};

/** The addresses of an answer, in its order: not that of their numbers, so that sorting shows. */
export function addressesOf({ kind, count }: FamilyAnswer, family: 4 | 6): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${PREFIXES[kind][family]}${(index * 3) % MANY + 1}`);
}

/** Every address of a kind. */
export function allAddresses(kind: AddressKind, family: 4 | 6): readonly string[] {
  return addressesOf({ kind, count: MANY, delayMs: 0 }, family);
}

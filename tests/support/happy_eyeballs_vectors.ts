/** An answer of a timeline: when it comes, after the first query, and what it brings. */
export type VectorAnswer =
  | {
    readonly atMs: number;
    readonly type: "HTTPS";
    readonly targets: readonly string[];
    readonly hints4: number;
    readonly hints6: number;
  }
  | { readonly atMs: number; readonly type: "A" | "AAAA"; readonly name: string; readonly count: number };

/** A timeline of draft-ietf-happy-happyeyeballs-v3 4.2.2. */
export interface MoveOnVector {
  readonly id: string;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly answers: readonly VectorAnswer[];
  /** When the first attempt starts, and of which families there are addresses then. */
  readonly startMs: number;
  readonly families: readonly ("v6" | "v4")[];
}

/**
 * The timelines of draft-ietf-happy-happyeyeballs-v3 (head of 2026-07-30, section 4.2.2), a list to interleave
 * (RFC 8305 4), and the table of RFC 6052 2.4. Times in milliseconds after the first query.
 */
export const HAPPY_EYEBALLS_VECTORS: {
  readonly moveOn: readonly MoveOnVector[];
  readonly interleave: readonly {
    readonly id: string;
    readonly count: number;
    readonly input: readonly string[];
    readonly output: readonly string[];
  }[];
  readonly nat64: readonly { readonly prefix: string; readonly v4: string; readonly v6: string }[];
} = {
  moveOn: [{
    id: "V1",
    ipv4: true,
    ipv6: true,
    answers: [{ atMs: 30, type: "HTTPS", targets: ["."], hints4: 0, hints6: 0 }, {
      atMs: 30,
      type: "AAAA",
      name: ".",
      count: 2,
    }, { atMs: 32, type: "A", name: ".", count: 2 }],
    startMs: 30,
    families: ["v6"],
  }, {
    id: "V2",
    ipv4: true,
    ipv6: true,
    answers: [{ atMs: 30, type: "HTTPS", targets: ["."], hints4: 0, hints6: 0 }, {
      atMs: 30,
      type: "A",
      name: ".",
      count: 2,
    }, { atMs: 40, type: "AAAA", name: ".", count: 2 }],
    startMs: 40,
    families: ["v6", "v4"],
  }, {
    id: "V3",
    ipv4: true,
    ipv6: true,
    answers: [{ atMs: 30, type: "HTTPS", targets: ["."], hints4: 0, hints6: 0 }, {
      atMs: 30,
      type: "A",
      name: ".",
      count: 2,
    }, { atMs: 180, type: "AAAA", name: ".", count: 2 }],
    startMs: 80,
    families: ["v4"],
  }, {
    id: "V4",
    ipv4: true,
    ipv6: true,
    answers: [{ atMs: 30, type: "AAAA", name: ".", count: 2 }, { atMs: 30, type: "A", name: ".", count: 2 }, {
      atMs: 40,
      type: "HTTPS",
      targets: ["."],
      hints4: 0,
      hints6: 0,
    }],
    startMs: 40,
    families: ["v6", "v4"],
  }, {
    id: "V5",
    ipv4: true,
    ipv6: true,
    answers: [{ atMs: 30, type: "AAAA", name: ".", count: 2 }, { atMs: 30, type: "A", name: ".", count: 2 }],
    startMs: 80,
    families: ["v6", "v4"],
  }, {
    id: "V6",
    ipv4: true,
    ipv6: true,
    answers: [{ atMs: 30, type: "HTTPS", targets: ["."], hints4: 2, hints6: 2 }],
    startMs: 30,
    families: ["v6", "v4"],
  }, {
    id: "V7",
    ipv4: true,
    ipv6: true,
    answers: [
      { atMs: 30, type: "HTTPS", targets: [".", "alt"], hints4: 0, hints6: 0 },
      { atMs: 30, type: "AAAA", name: ".", count: 2 },
      { atMs: 30, type: "A", name: ".", count: 2 },
      { atMs: 60, type: "AAAA", name: "alt", count: 1 },
      { atMs: 60, type: "A", name: "alt", count: 1 },
    ],
    startMs: 30,
    families: ["v6", "v4"],
  }, {
    id: "V8",
    ipv4: true,
    ipv6: false,
    answers: [{ atMs: 30, type: "A", name: ".", count: 2 }, {
      atMs: 40,
      type: "HTTPS",
      targets: ["."],
      hints4: 0,
      hints6: 0,
    }],
    startMs: 40,
    families: ["v4"],
  }],
  interleave: [{
    id: "I1",
    count: 1,
    input: ["v6a", "v6b", "v6c", "v4a", "v4b"],
    output: ["v6a", "v4a", "v6b", "v4b", "v6c"],
  }],
  nat64: [
    { prefix: "2001:db8::/32", v4: "192.0.2.33", v6: "2001:db8:c000:221::" },
    { prefix: "2001:db8:100::/40", v4: "192.0.2.33", v6: "2001:db8:1c0:2:21::" },
    { prefix: "2001:db8:122::/48", v4: "192.0.2.33", v6: "2001:db8:122:c000:2:2100::" },
    { prefix: "2001:db8:122:300::/56", v4: "192.0.2.33", v6: "2001:db8:122:3c0:0:221::" },
    { prefix: "2001:db8:122:344::/64", v4: "192.0.2.33", v6: "2001:db8:122:344:c0:2:2100::" },
    { prefix: "2001:db8:122:344::/96", v4: "192.0.2.33", v6: "2001:db8:122:344::192.0.2.33" },
  ],
};

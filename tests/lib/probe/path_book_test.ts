import assert from "node:assert/strict";
import fc from "fast-check";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import type { PathState } from "../../../lib/base/path.ts";
import type { PathManagerEvent, PathManagerEventKind } from "../../../lib/netlink/mptcp_events.ts";
import {
  type CounterMoves,
  type LookedPath,
  PathBook,
  type PathChange,
} from "../../../lib/probe/path_book.ts";

const REMOTE = Endpoint.of("198.51.100.1", 443);

function path(id: number, state: PathState, fields: Partial<LookedPath> = {}): LookedPath {
  return {
    local: Endpoint.of(`192.0.2.${id}`, 5000 + id),
    remote: REMOTE,
    interface: `eth${id}`,
    idLocal: id,
    idRemote: 0,
    state,
    backup: false,
    retransmits: 0,
    probes: 0,
    ...fields,
  };
}

function event(
  kind: PathManagerEventKind,
  id: number,
  fields: Partial<PathManagerEvent> = {},
): PathManagerEvent {
  const { local, remote, idLocal, idRemote } = path(id, "active");
  return { kind, command: 0, local, remote, idLocal: idLocal!, idRemote: idRemote!, unknown: [], ...fields };
}

function told(changes: readonly PathChange[]): readonly string[] {
  return changes.map(({ change, local, remote, text }) =>
    `${change} ${local?.split(":")[0] ?? remote ?? "-"}: ${text}`
  );
}

const MOVES: CounterMoves = { announced: 0, removed: 0, resets: 0, shared: false };

Deno.test("PathBook.look() tells the life of a path, each change once", () => {
  const book = new PathBook(false);
  assert.deepEqual(told([book.first(path(1, "active"))]), ["established 192.0.2.1: the first path"]);
  const steps: readonly (readonly [readonly LookedPath[], readonly string[]])[] = [
    [[path(1, "active")], []],
    [[path(1, "active"), path(2, "validating")], []],
    [[path(1, "active"), path(2, "active")], ["established 192.0.2.2: a further path"]],
    [[path(1, "active"), path(2, "active")], []],
    [
      [path(1, "active"), path(2, "stale", { retransmits: 3, probes: 1 })],
      ["stale 192.0.2.2: 3 retransmissions in a row got no answer"],
    ],
    [[path(1, "active"), path(2, "stale", { retransmits: 4 })], []],
    [[path(1, "active"), path(2, "active")], ["recovered 192.0.2.2: after 0.2 s"]],
    [[path(1, "active"), path(2, "active", { backup: true })], ["priority 192.0.2.2: a backup now"]],
    [
      [path(1, "stale", { probes: 2 }), path(2, "active")],
      [
        "stale 192.0.2.1: 2 probes in a row got no answer",
        "priority 192.0.2.2: no backup any more",
      ],
    ],
    [[path(2, "active")], ["closed 192.0.2.1: it is gone: why, only the kernel's events tell"]],
    [[path(2, "active"), path(3, "stale")], [
      "established 192.0.2.3: a further path",
      "stale 192.0.2.3: nothing comes back",
    ]],
    [[path(2, "active"), path(4, "validating")], [
      "closed 192.0.2.3: it is gone: why, only the kernel's events tell",
    ]],
    [[path(2, "active")], ["closed 192.0.2.4: it did not come up"]],
  ];
  steps.forEach(([paths, expected], index) => {
    assert.deepEqual(told(book.look(paths, index * 100)), expected, `step ${index}`);
  });
});

Deno.test("PathBook.look() tells by counters what only events would tell in full", () => {
  const book = new PathBook(false);
  book.first(path(1, "active"));
  assert.deepEqual(told(book.look([path(1, "active")], 0, { ...MOVES, announced: 2, removed: 1 })), [
    "announced -: 2 addresses: which, only the kernel's events tell",
    "removed -: an address: which, only the kernel's events tell",
  ]);
  assert.deepEqual(told(book.look([path(1, "active")], 0, { ...MOVES, announced: 1, shared: true })), [
    "announced -: an address, perhaps of another connection: which, only the kernel's events tell",
  ]);
  assert.deepEqual(told(book.look([], 0, { ...MOVES, resets: 1 })), [
    "closed 192.0.2.1: it is gone, and a reset with a reason of MPTCP came: which, only the kernel's events tell",
  ]);
  // Events tell it better.
  assert.deepEqual(new PathBook(true).look([], 0, { ...MOVES, announced: 1 }), []);
});

Deno.test("PathBook.event() tells what the kernel told, with addresses, errors and reasons", () => {
  const book = new PathBook(true, ({ host }) => host === "192.0.2.2" ? "wlan0" : null);
  book.first(path(1, "active"));
  const address = Endpoint.of("198.51.100.2", 0);
  const cases: readonly (readonly [PathManagerEvent, readonly string[]])[] = [
    [event("created", 1), []],
    [
      event("announced", 1, { remote: address, idRemote: 7 }),
      ["announced 198.51.100.2: address 7 of the server"],
    ],
    [event("announced", 1, { remote: address, idRemote: 7 }), []],
    [event("subflow-established", 2), ["established 192.0.2.2: a further path"]],
    [event("subflow-established", 2), []],
    [event("subflow-priority", 2, { backup: true }), ["priority 192.0.2.2: a backup now"]],
    [event("subflow-priority", 2, { backup: true }), []],
    [event("removed", 1, { idRemote: 7 }), ["removed 198.51.100.2: address 7 of the server"]],
    [event("removed", 1, { idRemote: 8 }), ["removed -: address 8 of the server"]],
    [
      event("subflow-closed", 2, { error: "ECONNRESET", resetReason: 3, resetFlags: 1 }),
      [
        "closed 192.0.2.2: it was reset (ECONNRESET), with the reason 3: administratively prohibited, for the time being",
      ],
    ],
    [event("subflow-closed", 3, { error: "ECONNREFUSED" }), [
      "closed 192.0.2.3: it did not come up: it was refused (ECONNREFUSED)",
    ]],
    [event("lost", 1), ["lost -: the kernel dropped events: what they were, looking has to tell"]],
    [event("unknown", 1), []],
  ];
  for (const [each, expected] of cases) {
    const changes = book.event(each);
    assert.deepEqual(told(changes), expected, each.kind);
    for (const { source, change, interface: name, local } of changes) {
      assert.equal(source, "events");
      if (local?.startsWith("192.0.2.2:")) assert.equal(name, "wlan0", change);
    }
  }
});

Deno.test("PathBook waits for the kernel's events before it tells what it saw by itself", () => {
  const book = new PathBook(true);
  book.first(path(1, "active"));
  const both = [path(1, "active"), path(2, "active")];
  assert.deepEqual(book.look(both, 0), []);
  assert.deepEqual(told(book.event(event("subflow-established", 2))), [
    "established 192.0.2.2: a further path",
  ]);
  assert.deepEqual(book.look(both, 100), []);
  // The same for what is gone, and for a priority; where no event comes, two looks are enough.
  const backup = [path(1, "active"), path(2, "active", { backup: true })];
  assert.deepEqual(book.look(backup, 200), []);
  assert.deepEqual(told(book.look(backup, 300)), ["priority 192.0.2.2: a backup now"]);
  assert.deepEqual(book.look(backup, 400), []);
  assert.deepEqual(book.look([path(1, "active")], 500), []);
  assert.deepEqual(book.look(backup, 600), []);
  assert.deepEqual(book.look([path(1, "active")], 700), []);
  assert.deepEqual(told(book.look([path(1, "active")], 800)), [
    "closed 192.0.2.2: it is gone: why, only the kernel's events tell",
  ]);
  assert.deepEqual(book.event(event("subflow-closed", 1, { error: "ETIMEDOUT" })).map(({ error }) => error), [
    "ETIMEDOUT",
  ]);
});

Deno.test("PathBook takes a path with and without its zone for the same", () => {
  const book = new PathBook(true);
  const zoned = path(1, "active", {
    local: Endpoint.parse("[fe80::1%eth0]:5001"),
    remote: Endpoint.parse("[fe80::2%eth0]:443"),
  });
  book.first(zoned);
  const ends = { local: Endpoint.parse("[fe80::1]:5001"), remote: Endpoint.parse("[fe80::2]:443") };
  assert.deepEqual(book.event(event("subflow-established", 1, ends)), []);
  assert.deepEqual(book.look([zoned], 0), []);
});

Deno.test("whatever is looked at, each path comes up before anything else happens to it, and ends once", () => {
  const states = fc.constantFrom<PathState>("validating", "active", "stale");
  const look = fc.uniqueArray(
    fc.record({ id: fc.integer({ min: 1, max: 4 }), state: states, backup: fc.boolean() }),
    {
      selector: ({ id }) => id,
    },
  );
  const step = fc.oneof(
    look.map((paths) => ({ paths })),
    fc.record({
      kind: fc.constantFrom<PathManagerEventKind>(
        "subflow-established",
        "subflow-closed",
        "subflow-priority",
      ),
      id: fc.integer({ min: 1, max: 4 }),
      backup: fc.boolean(),
    }),
  );
  fc.assert(fc.property(fc.boolean(), fc.array(step, { maxLength: 30 }), (hears, steps) => {
    const book = new PathBook(hears);
    const lives = new Map<string, string>();
    steps.forEach((each, index) => {
      const changes = "paths" in each
        ? book.look(each.paths.map(({ id, state, backup }) => path(id, state, { backup })), index)
        : hears
        ? book.event(event(each.kind, each.id, { backup: each.backup }))
        : [];
      for (const { change, local } of changes) {
        const before = lives.get(local!) ?? "none";
        switch (change) {
          case "established":
            assert(before === "none" || before === "closed", `${before} ${change}`);
            break;
          case "stale":
            assert(before === "established" || before === "recovered", `${before} ${change}`);
            break;
          case "recovered":
            assert.equal(before, "stale");
            break;
          case "closed":
            // Of a path that never came up it is told that it did not.
            break;
          case "priority":
            continue;
          default:
            assert.fail(change);
        }
        lives.set(local!, change);
      }
    });
  }));
});

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Connection } from "../../lib/quic/connection/connection.ts";
import type { Side } from "../../lib/quic/streams/stream_id.ts";
import { World } from "../lib/quic/endpoint/world.ts";
import { pattern } from "../lib/quic/connection/pair.ts";

/** How many scripts are run; a task may ask for more. */
const RUNS = Number(Deno.env.get("MPT_SIM_RUNS") ?? 1000);

type Operation =
  | { readonly do: "send"; readonly side: Side; readonly uni: boolean; readonly bytes: number }
  | { readonly do: "reset" | "stop"; readonly side: Side; readonly stream: number }
  | { readonly do: "update-keys" | "ping" | "datagram"; readonly side: Side }
  | { readonly do: "rebind" }
  | { readonly do: "network"; readonly loss: number; readonly reorder: number; readonly corrupt: number }
  | { readonly do: "advance"; readonly ms: number };

const side = fc.constantFrom<Side>("client", "server");
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      side,
      uni: fc.boolean(),
      bytes: fc.nat(60_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("reset" as const, "stop" as const), side, stream: fc.nat(8) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("update-keys" as const, "ping" as const, "datagram" as const),
      side,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("rebind" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("network" as const),
      loss: fc.constantFrom(0, 0.02, 0.2),
      reorder: fc.constantFrom(0, 0.2),
      corrupt: fc.constantFrom(0, 0.05),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.nat(400) }) },
);

/** What one end wrote to a stream, and how it ended there. */
interface Written {
  readonly bytes: Uint8Array;
  given: "sent" | "reset" | "stopped";
}

/** One end: what it wrote, and what arrived. */
class Peer {
  readonly connection: Connection;
  readonly written = new Map<number, Written>();
  readonly arrived = new Map<number, { chunks: number; ended: "open" | "end" | "reset" }>();

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** Reads all there is, comparing it with what the other end wrote. */
  read(other: Peer): void {
    for (const [id, { bytes }] of other.written) {
      const seen = this.arrived.get(id) ?? { chunks: 0, ended: "open" };
      this.arrived.set(id, seen);
      if (seen.ended !== "open" || !this.#knows(id)) continue;
      for (let result = this.connection.streams.read(id); result.type !== "empty";) {
        if (result.type !== "data") {
          seen.ended = result.type;
          break;
        }
        const wanted = bytes.subarray(seen.chunks, seen.chunks + result.bytes.length);
        assert.deepEqual(result.bytes, new Uint8Array(wanted), `stream ${id} at ${seen.chunks}`);
        seen.chunks += result.bytes.length;
        result = this.connection.streams.read(id);
      }
    }
  }

  readonly opened = new Set<number>();

  /** A stream of the peer is known once something of it, or of a later one, has arrived. */
  #knows(id: number): boolean {
    const own = id % 2 === (this.connection.core.side === "server" ? 1 : 0);
    return own || this.opened.has(id);
  }
}

function perform(world: World, peers: Record<Side, Peer>, step: Operation, index: number): void {
  switch (step.do) {
    case "send": {
      const peer = peers[step.side];
      const id = peer.connection.open(step.uni ? "unidirectional" : "bidirectional");
      if (id === null) return;
      const bytes = pattern(step.bytes, index);
      peer.connection.streams.write(id, bytes);
      peer.connection.streams.finish(id);
      peer.written.set(id, { bytes, given: "sent" });
      break;
    }
    case "reset": {
      const [id, written] = [...peers[step.side].written][step.stream] ?? [];
      if (id === undefined || written === undefined) return;
      peers[step.side].connection.streams.reset(id, 5);
      written.given = "reset";
      break;
    }
    case "stop": {
      const other = peers[step.side === "client" ? "server" : "client"];
      const [id, written] = [...other.written][step.stream] ?? [];
      if (id === undefined || written === undefined || !peers[step.side].opened.has(id)) return;
      peers[step.side].connection.streams.stopSending(id, 6);
      written.given = "stopped";
      break;
    }
    case "update-keys":
      peers[step.side].connection.updateKeys(world.nowUs);
      break;
    case "ping":
      peers[step.side].connection.ping();
      break;
    case "datagram":
      peers[step.side].connection.sendDatagram(pattern(300, index));
      break;
    case "rebind":
      world.rebind();
      break;
    case "network":
      Object.assign(world.route.there.conditions, {
        loss: step.loss,
        reorder: step.reorder,
        corrupt: step.corrupt,
      });
      Object.assign(world.route.back.conditions, {
        loss: step.loss,
        reorder: step.reorder,
        corrupt: step.corrupt,
      });
      break;
    case "advance":
      world.run(() => false, step.ms * 1000);
      break;
    default:
      step satisfies never;
  }
  for (const each of ["client", "server"] as const) world[each].touch(peers[each].connection, world.nowUs);
}

Deno.test("whatever the ends and the network do: every byte arrives once, in order and unaltered, or a reset does", () => {
  const script = fc.array(operation, { maxLength: 30 });
  fc.assert(
    fc.property(script, fc.nat(1_000_000), (steps, seed) => {
      using world = new World({ seed, link: { seed, delayUs: 15_000, jitterUs: 2000, reorderUs: 8000 } });
      const connection = world.connect();
      assert(world.run(() => connection.confirmed && world.accepted.length === 1), "they shake hands");
      const peers: Record<Side, Peer> = {
        client: new Peer(connection),
        server: new Peer(world.accepted[0]!),
      };
      const read = (): void => {
        for (const each of ["client", "server"] as const) {
          for (const event of world.events.get(peers[each].connection) ?? []) {
            if (event.type === "opened") peers[each].opened.add(event.id);
          }
          peers[each].read(peers[each === "client" ? "server" : "client"]);
          world[each].touch(peers[each].connection, world.nowUs);
        }
      };
      for (const [index, step] of steps.entries()) {
        perform(world, peers, step, index);
        read();
      }
      // The network gets well: everything comes to its end
      for (const link of [world.route.there, world.route.back]) {
        Object.assign(link.conditions, { loss: 0, reorder: 0, corrupt: 0 });
      }
      // Behind a new mapping of its NAT a client is found once it has said something
      connection.ping();
      world.client.touch(connection, world.nowUs);
      const settled = (): boolean => {
        read();
        return (["client", "server"] as const).every((each) => {
          const { arrived } = peers[each === "client" ? "server" : "client"];
          return [...peers[each].written].every(([id, { bytes, given }]) => {
            const seen = arrived.get(id);
            if (given === "stopped") return true;
            if (seen?.ended === "end") return seen.chunks === bytes.length;
            return seen?.ended === "reset" && given === "reset";
          });
        });
      };
      const done = world.run(settled, 25_000_000);
      const reasons = Object.values(peers).map((peer) => peer.connection.closeReason);
      assert.deepEqual(reasons, [null, null], String(reasons.map((reason) => reason?.cause)));
      assert(done, "it comes to its end");
      // Nothing is left to say
      for (const { connection: end } of Object.values(peers)) assert.equal(end.closeState, "open");
    }),
    { numRuns: RUNS },
  );
});

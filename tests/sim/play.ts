import assert from "node:assert/strict";
import type { Connection } from "../../lib/quic/connection/connection.ts";
import type { ConnectionEvent } from "../../lib/quic/connection/events.ts";
import { directionOf, initiatorOf, type Side } from "../../lib/quic/streams/stream_id.ts";
import { Flow } from "./ledger.ts";
import { checkMemory } from "./memory.ts";
import type { Operation, Script } from "./script.ts";
import { PLACES, World } from "./world.ts";

/** Error codes that the runs use. */
const CODES = { reset: 11, stop: 12, close: 13 } as const;

/** In a good network everything is over after this time, or never. */
const SETTLE_US = 900_000_000;

/** How often a client behind a NAT says something, and how many times. */
const KEEP_ALIVE_US = 5_000_000;
const KEEP_ALIVES = 20;

const CONNECT_US = 60_000_000;

const SIDES: readonly Side[] = ["client", "server"];

/** Plays a script and checks that what holds always does hold. */
export function play(script: Script): void {
  using world = worldOf(script);
  const run = new Play(world);
  if (script.connected) {
    world.run(() => world.client.confirmed && world.server?.confirmed === true, CONNECT_US);
  }
  for (const operation of script.operations) run.do(operation);
  run.settle();
}

function worldOf({ seed, network, streamWindow, connectionWindow, streams, operations }: Script): World {
  // Only the idle timeout tells an end that nobody is there any more
  const closes = operations.some(({ op }) => op === "close");
  return new World({
    seed,
    links: PLACES.map(() => network),
    config: {
      maxIdleTimeoutMs: closes ? 30_000 : 0,
      streams: {
        streamWindow,
        maxStreamWindow: 4 * streamWindow,
        connectionWindow,
        maxConnectionWindow: 4 * connectionWindow,
        bidirectional: streams,
        unidirectional: streams,
      },
    },
  });
}

class Play {
  readonly #world: World;
  readonly #flows = new Map<string, Flow>();
  readonly #reading: Record<Side, boolean> = { client: true, server: true };
  readonly #closed: Record<Side, ConnectionEvent[]> = { client: [], server: [] };
  /** The streams that an end knows of. */
  readonly #known = new Set<string>();
  #closes = false;
  #settling = false;
  #rebound = false;

  constructor(world: World) {
    this.#world = world;
    world.onActivity = () => this.#look();
  }

  do(operation: Operation): void {
    const world = this.#world;
    switch (operation.op) {
      case "advance":
        world.run(() => false, operation.ms * 1000);
        break;
      case "drop":
        world.drop[operation.side] += operation.datagrams;
        break;
      case "migrate":
        world.migrate(operation.to);
        break;
      case "rebind":
        // RFC 9000 9: a handshake does not survive it
        if (!world.client.confirmed) break;
        for (const nat of world.nats) nat.rebind();
        this.#rebound = true;
        break;
      case "read":
        this.#reading[operation.side] = operation.on;
        break;
      default: {
        const end = world.end(operation.side);
        if (end === null || end.closeState !== "open") return;
        this.#act(operation, end);
      }
    }
    for (const end of world.ends) checkMemory(end);
  }

  /** Lets everything come to its end in a good network. */
  settle(): void {
    const world = this.#world;
    world.heal();
    for (const side of SIDES) this.#reading[side] = true;
    this.#settling = true;
    const over = (): boolean => this.#closes ? this.#bothClosed() : this.#allOver();
    // Nobody can reach a client behind a NAT that has forgotten it, unless it says something now and then
    for (let i = 0; this.#rebound && i < KEEP_ALIVES && world.client.closeReason === null; i++) {
      world.client.ping();
      if (world.run(over, KEEP_ALIVE_US)) break;
    }
    assert(world.run(over, SETTLE_US), `it stands still: ${this.#open()}`);
    if (this.#closes) return;
    // What is left are acknowledgments
    const atRest = (): boolean => world.ends.every(isAtRest);
    assert(world.run(atRest, SETTLE_US), `packets are still on their way: ${world.ends.map(inFlight)}`);
    for (const end of world.ends) {
      assert.equal(end.streams.size, 0, "streams that are over are still known");
      assert.equal(end.core.firstPath.bytesInFlight, 0);
      checkMemory(end);
    }
  }

  #act(
    operation: Exclude<Operation, { op: "advance" | "drop" | "migrate" | "rebind" | "read" }>,
    end: Connection,
  ): void {
    const { side } = operation;
    switch (operation.op) {
      case "open": {
        const id = end.open(operation.direction);
        if (id !== null) this.#add(side, id);
        break;
      }
      case "write": {
        const flow = this.#pick(side, operation.stream, (each) => each.from === side && each.writable);
        if (flow !== undefined) end.streams.write(flow.id, flow.take(operation.bytes));
        break;
      }
      case "finish": {
        const flow = this.#pick(side, operation.stream, (each) => each.from === side && each.writable);
        if (flow === undefined) break;
        end.streams.finish(flow.id);
        flow.finished = true;
        break;
      }
      case "reset": {
        const flow = this.#pick(side, operation.stream, (each) => each.from === side && !each.settled);
        if (flow === undefined) break;
        end.streams.reset(flow.id, CODES.reset);
        flow.reset = true;
        break;
      }
      case "stop": {
        const flow = this.#pick(
          side,
          operation.stream,
          (each) => each.from !== side && each.outcome === "open",
        );
        if (flow === undefined) break;
        end.streams.stopSending(flow.id, CODES.stop);
        flow.stopped = true;
        break;
      }
      case "datagram":
        end.sendDatagram(new Uint8Array(operation.bytes).fill(operation.bytes));
        break;
      case "key-update":
        end.updateKeys(this.#world.nowUs);
        break;
      case "ping":
        end.ping();
        break;
      case "close":
        this.#closes = true;
        end.close(this.#world.nowUs, CODES.close, "enough");
        break;
      default:
        operation satisfies never;
    }
  }

  /** Ends what is not ended, as soon as its sender knows of it. */
  #finish(): void {
    for (const flow of this.#flows.values()) {
      const end = this.#world.end(flow.from);
      const known = this.#known.has(`${flow.from} ${flow.id}`);
      if (!known || end?.closeState !== "open" || !flow.writable) continue;
      end.streams.finish(flow.id);
      flow.finished = true;
    }
  }

  /** Takes the events of both ends and reads what is there. */
  #look(): void {
    if (this.#settling) this.#finish();
    for (const side of SIDES) {
      const end = this.#world.end(side);
      if (end === null) continue;
      for (let event = end.pollEvent(); event !== undefined; event = end.pollEvent()) this.#take(side, event);
      if (!this.#reading[side]) continue;
      for (const flow of this.#flows.values()) {
        if (flow.from !== side && this.#known.has(`${side} ${flow.id}`)) read(end, flow);
      }
    }
  }

  #take(side: Side, event: ConnectionEvent): void {
    switch (event.type) {
      case "opened":
        this.#add(side, event.id);
        break;
      case "stopped":
      case "delivered": {
        const flow = this.#flows.get(`${side} ${event.id}`);
        assert(flow !== undefined);
        if (event.type === "delivered") flow.settled = true;
        else assert(flow.stopped, `${flow} was stopped, which nobody did`);
        if (event.type === "stopped") flow.reset = true;
        break;
      }
      case "datagram":
        assert(event.bytes.every((byte) => byte === (event.bytes.length & 0xff)), "another datagram");
        break;
      case "closed": {
        assert.equal(this.#closed[side].length, 0, "the end came twice");
        this.#closed[side].push(event);
        const { by, errorCode, text, cause } = event.reason;
        const problem = `the ${side} closed: ${by} ${errorCode} ${text} ${
          cause instanceof Error ? cause.stack : ""
        }`;
        assert(this.#closes, problem);
        assert(errorCode === CODES.close || errorCode === 0x0c || by === "idle-timeout", problem);
        break;
      }
    }
  }

  /** An end knows of a stream from now on. */
  #add(side: Side, id: number): void {
    this.#known.add(`${side} ${id}`);
    const senders = directionOf(id) === "bidirectional" ? SIDES : [initiatorOf(id)];
    for (const from of senders) {
      const key = `${from} ${id}`;
      if (!this.#flows.has(key)) this.#flows.set(key, new Flow(id, from));
    }
  }

  #pick(side: Side, number: number, fits: (flow: Flow) => boolean): Flow | undefined {
    const flows = [...this.#flows.values()].filter((flow) =>
      fits(flow) && this.#known.has(`${side} ${flow.id}`)
    );
    return flows[number % Math.max(1, flows.length)];
  }

  #allOver(): boolean {
    return [...this.#flows.values()].every(({ over }) => over);
  }

  #bothClosed(): boolean {
    return this.#world.ends.every(({ closeReason }) => closeReason !== null);
  }

  #open(): string {
    const flows = [...this.#flows.values()].filter(({ over }) => !over).map((flow) => ({ ...flow }));
    const ends = this.#world.ends.map((end) => [
      end.closeState,
      end.confirmed,
      end.pollTimeout() - this.#world.nowUs,
      inFlight(end),
    ]);
    return JSON.stringify({ flows, ends });
  }
}

function read(end: Connection, flow: Flow): void {
  if (flow.outcome !== "open" || flow.stopped) return;
  for (;;) {
    const result = end.streams.read(flow.id);
    switch (result.type) {
      case "empty":
        return;
      case "data":
        flow.put(result.bytes);
        break;
      case "end":
        flow.end("end");
        return;
      case "reset":
        flow.end("reset");
        return;
      default:
        result satisfies never;
    }
  }
}

function isAtRest(end: Connection): boolean {
  return inFlight(end) === 0;
}

function inFlight(end: Connection): number {
  let packets = 0;
  for (const space of end.core.liveSpaces) packets += space.elicitingInFlight;
  return packets;
}

import assert from "node:assert/strict";
import type { Connection } from "../../lib/quic/connection/connection.ts";
import type { ConnectionEvent } from "../../lib/quic/connection/events.ts";
import { DEFAULT_SCHEDULER, schedulers } from "../../lib/quic/scheduler/schedulers.ts";
import { directionOf, initiatorOf, type Side } from "../../lib/quic/streams/stream_id.ts";
import { QUIC_ERROR } from "../../lib/quic/wire/error_codes.ts";
import { Flow } from "./ledger.ts";
import { checkMemory } from "./memory.ts";
import type { Operation, Script } from "./script.ts";
import { PLACES, tupleFrom, World } from "./world.ts";

/** Error codes that the runs use. */
const CODES = { reset: 11, stop: 12, close: 13 } as const;

/** In a good network everything is over after this time, or never. */
const SETTLE_US = 900_000_000;

/** How often a client behind a NAT says something, and how many times. */
const KEEP_ALIVE_US = 5_000_000;
const KEEP_ALIVES = 20;

const CONNECT_US = 60_000_000;

/** How many datagrams of a handshake are dropped on purpose. */
const MAX_EARLY_DROPS = 4;

/** The largest path id at first, where several paths are used. */
const MAX_PATH_ID = 4;

/** The longest time until another path can be opened, when those before are over. */
const OPEN_US = 60_000_000;

const SIDES: readonly Side[] = ["client", "server"];

/** Plays a script and checks that what holds always does hold. */
export function play(script: Script): void {
  using world = worldOf(script);
  const run = new Play(world, script);
  if (script.connected) {
    world.run(() => world.client.confirmed && world.server?.confirmed === true, CONNECT_US);
  }
  for (const operation of script.operations) run.do(operation);
  run.settle();
}

function worldOf(script: Script): World {
  const { seed, network, links, scheduler, streamWindow, connectionWindow, streams, operations } = script;
  // Only the idle timeout tells an end that nobody is there any more
  const closes = operations.some(({ op }) => op === "close");
  return new World({
    seed,
    links: links?.map((difference) => ({ ...network, ...difference })) ?? PLACES.map(() => network),
    config: {
      scheduler: schedulers[scheduler ?? DEFAULT_SCHEDULER],
      initialMaxPathId: links === undefined ? null : MAX_PATH_ID,
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
  readonly #script: Script;
  #closes = false;
  #settling = false;
  #rebound = false;
  #droppedEarly = 0;
  /** Both ends have given up the last path of the other one. */
  #stranded = false;

  constructor(world: World, script: Script) {
    this.#world = world;
    this.#script = script;
    world.onActivity = () => this.#look();
  }

  do(operation: Operation): void {
    const world = this.#world;
    switch (operation.op) {
      case "advance":
        world.run(() => false, operation.ms * 1000);
        break;
      case "drop":
        world.drop[operation.side] += this.#mayDrop(operation.datagrams);
        break;
      case "migrate":
        world.migrate(operation.to % world.routes.length);
        break;
      case "open-path":
        world.client.openPath(world.nowUs, tupleFrom(operation.place % world.routes.length), {
          status: operation.backup ? "backup" : "available",
        });
        break;
      case "fail":
        // A handshake takes ten seconds at the most
        if (world.client.confirmed) world.setLoss(operation.place, 1);
        break;
      case "recover":
        world.setLoss(operation.place, this.#script.network.loss ?? 0);
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
    const over = (): boolean => this.#stranded || (this.#closes ? this.#bothClosed() : this.#allOver());
    assert(this.#comesTo(over), `it stands still: ${this.#open()}`);
    if (this.#closes || this.#stranded) return;
    // What is left are acknowledgments
    const atRest = (): boolean => this.#stranded || world.ends.every(isAtRest);
    assert(this.#comesTo(atRest), `packets are still on their way: ${world.ends.map(inFlight)}`);
    if (this.#stranded) return;
    for (const end of world.ends) {
      assert.equal(end.streams.size, 0, "streams that are over are still known");
      for (const path of end.core.openPaths) assert.equal(path.bytesInFlight, 0, `on path ${path.id}`);
      checkMemory(end);
    }
    if (world.client.multipath) this.#openOneMore();
  }

  /** Whether it comes to that in a good network. */
  #comesTo(state: () => boolean): boolean {
    const world = this.#world;
    // Nobody can reach a client behind a NAT that has forgotten it, unless it says something now and then
    for (let i = 0; this.#rebound && i < KEEP_ALIVES && world.client.closeReason === null; i++) {
      world.client.ping();
      if (world.run(state, KEEP_ALIVE_US)) return true;
    }
    return world.run(state, SETTLE_US);
  }

  /** A handshake takes ten seconds at the most, and each datagram in a row costs it twice the time of the last. */
  #mayDrop(datagrams: number): number {
    if (this.#world.client.confirmed) return datagrams;
    const most = Math.min(datagrams, MAX_EARLY_DROPS - this.#droppedEarly);
    this.#droppedEarly += most;
    return most;
  }

  /** Path ids never run dry. */
  #openOneMore(): void {
    const { client } = this.#world;
    let opened = -1;
    const done = (): boolean => {
      if (this.#stranded || client.core.openPaths.length > MAX_PATH_ID) return true;
      if (opened >= 0) return client.core.paths.get(opened)?.phase === "active";
      const id = client.openPath(this.#world.nowUs, tupleFrom(0));
      if (typeof id === "number") opened = id;
      return false;
    };
    client.ping();
    assert(this.#world.run(done, OPEN_US), `no path can be opened: ${opened}`);
  }

  #act(
    operation: Exclude<
      Operation,
      { op: "advance" | "drop" | "migrate" | "rebind" | "read" | "open-path" | "fail" | "recover" }
    >,
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
      case "abandon": {
        const path = pickPath(end, operation.path);
        if (path !== undefined) end.abandonPath(this.#world.nowUs, path);
        break;
      }
      case "status": {
        const path = pickPath(end, operation.path);
        if (path !== undefined) end.setPathStatus(path, operation.backup ? "backup" : "available");
        break;
      }
      case "bind": {
        const flow = this.#pick(side, operation.stream, (each) => each.from === side && each.writable);
        const path = operation.path === null ? -1 : pickPath(end, operation.path);
        if (flow !== undefined && path !== undefined) end.bindStream(flow.id, path);
        break;
      }
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
        if (errorCode === QUIC_ERROR.NO_VIABLE_PATH) {
          assert(this.#lostPaths, "paths were lost that nobody gave up, nor broke");
          this.#stranded = true;
          break;
        }
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

  /** Whether paths may have been given up at both ends: the script breaks them, or makes the ends do so. */
  get #lostPaths(): boolean {
    return this.#script.operations.some(({ op }) => ["abandon", "fail", "drop", "rebind"].includes(op));
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

function pickPath(end: Connection, number: number): number | undefined {
  const { openPaths } = end.core;
  return openPaths[number % Math.max(1, openPaths.length)]?.id;
}

function isAtRest(end: Connection): boolean {
  return inFlight(end) === 0;
}

function inFlight(end: Connection): number {
  let packets = 0;
  for (const space of end.core.liveSpaces) packets += space.elicitingInFlight;
  return packets;
}

import assert from "node:assert/strict";
import type { PathStatus } from "../../../lib/base/path.ts";
import type { ConnectionConfig } from "../../../lib/quic/connection/config.ts";
import type { Connection } from "../../../lib/quic/connection/connection.ts";
import type { ConnectionEvent, PathEvent } from "../../../lib/quic/connection/events.ts";
import type { Path } from "../../../lib/quic/connection/path.ts";
import type { Side } from "../../../lib/quic/streams/stream_id.ts";
import type { LinkOptions } from "../link.ts";
import { checkMemory } from "../memory.ts";
import { tupleFrom, World } from "../world.ts";
import { Transfer } from "./transfer.ts";

/** What a scenario is played in. */
export interface ScenarioOptions {
  /** The links by place; the first is that of the handshake. */
  readonly links?: readonly (LinkOptions & { readonly back?: LinkOptions })[];
  readonly seed?: number;
  readonly config?: Partial<ConnectionConfig>;
  readonly client?: Partial<ConnectionConfig>;
  readonly server?: Partial<ConnectionConfig>;
}

const SIDES: readonly Side[] = ["client", "server"];

/** A link of so many Mbit/s with this one-way delay and a queue of this many bandwidth-delay products. */
export function link(mbps: number, delayMs: number, queueBdps: number = 1.5): LinkOptions {
  const bdpBytes = mbps * 1e6 / 8 * 2 * delayMs / 1000;
  return {
    delayUs: delayMs * 1000,
    rateBps: mbps * 1e6,
    queueBytes: Math.max(30_000, Math.ceil(queueBdps * bdpBytes)),
  };
}

/** 10 Mbit/s and 10 ms each way: what picoquic's scenarios use. */
export const TEN: LinkOptions = link(10, 10, 1);

/** A client and a server with several links between them, what they transfer, and what happened to their paths. */
export class Scenario {
  readonly world: World;
  readonly transfers: Transfer[] = [];
  readonly events: Record<Side, PathEvent[]> = { client: [], server: [] };
  readonly datagrams: Record<Side, Uint8Array[]> = { client: [], server: [] };
  /** When the client began. */
  readonly startedUs: number;
  /** The sizes of downloads that have not begun. */
  readonly #waiting: number[] = [];
  #closed: ConnectionEvent | null = null;

  constructor(options: ScenarioOptions = {}) {
    const { links = [TEN, TEN], seed = 1, config, client, server } = options;
    this.world = new World({
      seed,
      links,
      config: { initialMaxPathId: 7, ...config },
      ...(client === undefined ? {} : { client }),
      ...(server === undefined ? {} : { server }),
    });
    this.startedUs = this.world.nowUs;
    this.world.onActivity = () => this.#look();
  }

  get client(): Connection {
    return this.world.client;
  }

  get server(): Connection {
    assert(this.world.server !== null, "the server has not been reached");
    return this.world.server;
  }

  /** Since the client began. */
  get elapsedUs(): number {
    return this.world.nowUs - this.startedUs;
  }

  /** Why the connection is over; null while it is not. */
  get closed(): ConnectionEvent | null {
    return this.#closed;
  }

  /** Runs until the handshake is confirmed at both ends. */
  connect(): this {
    this.until(() => this.client.confirmed && this.world.server?.confirmed === true, 10_000_000, "connected");
    return this;
  }

  /** Opens a path from one of the client's places. @returns Its id. */
  open(place: number, status: PathStatus = "available"): number {
    const { world } = this;
    const id = this.client.openPath(world.nowUs, tupleFrom(place), { status });
    assert(typeof id === "number", `path from place ${place}: ${id}`);
    return id;
  }

  /** Opens a path and waits until both ends have validated it. */
  openAndWait(place: number, status: PathStatus = "available"): number {
    const id = this.open(place, status);
    this.until(
      () => SIDES.every((side) => this.phase(side, id) === "active"),
      5_000_000,
      `path ${id} is active`,
    );
    return id;
  }

  /** How far a path is at an end. */
  phase(side: Side, pathId: number): string {
    return this.path(side, pathId)?.phase ?? "none";
  }

  path(side: Side, pathId: number): Path | undefined {
    return this.world.end(side)?.core.paths.get(pathId);
  }

  /** Bytes of datagrams that an end has sent on a path. */
  sent(side: Side, pathId: number): number {
    const open = this.path(side, pathId);
    if (open !== undefined) return open.counters.bytesSent;
    const over = this.events[side].find((each) => each.pathId === pathId && each.change === "abandoned");
    return over?.change === "abandoned" ? over.statistics.bytesSent : 0;
  }

  /** What became of a path at an end. */
  changes(side: Side, pathId: number): readonly string[] {
    return this.events[side].filter((each) => each.pathId === pathId).map(({ change }) => change);
  }

  /** Begins a transfer. */
  transfer(from: Side, bytes: number, bufferBytes: number = Infinity): Transfer {
    const end = from === "client" ? this.client : this.server;
    const id = end.open("unidirectional");
    assert(id !== null);
    const transfer = new Transfer(id, from, bytes, this.world.nowUs, bufferBytes);
    this.transfers.push(transfer);
    return transfer;
  }

  /** Begins downloads one after the other. */
  download(count: number, bytes: number): this {
    this.#waiting.push(...Array.from({ length: count }, () => bytes));
    return this;
  }

  /** Runs until all transfers are done. */
  finish(withinUs: number = 600_000_000): this {
    this.until(() => this.#waiting.length === 0 && this.#allDone(), withinUs, "all is transferred");
    return this;
  }

  #allDone(): boolean {
    return this.transfers.every(({ done }) => done);
  }

  /** Lets time pass. */
  wait(us: number): this {
    this.world.run(() => false, us);
    return this;
  }

  /** Runs until something is so. */
  until(holds: () => boolean, withinUs: number, what: string): void {
    const failed = (): boolean => this.#closed !== null && !holds();
    this.world.run(() => holds() || failed(), withinUs);
    assert(holds(), `not ${what} after ${this.elapsedUs} us: ${this.#report()}`);
  }

  /** Nothing gets through from a place, in silence. */
  fail(place: number): this {
    return this.#setLoss(place, 1);
  }

  /** All gets through again. */
  recover(place: number): this {
    return this.#setLoss(place, 0);
  }

  #setLoss(place: number, loss: number): this {
    const { there, back } = this.world.routes[place]!;
    there.conditions.loss = back.conditions.loss = loss;
    return this;
  }

  #look(): void {
    const { world } = this;
    if (
      this.#waiting.length > 0 && this.client.confirmed && world.server?.confirmed === true && this.#allDone()
    ) {
      this.transfer("server", this.#waiting.shift()!);
    }
    for (const side of SIDES) {
      const end = world.end(side);
      if (end === null) continue;
      for (let event = end.pollEvent(); event !== undefined; event = end.pollEvent()) {
        if (event.type === "path") this.events[side].push(event);
        else if (event.type === "datagram") this.datagrams[side].push(event.bytes);
        else if (event.type === "closed") this.#closed = event;
        else if (event.type === "opened") {
          const { id } = event;
          for (const each of this.transfers) {
            if (each.flow.id === id && each.flow.from !== side) each.known = true;
          }
        }
      }
      if (end.closeState !== "open") continue;
      for (const transfer of this.transfers) {
        if (transfer.flow.from === side) transfer.write(end);
        else if (transfer.known && !transfer.done) transfer.read(end, world.nowUs);
      }
    }
  }

  #report(): string {
    const ends = this.world.ends.map((end) => ({
      side: end.core.side,
      state: end.closeState,
      paths: [...end.core.paths.values()].map((path) => ({
        id: path.id,
        phase: path.phase,
        status: path.status,
        inFlight: path.bytesInFlight,
        window: path.congestion.windowBytes,
        sent: path.counters.bytesSent,
        lost: path.counters.bytesLost,
        again: path.counters.bytesReinjected,
        rttMs: Math.round(path.rtt.smoothedUs / 1000),
        blocked: path.blocked,
      })),
    }));
    const transfers = this.transfers.map(({ flow, bytes }) => `${flow}: ${flow.received} of ${bytes}`);
    return JSON.stringify({ closed: this.#closed, ends, transfers, events: this.events }, null, 1);
  }

  /** What happened, for those who look into a run. */
  get report(): string {
    return this.#report();
  }

  [Symbol.dispose](): void {
    for (const end of this.world.ends) checkMemory(end);
    this.world[Symbol.dispose]();
  }
}

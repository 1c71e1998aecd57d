import type { SocketAddress } from "../../lib/quic/connection/tuple.ts";

/** A UDP datagram on its way. */
export interface Datagram {
  readonly source: SocketAddress;
  readonly destination: SocketAddress;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The ECN field of its IP header (RFC 3168 5). */
  readonly ecn: number;
}

/**
 * A piece of a network in virtual time. Datagrams go in with `push`, and come out of `poll` when their time
 * has come; times are microseconds and never go back.
 */
export interface SimNode {
  /** When `poll` has something next; Infinity while nothing is under way. */
  readonly nextUs: number;
  push(nowUs: number, datagram: Datagram): void;
  /** A datagram that has come through by now. */
  poll(nowUs: number): Datagram | undefined;
}

/** A node that decides at once what becomes of a datagram. */
export abstract class Instant implements SimNode {
  readonly #through: Datagram[] = [];

  get nextUs(): number {
    return this.#through.length > 0 ? -Infinity : Infinity;
  }

  push(nowUs: number, datagram: Datagram): void {
    this.#through.push(...this.pass(datagram, nowUs));
  }

  poll(_nowUs: number): Datagram | undefined {
    return this.#through.shift();
  }

  /** What comes out for what goes in. */
  abstract pass(datagram: Datagram, nowUs: number): readonly Datagram[];
}

/** Nodes one after the other. */
export class Chain implements SimNode {
  readonly #nodes: readonly SimNode[];
  #clockUs = 0;

  constructor(...nodes: readonly SimNode[]) {
    this.#nodes = nodes;
  }

  get nextUs(): number {
    return this.#nodes.reduce((next, node) => Math.min(next, node.nextUs), Infinity);
  }

  push(nowUs: number, datagram: Datagram): void {
    this.#settle(nowUs);
    this.#clockUs = nowUs;
    this.#nodes[0]?.push(nowUs, datagram);
    this.#settle(nowUs);
  }

  poll(nowUs: number): Datagram | undefined {
    this.#settle(nowUs);
    return this.#nodes.at(-1)?.poll(nowUs);
  }

  /** Moves on what has left a node by now, in the order of time: what nobody looked at is not late for it. */
  #settle(nowUs: number): void {
    for (;;) {
      const [index, dueUs] = this.#firstDue();
      if (dueUs > nowUs) return;
      if (dueUs !== -Infinity) this.#clockUs = dueUs;
      const datagram = this.#nodes[index]!.poll(this.#clockUs);
      if (datagram === undefined) return;
      this.#nodes[index + 1]!.push(this.#clockUs, datagram);
    }
  }

  /** The node with something to hand on first, but for the last one, which hands it to nobody here. */
  #firstDue(): readonly [index: number, dueUs: number] {
    let first = 0;
    let dueUs = Infinity;
    for (let index = 0; index < this.#nodes.length - 1; index++) {
      const nextUs = this.#nodes[index]!.nextUs;
      if (nextUs < dueUs) [first, dueUs] = [index, nextUs];
    }
    return [first, dueUs];
  }
}

/** A queue ordered by time; those of one time keep their order. */
export class TimeQueue {
  readonly #waiting: { readonly atUs: number; readonly datagram: Datagram }[] = [];

  /** When the first one is due; Infinity for none. */
  get nextUs(): number {
    return this.#waiting[0]?.atUs ?? Infinity;
  }

  get size(): number {
    return this.#waiting.length;
  }

  add(atUs: number, datagram: Datagram): void {
    let at = this.#waiting.length;
    while (at > 0 && this.#waiting[at - 1]!.atUs > atUs) at--;
    this.#waiting.splice(at, 0, { atUs, datagram });
  }

  take(nowUs: number): Datagram | undefined {
    return this.nextUs <= nowUs ? this.#waiting.shift()?.datagram : undefined;
  }
}

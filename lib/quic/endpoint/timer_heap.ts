/** Something that wants to be woken at a time. */
interface Timed<Item> {
  atUs: number;
  /** Where it stands in the heap; -1 when it does not. */
  index: number;
  readonly item: Item;
}

/** The timers of many connections: the earliest is known at once, and changing one takes the logarithm of all. */
export class TimerHeap<Item> {
  readonly #heap: Timed<Item>[] = [];
  readonly #all = new Map<Item, Timed<Item>>();

  /** When the first of them is due; Infinity if none is. */
  get nextUs(): number {
    return this.#heap[0]?.atUs ?? Infinity;
  }

  /** Sets when an item is to be woken; Infinity for never. */
  set(item: Item, atUs: number): void {
    let timed = this.#all.get(item);
    if (timed === undefined) {
      timed = { atUs, index: -1, item };
      this.#all.set(item, timed);
    }
    if (timed.index >= 0 && atUs === timed.atUs) return;
    this.#remove(timed);
    timed.atUs = atUs;
    if (atUs < Infinity) this.#insert(timed);
  }

  /** Forgets an item. */
  delete(item: Item): void {
    const timed = this.#all.get(item);
    if (timed === undefined) return;
    this.#remove(timed);
    this.#all.delete(item);
  }

  /** Takes out an item that is due; undefined if there is none. It has to be set again. */
  take(nowUs: number): Item | undefined {
    const [first] = this.#heap;
    if (first === undefined || first.atUs > nowUs) return undefined;
    this.#remove(first);
    return first.item;
  }

  #insert(timed: Timed<Item>): void {
    timed.index = this.#heap.length;
    this.#heap.push(timed);
    this.#rise(timed.index);
  }

  #remove(timed: Timed<Item>): void {
    const { index } = timed;
    if (index < 0) return;
    timed.index = -1;
    const last = this.#heap.pop()!;
    if (last === timed) return;
    this.#heap[index] = last;
    last.index = index;
    this.#rise(index);
    this.#sink(last.index);
  }

  #rise(index: number): void {
    for (let at = index; at > 0;) {
      const parent = (at - 1) >> 1;
      if (this.#heap[parent]!.atUs <= this.#heap[at]!.atUs) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(index: number): void {
    for (let at = index;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      if (left < this.#heap.length && this.#heap[left]!.atUs < this.#heap[least]!.atUs) least = left;
      if (right < this.#heap.length && this.#heap[right]!.atUs < this.#heap[least]!.atUs) least = right;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a]!, this.#heap[b]!];
    this.#heap[a] = second;
    this.#heap[b] = first;
    first.index = b;
    second.index = a;
  }
}

import { AF_INET6, SOCKADDR_IN6_LAYOUT, SOCKADDR_IN_LAYOUT } from "../../ffi/mod.ts";
import type { Endpoint } from "../base/endpoint.ts";
import { decodeSockaddr } from "./sockaddr.ts";

/** Peers that are remembered. More of them only cost time. */
const ENTRIES = 1024;

/** Words of a `sockaddr_in6`, the larger one. */
const ENTRY_WORDS = SOCKADDR_IN6_LAYOUT.size >> 2;
const V6_WORDS = ENTRY_WORDS;
const V4_WORDS = 2;
const FAMILY_MASK = 0xffff;

/** Any odd number mixes; this one is 2^32 divided by the golden ratio. */
const MIX = 0x9e3779b1;

/**
 * The endpoints of socket addresses and back, without an allocation for one that was seen lately. Its size is
 * bounded whatever a stranger sends: a new address takes the place of an old one.
 */
export class SockaddrCache {
  readonly #words: Int32Array;
  readonly #endpoints: (Endpoint | null)[];
  readonly #encoded: WeakMap<Endpoint, Uint8Array<ArrayBuffer>> = new WeakMap();
  // Nobody outside can choose addresses that take each other's place.
  readonly #seed: number = Math.floor(Math.random() * 0x1_0000_0000) | 0;

  /** @param entries How many addresses it has room for: a power of two. */
  constructor(entries: number = ENTRIES) {
    this.#words = new Int32Array(entries * ENTRY_WORDS);
    this.#endpoints = new Array(entries).fill(null);
  }

  /** The endpoint in a sockaddr at `words[at]`; null for an address family that is not IP. */
  decode(words: Int32Array<ArrayBuffer>, at: number): Endpoint | null {
    const count = (words[at]! & FAMILY_MASK) === AF_INET6 ? V6_WORDS : V4_WORDS;
    const entry = this.#entryOf(words, at, count);
    const endpoint = this.#endpoints[entry] ?? null;
    if (endpoint !== null && this.#matches(entry, words, at, count)) return endpoint;
    return this.#learn(entry, words, at, count);
  }

  /** The sockaddr of an endpoint that came from here or was remembered. */
  encoded(endpoint: Endpoint): Uint8Array<ArrayBuffer> | undefined {
    return this.#encoded.get(endpoint);
  }

  /** Remembers the sockaddr of an endpoint. */
  remember(endpoint: Endpoint, sockaddr: Uint8Array<ArrayBuffer>): void {
    this.#encoded.set(endpoint, sockaddr);
  }

  #entryOf(words: Int32Array, at: number, count: number): number {
    let hash = this.#seed;
    for (let i = 0; i < count; i++) {
      hash = Math.imul(hash ^ words[at + i]!, MIX);
      hash ^= hash >>> 15;
    }
    return hash & (this.#endpoints.length - 1);
  }

  #matches(entry: number, words: Int32Array, at: number, count: number): boolean {
    const start = entry * ENTRY_WORDS;
    for (let i = 0; i < count; i++) if (this.#words[start + i] !== words[at + i]) return false;
    return true;
  }

  #learn(entry: number, words: Int32Array<ArrayBuffer>, at: number, count: number): Endpoint | null {
    const endpoint = decodeSockaddr(new DataView(words.buffer), words.byteOffset + at * 4);
    if (endpoint === null) return null;
    for (let i = 0; i < count; i++) this.#words[entry * ENTRY_WORDS + i] = words[at + i]!;
    this.#endpoints[entry] = endpoint;
    const size = count === V6_WORDS ? SOCKADDR_IN6_LAYOUT.size : SOCKADDR_IN_LAYOUT.size;
    const bytes = new Uint8Array(words.buffer, words.byteOffset + at * 4, size).slice();
    this.#encoded.set(endpoint, bytes);
    return endpoint;
  }
}

/** Keeps what servers give out so that a later connection need not prove its address (RFC 9000 8.1.3). */
export interface TokenStore {
  /**
   * Takes a token out: none is used twice, so that connections cannot be linked by it.
   *
   * @param server Which server, and from which local address.
   * @returns The token, or undefined if there is none.
   */
  take(server: string): Uint8Array | undefined;
  /**
   * Keeps a token.
   *
   * @param server Which server, and from which local address.
   * @param token What the server gave.
   */
  put(server: string, token: Uint8Array): void;
}

/** Servers that are remembered; the one that was heard of longest ago goes first. */
const MAX_SERVERS = 256;

/** Tokens of one server: the newest. */
const MAX_TOKENS = 4;

/** A server's tokens are as long as it likes. */
const MAX_TOKEN_BYTES = 1024;

/** A store in memory, which is bounded. */
export class MemoryTokenStore implements TokenStore {
  readonly #tokens = new Map<string, Uint8Array[]>();

  /** Takes the newest token of a server out. */
  take(server: string): Uint8Array | undefined {
    const tokens = this.#tokens.get(server);
    const token = tokens?.pop();
    if (tokens?.length === 0) this.#tokens.delete(server);
    return token;
  }

  /** Keeps a token, and forgets older ones. */
  put(server: string, token: Uint8Array): void {
    if (token.length === 0 || token.length > MAX_TOKEN_BYTES) return;
    const tokens = this.#tokens.get(server) ?? [];
    tokens.push(token.slice());
    if (tokens.length > MAX_TOKENS) tokens.shift();
    // To the end of the line
    this.#tokens.delete(server);
    this.#tokens.set(server, tokens);
    if (this.#tokens.size <= MAX_SERVERS) return;
    const [oldest] = this.#tokens.keys();
    this.#tokens.delete(oldest!);
  }
}

/** What connections of this program share. */
export const SHARED_TOKENS: TokenStore = new MemoryTokenStore();

import { Endpoint } from "../base/endpoint.ts";
import { Ip } from "../base/ip.ts";

/** Peers that are remembered. More of them only cost time. */
const MAX_PEERS = 1024;

/** The endpoints of peers that a runtime tells by text, without parsing one that was seen lately. */
export class PeerNames {
  readonly #endpoints = new Map<string, Endpoint>();

  /** The endpoint, or null when the text is no address. */
  endpoint(address: string, port: number): Endpoint | null {
    const key = `${address} ${port}`;
    const known = this.#endpoints.get(key);
    if (known !== undefined) return known;
    const ip = Ip.tryParse(address);
    if (ip === null) return null;
    const endpoint = Endpoint.of(ip.unmapped(), port);
    // A stranger can send from many ports: start anew rather than grow.
    if (this.#endpoints.size >= MAX_PEERS) this.#endpoints.clear();
    this.#endpoints.set(key, endpoint);
    return endpoint;
  }
}

import { Endpoint } from "../../base/endpoint.ts";
import type { SocketAddress, Tuple } from "../connection/tuple.ts";

/** Between the endpoints of a socket and the tuples of the core: the same objects for the same peer. */
export class Tuples {
  readonly #addresses = new WeakMap<Endpoint, SocketAddress>();
  readonly #endpoints = new WeakMap<SocketAddress, Endpoint>();
  readonly #tuples = new WeakMap<Endpoint, Tuple>();

  /** The tuple of a datagram. */
  of(local: Endpoint, remote: Endpoint): Tuple {
    const localAddress = this.address(local);
    const known = this.#tuples.get(remote);
    if (known?.local === localAddress) return known;
    const tuple: Tuple = { local: localAddress, remote: this.address(remote) };
    this.#tuples.set(remote, tuple);
    return tuple;
  }

  /** The endpoint of an address. */
  endpoint(address: SocketAddress): Endpoint {
    let endpoint = this.#endpoints.get(address);
    if (endpoint === undefined) {
      endpoint = Endpoint.of(address.ip, address.port);
      this.#endpoints.set(address, endpoint);
    }
    return endpoint;
  }

  /** The address of an endpoint. */
  address(endpoint: Endpoint): SocketAddress {
    let address = this.#addresses.get(endpoint);
    if (address === undefined) {
      address = { ip: endpoint.ip!, port: endpoint.port! };
      this.#addresses.set(endpoint, address);
      this.#endpoints.set(address, endpoint);
    }
    return address;
  }
}

import type { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";

/**
 * Asks Deno whether this program may use an address. A socket made by a system call does not pass Deno's
 * own check, so every such socket comes through here first: the sandbox holds.
 *
 * @param endpoint The address to connect to or to listen on.
 * @param what The action, such as `connect to 192.0.2.1:443`.
 * @throws {MptError} `ERR_NET_PERMISSION` with the flag that allows it.
 */
export function requireNet(endpoint: Endpoint, what: string): void {
  requireHost(endpoint.address, what);
}

/**
 * As {@linkcode requireNet}, for the look-up of a name: Node's says EPERM, which is a firewall's word, too.
 *
 * @param name The name.
 * @param what The action, such as `look up example.com`.
 * @throws {MptError} `ERR_NET_PERMISSION` with the flag that allows it.
 */
export function requireLookup(name: string, what: string): void {
  requireHost(name, what);
}

function requireHost(host: string, what: string): void {
  const descriptor: Deno.NetPermissionDescriptor = { name: "net", host };
  let { state } = Deno.permissions.querySync(descriptor);
  // "prompt": let Deno ask its user, as its own sockets do; without a terminal it answers "denied".
  if (state === "prompt") state = Deno.permissions.requestSync(descriptor).state;
  if (state === "granted") return;
  const flag = `--allow-net=${host}`;
  throw new MptError("ERR_NET_PERMISSION", `Cannot ${what}: run again with ${flag} or --allow-net`, {
    fix: flag,
  });
}

/**
 * The test server: how it sees each connection (`GET /`), bytes on demand (`GET /bytes/N`) and perf
 * transfers, over every transport, each address with its own. It bounds what a stranger can ask.
 *
 * @example Serve until a client has come and gone
 * ```ts no-run
 * import { serve } from "@multipath/mpt/serve";
 *
 * const server = await serve({ once: true }, (event) => console.log(event));
 * console.log((await server.finished).bytes_sent);
 * ```
 *
 * @module
 */
export { serve, Server } from "./run.ts";
export {
  DEFAULT_LIMITS,
  DEFAULT_PORT,
  defaultListen,
  DRAIN_MS,
  type ServeLimits,
  type ServeOptions,
} from "./options.ts";
export type { ServedConnection, ServeEvent, ServeResult } from "./result.ts";

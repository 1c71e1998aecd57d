/**
 * Multipath network diagnostics: does multipath work here, if not why not, and what is it worth? Probe a
 * server, measure it, run the other end, look at this machine; or use the transports underneath, where
 * TCP and MPTCP connections have one face and their paths can be looked at while they live.
 *
 * @example A server and a probe of it
 * ```ts
 * import { Endpoint, probe, serve } from "@multipath/mpt";
 *
 * const listen = [Endpoint.parse("tcp@127.0.0.1:0", { allowPortZero: true })];
 * await using server = await serve({ listen });
 * const result = await probe(server.listeners[0]!.local, { transports: ["tcp"] });
 * if (result.endpoints[0]?.tcp.status !== "yes") throw new Error("TCP does not work on loopback");
 * ```
 *
 * @module
 */

// the questions
export {
  probe,
  type ProbeEvent,
  type ProbeOptions,
  type ProbeResult,
  requirementHolds,
} from "./lib/probe/mod.ts";
export { bench, type BenchEvent, type BenchOptions, type BenchResult } from "./lib/bench/mod.ts";
export {
  race,
  type RaceOptions,
  type RaceOutcome,
  type RaceResult,
  raceRounds,
  type RaceRoundsOptions,
} from "./lib/race/mod.ts";
export { serve, type ServeEvent, type ServeOptions, Server, type ServeResult } from "./lib/serve/mod.ts";

// connections
export {
  type ByteStream,
  connect,
  type Connection,
  type ConnectOptions,
  listen,
  type Listener,
  type ListenOptions,
  readableOf,
  writableOf,
} from "./lib/transport/mod.ts";

// values
export {
  Endpoint,
  Ip,
  MptError,
  type MptErrorCode,
  type PathInfo,
  type Transport,
  type Tristate,
  type Verdict,
} from "./lib/base/mod.ts";

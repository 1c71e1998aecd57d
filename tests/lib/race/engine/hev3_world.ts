/** What the tests of version 3 share. */
import { Ip } from "../../../../lib/base/ip.ts";
import type { QueryType } from "../../../../lib/race/engine/values.ts";
import { type Fate, negative, type Reply, type Run, run as runWorld, type World } from "./world.ts";

/** Lets a race of version 3 run that asks for HTTPS records. */
export function run(world: World): Run {
  const options = {
    version: "hev3",
    serviceQuery: { type: "HTTPS" },
    deadlineMs: 5000,
    ...world.options,
  } as const;
  return runWorld({ ...world, options });
}

/** When each attempt was started and to where. */
export function startsOf({ starts }: Run): readonly (readonly [number, string])[] {
  return starts.map(({ atMs, to }) => [atMs, to]);
}

/** When each query was sent, for which name and type. */
export function queriesOf({ log }: Run): readonly (readonly [number, string, string])[] {
  return log.flatMap((each) => each.kind === "query" ? [[each.atMs, each.name, each.type] as const] : []);
}

/** Transport, address and protocols of each attempt. */
export function attemptsOf({ engine }: Run): readonly string[] {
  return engine.attempts.map(({ candidate: { transport, connectTo, service } }) =>
    `${transport} ${connectTo} ${service?.alpn.join()}`
  );
}

/** An address. */
export function ip(text: string): Ip {
  return Ip.parse(text);
}

/** Two addresses of each family. */
export const A = "2001:db8::a";
export const B = "2001:db8::b";
export const C = "192.0.2.3";
export const D = "192.0.2.4";

/** An attempt that connects soon. */
export const CONNECTS: Fate = { kind: "connects", afterMs: 20 };

/** There are no HTTPS records. */
export const NO_HTTPS: Reply = negative(0);

type Zone = Readonly<Record<string, Partial<Record<QueryType, Reply | readonly Reply[]>>>>;

/** Answers by name; what is not there never comes. */
export function zone(names: Zone): (name: string, type: QueryType) => Reply | readonly Reply[] | null {
  return (name, type) => names[name]?.[type] ?? null;
}

import { type Envelope, envelope } from "../../lib/base/result.ts";
import { hostFacts } from "../../lib/io/host.ts";
import type { LabHello } from "./hello.ts";
import { nameFrom } from "./lab_name.ts";
import { launch } from "./launch.ts";
import { requireLabRights } from "./permissions.ts";
import { topology, type TopologyOptions } from "./topology.ts";

/** The result of `mpt lab up`. */
export interface LabUpResult extends Envelope<"mpt.lab-up/1"> {
  readonly lab: Pick<LabHello, "name" | "seed" | "paths" | "servers" | "env">;
}

/** What `mpt lab up` is asked for. */
export interface LabUp {
  readonly topology: TopologyOptions;
  readonly name: string | undefined;
  readonly servers: readonly string[];
}

/** Makes a lab that outlives this process. */
export async function labUp(asked: LabUp, signal: AbortSignal): Promise<LabUpResult> {
  const startedAtMs = Date.now();
  const options = await topology(asked.topology);
  requireLabRights();
  const { hello: { name, seed, paths, servers, env } } = await launch({
    name: asked.name ?? nameFrom(asked.topology.lab),
    anyName: false,
    options,
    servers: asked.servers,
    lifeline: false,
  }, signal);
  return {
    ...envelope({
      schema: "mpt.lab-up/1",
      host: hostFacts(),
      startedAtMs,
      durationMs: Date.now() - startedAtMs,
      // As a file of a lab holds them.
      options: JSON.parse(JSON.stringify(options)),
    }),
    lab: { name, seed, paths, servers, env },
  };
}

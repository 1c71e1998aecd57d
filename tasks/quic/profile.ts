/**
 * Where the time of a process goes: V8's own sampling profiler, and its samples added up by the part of mpt.
 *
 * @module
 */
import { Session } from "node:inspector";

/** The parts of a profile of V8 that are used here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

const INTERVAL_US = 250;

/** Samples where this process is. */
export class Profiler {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
  }

  /** Starts sampling. */
  async start(): Promise<void> {
    await this.#post("Profiler.enable");
    await this.#post("Profiler.setSamplingInterval", { interval: INTERVAL_US });
    await this.#post("Profiler.start");
  }

  /** Stops; what was seen. */
  async stop(): Promise<CpuProfile> {
    return (await this.#post("Profiler.stop")).profile;
  }

  #post(method: string, parameters: object = {}): Promise<{ readonly profile: CpuProfile }> {
    return new Promise((resolve, reject) => {
      this.#session.post(method, parameters, (error: unknown, result: unknown) => {
        if (error) reject(error);
        else resolve(result as { readonly profile: CpuProfile });
      });
    });
  }
}

/** Time of functions by their own name, without what they call; microseconds. */
export function selfTimes(profile: CpuProfile): ReadonlyMap<string, number> {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => {
    const file = callFrame.url.replace(/^.*\/(?=(lib|ffi|tasks)\/)/, "");
    return [id, `${callFrame.functionName || "(anonymous)"} ${file}`] as const;
  }));
  const times = new Map<string, number>();
  profile.samples.forEach((id, index) => {
    const name = names.get(id)!;
    times.set(name, (times.get(name) ?? 0) + profile.timeDeltas[index]!);
  });
  return times;
}

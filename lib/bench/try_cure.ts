import { MptError, toMptError } from "../base/errors.ts";
import { setEndpointBackup } from "../mptcp/endpoint_backup.ts";
import { PENALTY } from "./penalty.ts";
import type { Direction } from "./options.ts";
import type { RunPlan } from "./plan.ts";
import type { Aggregation, BenchEvent, BenchRun, Penalty } from "./result.ts";

/** Better than before by this much is a cure, also where the best path alone is not reached. */
const CLEARLY_BETTER = 1.2;

/**
 * Tries the cure of each penalty, one after the other.
 *
 * @param measure Makes the given run of the plan; the first argument counts the trials.
 */
export async function tryCures(
  penalties: readonly Penalty[],
  aggregations: readonly Aggregation[],
  plans: readonly RunPlan[],
  signal: AbortSignal | undefined,
  onEvent: (event: BenchEvent) => void,
  measure: (index: number, plan: RunPlan, signal: AbortSignal) => Promise<BenchRun>,
): Promise<readonly Penalty[]> {
  const tried: Penalty[] = [];
  for (const penalty of penalties) {
    const same = ({ direction }: { readonly direction: Direction }): boolean =>
      direction === penalty.direction;
    const aggregation = aggregations.find(same);
    const plan = plans.find((each) => same(each) && each.transport === "mptcp");
    if (aggregation === undefined || plan === undefined) continue;
    const again = (stop: AbortSignal): Promise<BenchRun> => measure(tried.length, plan, stop);
    tried.push(await tryCure(penalty, aggregation, again, signal, onEvent));
  }
  return tried;
}

/**
 * Makes the path that holds multipath back a backup, measures again and takes it back, whatever happens.
 *
 * @param penalty What was found.
 * @param aggregation The figures before.
 * @param measure Makes the multipath run again; the signal ends it early.
 * @param signal Ends the trial.
 * @param onEvent Called before anything is changed.
 * @returns The penalty with both figures, or with the reason why the cure was not tried.
 */
export async function tryCure(
  penalty: Penalty,
  aggregation: Aggregation,
  measure: (signal: AbortSignal) => Promise<BenchRun>,
  signal: AbortSignal | undefined,
  onEvent: (event: BenchEvent) => void,
): Promise<Penalty> {
  const { cure } = penalty;
  const reason = whyNot(penalty, signal);
  if (reason !== null || cure === null || cure.endpoint_id === null) return { ...penalty, not_tried: reason };
  onEvent({ event: "try-fix", command: cure.command, undo: cure.undo });
  let change: BackupChange;
  try {
    change = new BackupChange(cure.endpoint_id);
  } catch (error) {
    const failure = toMptError(error, `Cannot run ${cure.command}`);
    return { ...penalty, not_tried: failure.message };
  }
  let run: BenchRun;
  try {
    run = await measure(signal === undefined ? change.signal : AbortSignal.any([signal, change.signal]));
  } finally {
    change.restore();
  }
  if (run.error !== null) {
    const left = change.restored ? "" : `, and the endpoint is still a backup (${cure.undo})`;
    return { ...penalty, not_tried: `the run with the cure failed: ${run.error.message}${left}` };
  }
  const helped = run.goodput_bps >= aggregation.best_single_bps * PENALTY ||
    run.goodput_bps >= aggregation.multipath_bps * CLEARLY_BETTER;
  return {
    ...penalty,
    certainty: helped ? "proved" : "possible",
    tried: {
      before_bps: aggregation.multipath_bps,
      after_bps: run.goodput_bps,
      helped,
      restored: change.restored,
      run,
    },
  };
}

function whyNot({ path, cure }: Penalty, signal: AbortSignal | undefined): string | null {
  if (signal?.aborted) return "it was cut short before";
  if (path === null) return "which path holds the others back is not known";
  if (cure === null) {
    return "no endpoint of this host or of the server is known to hold an address of that path";
  }
  if (cure.host === "server") return `the endpoint ${cure.address} is the server's: run the command there`;
  if (cure.endpoint_id === null) return `this host has no endpoint for ${cure.address}`;
  return null;
}

/** An endpoint that is a backup until it is restored, also when the program is told to leave at once. */
class BackupChange {
  /** Aborts when the terminal hangs up, which would end the program without any other sign. */
  readonly signal: AbortSignal;
  readonly #hangUp = new AbortController();
  readonly #id: number;
  readonly #before: boolean;
  readonly #atExit = (): void => this.restore();
  readonly #atHangUp = (): void => {
    this.restore();
    this.#hangUp.abort(new MptError("ERR_ABORTED", "Cannot go on: the terminal hung up"));
  };
  #restored = false;
  #listening = true;

  constructor(id: number) {
    this.#id = id;
    this.signal = this.#hangUp.signal;
    // Before the change: between the two there is no moment when nobody would restore it.
    globalThis.addEventListener("unload", this.#atExit);
    Deno.addSignalListener("SIGHUP", this.#atHangUp);
    try {
      this.#before = setEndpointBackup(id, true);
    } catch (error) {
      this.#restored = true;
      this.#stopListening();
      throw error;
    }
  }

  /** Whether the endpoint is as it was. */
  get restored(): boolean {
    return this.#restored;
  }

  /** Takes the change back; once. Does not throw. */
  restore(): void {
    if (!this.#restored) {
      try {
        setEndpointBackup(this.#id, this.#before);
        this.#restored = true;
      } catch {
        // Whoever asks learns it by `restored`.
      }
    }
    this.#stopListening();
  }

  #stopListening(): void {
    if (!this.#listening) return;
    this.#listening = false;
    globalThis.removeEventListener("unload", this.#atExit);
    Deno.removeSignalListener("SIGHUP", this.#atHangUp);
  }
}

import type { ScheduleChoice, ScheduleContext, Scheduler } from "../scheduler/scheduler.ts";
import type { Core } from "./core.ts";
import { copyLate } from "./late_copies.ts";
import type { Path } from "./path.ts";
import type { PathView } from "./path_view.ts";

/** What may be put into the packets of the path that was chosen. */
export interface Chosen {
  path: Path;
  /** Whether stream data and datagrams may be in them; else only other frames. */
  data: boolean;
  /** At most so many bytes of datagrams. */
  maxBytes: number;
  /** Paths that carry the same stream data as well. */
  also: readonly Path[];
}

const NOBODY: readonly Path[] = [];

/** Chooses the path that carries what may be sent on any path. One for each connection. */
export class PathChooser {
  readonly #core: Core;
  readonly #scheduler: Scheduler;
  readonly #context: Context;
  readonly #candidates: PathView<Path>[] = [];
  readonly #chosen: Chosen;

  constructor(core: Core) {
    this.#core = core;
    this.#scheduler = core.config.scheduler();
    this.#context = new Context(core);
    this.#chosen = { path: core.firstPath, data: true, maxBytes: Infinity, also: NOBODY };
  }

  /** The path for what is to be sent now; null if there is none. The object is used again. */
  choose(nowUs: number): Chosen | null {
    const core = this.#core;
    const { openPaths } = core;
    const chosen = this.#chosen;
    chosen.data = true;
    chosen.maxBytes = Infinity;
    chosen.also = NOBODY;
    core.scheduleAtUs = Infinity;
    for (let index = 0; index < openPaths.length; index++) openPaths[index]!.pacedUntilUs = Infinity;
    const only = openPaths.length === 1 ? openPaths[0]! : this.#findCandidates();
    if (only !== null) {
      chosen.path = only;
      return chosen;
    }
    if (this.#candidates.length === 0) return null;
    this.#setPace(nowUs);
    if (!core.streams.hasData) {
      const copying = copyLate(core, this.#candidates, nowUs);
      if (copying === null) return this.#forControl(nowUs);
      chosen.path = copying;
      return chosen;
    }
    this.#context.nowUs = nowUs;
    const choice = this.#scheduler(this.#candidates, this.#context);
    if (core.config.logScheduler) {
      core.qlog?.schedulerChoice(nowUs, choice.path, choice.reason, core.streams.queuedBytes);
    }
    core.scheduleAtUs = choice.askAgainUs ?? Infinity;
    const view = this.#candidates.find(({ id }) => id === choice.path);
    this.#count(choice, view, nowUs);
    if (view === undefined || !view.hasWindow || view.pacedUntilUs > nowUs) {
      return this.#forControl(nowUs);
    }
    this.#context.lastPathId = view.id;
    chosen.path = view.path;
    chosen.maxBytes = choice.maxBytes ?? Infinity;
    if (choice.also !== undefined && choice.also.length > 0) chosen.also = this.#others(choice.also, view);
    return chosen;
  }

  /** The paths that can be used, without those that are suspected if there are others. @returns The only one. */
  #findCandidates(): Path | null {
    const { openPaths } = this.#core;
    const candidates = this.#candidates;
    candidates.length = 0;
    let healthy = 0;
    let mute: Path | undefined;
    for (let index = 0; index < openPaths.length; index++) {
      const path = openPaths[index]!;
      if (!path.isUsable) continue;
      // RFC 9000 8.1, 9.3: it moved to an address that is not validated
      if (path.network.budget < path.mtu) {
        if (this.#core.streams.hasData) path.blocked.amplification++;
        mute ??= path;
        continue;
      }
      if (!path.isSuspect) healthy++;
      candidates.push(path.view);
    }
    if (healthy > 0 && healthy < candidates.length) {
      let kept = 0;
      for (const view of candidates) {
        if (!view.suspect) candidates[kept++] = view;
      }
      candidates.length = kept;
    }
    if (candidates.length > 1) return null;
    // Not even one: whatever there is
    return candidates[0]?.path ?? mute ?? openPaths[0] ?? null;
  }

  /** Frames that are no data go to the path with the lowest RTT, whatever the scheduler waits for. */
  #forControl(nowUs: number): Chosen | null {
    let best: PathView<Path> | null = null;
    for (const view of this.#candidates) {
      if (!view.hasWindow || view.path.pacer.available(nowUs) < view.mtu) continue;
      const better = best === null ||
        (view.status !== best.status ? view.status === "available" : view.smoothedRttUs < best.smoothedRttUs);
      if (better) best = view;
    }
    if (best === null) return null;
    this.#chosen.path = best.path;
    this.#chosen.data = !this.#core.streams.hasData;
    return this.#chosen;
  }

  #others(ids: readonly number[], taken: PathView<Path>): readonly Path[] {
    const others = this.#candidates.filter((view) => view !== taken && ids.includes(view.id));
    return others.map(({ path }) => path);
  }

  #setPace(nowUs: number): void {
    for (const view of this.#candidates) {
      const { path } = view;
      view.pacedUntilUs = path.hasWindow && !path.isPaced(nowUs) ? path.pacedUntilUs : nowUs;
    }
  }

  /** Counts what held data up, for each path: the first question is why a path carries nothing. */
  #count(choice: ScheduleChoice, taken: PathView<Path> | undefined, nowUs: number): void {
    const { blocked } = this.#core;
    let anyWindow = false;
    for (const view of this.#candidates) {
      if (view === taken) continue;
      const path = view.path.blocked;
      if (!view.hasWindow) path.congestion++;
      else if (view.pacedUntilUs > nowUs) path.pacing++;
      else if (view.status === "backup") path.backup++;
      else path.scheduler++;
      anyWindow ||= view.hasWindow;
    }
    if (taken !== undefined) return;
    if (!anyWindow) blocked.congestion++;
    else if (choice.reason === "paced") blocked.pacing++;
  }
}

/** What is to be sent, read when a scheduler asks. */
class Context implements ScheduleContext {
  readonly #core: Core;
  nowUs = 0;
  lastPathId = -1;

  constructor(core: Core) {
    this.#core = core;
  }

  get queuedBytes(): number {
    return this.#core.streams.queuedBytes;
  }

  get openEnded(): boolean {
    return this.#core.streams.openEnded;
  }

  get flowControlBytes(): number {
    return this.#core.streams.flowControlBytes;
  }

  get unackedBytes(): number {
    let bytes = 0;
    for (const { bytesInFlight } of this.#core.openPaths) bytes += bytesInFlight;
    return bytes;
  }
}

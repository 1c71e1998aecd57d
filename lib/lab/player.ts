import { MptError, toMptError } from "../base/errors.ts";
import type { Middlebox } from "./plan/middlebox.ts";
import type { PathChange } from "./plan/options.ts";
import type { Timeline, TimelineAction, TimelineStep } from "./plan/timeline.ts";

/** What a timeline is played on, such as a lab. */
export interface Stage {
  /** Changes a path. */
  set(path: string, change: PathChange): Promise<void>;
  /** Places a middlebox. */
  addMiddlebox(box: Middlebox): Promise<void>;
  /** Takes a middlebox away. */
  removeMiddlebox(box: Middlebox): Promise<void>;
  /** Takes all middleboxes away. */
  clearMiddleboxes(): Promise<void>;
}

/** The time that a timeline is played by. */
export interface PlayClock {
  /** Milliseconds since any moment. */
  now(): number;
  /** Resolves after so many milliseconds, or as soon as the signal is raised. */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

/** A step that was played. */
export interface PlayedStep extends TimelineStep {
  /** When it began, in milliseconds after the start. */
  readonly beganMs: number;
  /** When it was in force, in milliseconds after the start. */
  readonly doneMs: number;
}

/** Options of {@linkcode play}. */
export interface PlayOptions {
  /** Ends the play between two steps. What was changed stays. */
  readonly signal?: AbortSignal;
  /** Called after each step. */
  readonly onStep?: (step: PlayedStep) => void;
  /** The time. @default {that of this machine} */
  readonly clock?: PlayClock;
}

/** What was played. */
export interface PlayResult {
  /** Whether all of it was played, or the signal came first. */
  readonly end: "done" | "interrupted";
  /** The steps that were played, in their order. */
  readonly steps: readonly PlayedStep[];
}

const MACHINE_CLOCK: PlayClock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const over = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", over);
        resolve();
      };
      const timer = setTimeout(over, ms);
      signal?.addEventListener("abort", over, { once: true });
    }),
};

/**
 * Plays a timeline. Each step begins at its time, or as soon as the one before is in force.
 *
 * @param stage What to play it on, such as a lab.
 * @param timeline What to play.
 * @param options When to end, and what to hear of it.
 * @returns The steps that were played, with their times.
 * @throws {MptError} What a step throws, with the number of its line in front and in `data.line`.
 *
 * @example Play it on something that only tells
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseTimeline, play } from "@multipath/mpt/lab";
 *
 * const told: string[] = [];
 * const stage = {
 *   set: async (path: string) => void told.push(path),
 *   addMiddlebox: async () => {},
 *   removeMiddlebox: async () => {},
 *   clearMiddleboxes: async () => {},
 * };
 * await play(stage, parseTimeline("at 1ms set path2 --down"));
 * assert.deepEqual(told, ["path2"]);
 * ```
 */
export async function play(stage: Stage, timeline: Timeline, options: PlayOptions = {}): Promise<PlayResult> {
  const { signal, onStep, clock = MACHINE_CLOCK } = options;
  const start = clock.now();
  const since = (): number => clock.now() - start;
  const steps: PlayedStep[] = [];
  for (const step of timeline.steps) {
    // A timer may be early by a fraction of a millisecond.
    for (let rest = step.atMs - since(); rest > 0 && !signal?.aborted; rest = step.atMs - since()) {
      await clock.sleep(rest, signal);
    }
    if (signal?.aborted) return { end: "interrupted", steps };
    const beganMs = since();
    await perform(stage, step);
    const played = { ...step, beganMs, doneMs: since() };
    steps.push(played);
    onStep?.(played);
  }
  return { end: "done", steps };
}

async function perform(stage: Stage, step: TimelineStep): Promise<void> {
  try {
    await act(stage, step.action);
  } catch (error) {
    const { code, message, data, fix } = toMptError(error, "Cannot do it");
    throw new MptError(code, `Cannot play line ${step.line} of the timeline: ${message}`, {
      cause: error,
      data: { ...data, line: step.line },
      ...(fix === undefined ? {} : { fix }),
    });
  }
}

function act(stage: Stage, action: TimelineAction): Promise<void> {
  switch (action.kind) {
    case "set":
      return stage.set(action.path, action.change);
    case "add-middlebox":
      return stage.addMiddlebox(action.box);
    case "remove-middlebox":
      return stage.removeMiddlebox(action.box);
    case "clear-middleboxes":
      return stage.clearMiddleboxes();
    case "wait":
      return Promise.resolve();
    default:
      return action satisfies never;
  }
}

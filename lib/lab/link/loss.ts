import type { Random } from "./random.ts";
import type { LossModel } from "./settings.ts";

/** Decides of each packet in turn whether it is lost. */
export class LossProcess {
  readonly #random: Random;
  /** The probability that the next packet is lost, after one that came through. */
  readonly #afterGood: number;
  /** The probability that the next packet is lost, after one that was lost. */
  readonly #afterBad: number;
  #bad: boolean;

  /**
   * Makes the process of a model, in its steady state.
   *
   * @param model How packets are lost.
   * @param random Chance of its own.
   */
  constructor(model: LossModel, random: Random) {
    this.#random = random;
    [this.#afterGood, this.#afterBad] = transitions(model);
    this.#bad = model.kind === "burst" && random.next() < model.probability;
  }

  /** Whether the next packet is lost. */
  drops(): boolean {
    const probability = this.#bad ? this.#afterBad : this.#afterGood;
    // No number is drawn where nothing is left to chance.
    if (probability === 0) return this.#bad = false;
    return this.#bad = this.#random.next() < probability;
  }
}

/**
 * Gilbert (1960) with losses only in the bad state, which lasts `meanBurst` packets: it is left with
 * probability r = 1 / meanBurst, and entered with p so that p / (p + r) of all packets are lost.
 */
function transitions(model: LossModel): readonly [afterGood: number, afterBad: number] {
  switch (model.kind) {
    case "none":
      return [0, 0];
    case "random":
      return [model.probability, model.probability];
    case "burst": {
      const leave = 1 / model.meanBurst;
      return [model.probability * leave / (1 - model.probability), 1 - leave];
    }
    default:
      return model satisfies never;
  }
}

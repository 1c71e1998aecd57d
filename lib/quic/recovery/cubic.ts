import { type AckedPacket, type CongestionController, initialWindow, minimumWindow } from "./congestion.ts";

/** RFC 9438 4.1: aggressiveness, in packets per second cubed. */
const C = 0.4;

/** RFC 9438 4.6: what is left of the window after a loss. */
const BETA = 0.7;

/** RFC 9438 4.3: growth in the Reno-friendly region, in packets per window acknowledged. */
const ALPHA = 3 * (1 - BETA) / (1 + BETA);

/** RFC 9438 4.4: the window grows by half in a round trip at most. */
const MAX_TARGET = 1.5;

/** The state of CUBIC; one copy is kept to undo a reduction that was a mistake. */
interface State {
  /** The window in bytes. */
  window: number;
  threshold: number;
  /** W_max: the window before the last reduction. */
  lastMax: number;
  /** cwnd_prior: the window at the last reduction, for the end of the Reno-friendly catch-up. */
  prior: number;
  /** W_est: what Reno would have. */
  reno: number;
  /** The start of this epoch of congestion avoidance; -1 before it. */
  epochStartUs: number;
  /** K, in seconds. */
  k: number;
}

/** CUBIC (RFC 9438) over bytes. */
export class Cubic implements CongestionController {
  readonly name = "cubic";
  #mtu: number;
  #state: State;
  #undo: State | undefined;
  #recoveryStartUs = -Infinity;
  #appLimitedAtUs = -1;
  #events = 0;

  /** @param mtu The size of the path's packets in bytes. */
  constructor(mtu: number) {
    this.#mtu = mtu;
    this.#state = {
      window: initialWindow(mtu),
      threshold: Infinity,
      lastMax: 0,
      prior: 0,
      reno: 0,
      epochStartUs: -1,
      k: 0,
    };
  }

  get windowBytes(): number {
    return Math.floor(this.#state.window);
  }

  get thresholdBytes(): number {
    return this.#state.threshold;
  }

  get inSlowStart(): boolean {
    return this.#state.window < this.#state.threshold;
  }

  get congestionEvents(): number {
    return this.#events;
  }

  onAcked(packet: AckedPacket, nowUs: number, rtt: { readonly smoothedUs: number }): void {
    const state = this.#state;
    if (packet.sentAtUs <= this.#recoveryStartUs) return;
    if (packet.appLimited) {
      // RFC 9438 5.8: time in which the window was not used does not make it grow.
      if (this.#appLimitedAtUs < 0) this.#appLimitedAtUs = nowUs;
      return;
    }
    if (this.#appLimitedAtUs >= 0) {
      if (state.epochStartUs >= 0) state.epochStartUs += nowUs - this.#appLimitedAtUs;
      this.#appLimitedAtUs = -1;
    }
    if (this.inSlowStart) {
      state.window += packet.bytes;
      return;
    }
    if (state.epochStartUs < 0) this.#startEpoch(nowUs);
    // RFC 9438 4.3
    const alpha = state.reno >= state.prior ? 1 : ALPHA;
    state.reno += alpha * this.#mtu * packet.bytes / state.window;
    const seconds = (nowUs - state.epochStartUs) / 1e6;
    if (this.#cubic(seconds) < state.reno) {
      state.window = Math.max(state.window, state.reno);
      return;
    }
    // RFC 9438 4.4, 4.5
    const ahead = this.#cubic(seconds + rtt.smoothedUs / 1e6);
    const target = Math.min(Math.max(ahead, state.window), MAX_TARGET * state.window);
    state.window += (target - state.window) * packet.bytes / state.window;
  }

  onCongestion(sentAtUs: number, nowUs: number): void {
    if (sentAtUs <= this.#recoveryStartUs) return;
    this.#undo = { ...this.#state };
    this.#recoveryStartUs = nowUs;
    const state = this.#state;
    // RFC 9438 4.7: fast convergence
    state.lastMax = state.window < state.lastMax ? state.window * (1 + BETA) / 2 : state.window;
    state.prior = state.window;
    state.threshold = Math.max(state.window * BETA, minimumWindow(this.#mtu));
    state.window = state.threshold;
    state.epochStartUs = -1;
    this.#events++;
  }

  onPersistentCongestion(): void {
    this.#undo = undefined;
    this.#recoveryStartUs = -Infinity;
    // RFC 9438 4.8
    this.#state.threshold = Math.max(this.#state.window * BETA, minimumWindow(this.#mtu));
    this.#state.window = minimumWindow(this.#mtu);
    this.#state.epochStartUs = -1;
  }

  onSpuriousLoss(): void {
    // RFC 9438 4.9.2
    if (this.#undo === undefined) return;
    if (this.#state.window < this.#undo.window) this.#state = this.#undo;
    this.#undo = undefined;
    this.#recoveryStartUs = -Infinity;
  }

  onMtu(mtu: number): void {
    this.#mtu = mtu;
    this.#state.window = Math.max(this.#state.window, minimumWindow(mtu));
  }

  #startEpoch(nowUs: number): void {
    const state = this.#state;
    state.epochStartUs = nowUs;
    state.reno = state.window;
    // RFC 9438 4.2
    if (state.lastMax <= state.window) {
      state.lastMax = state.window;
      state.k = 0;
    } else {
      state.k = Math.cbrt((state.lastMax - state.window) / this.#mtu / C);
    }
  }

  /** W_cubic of RFC 9438 4.2, in bytes. */
  #cubic(seconds: number): number {
    return C * (seconds - this.#state.k) ** 3 * this.#mtu + this.#state.lastMax;
  }
}

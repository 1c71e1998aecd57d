import { type AckedPacket, type CongestionController, initialWindow, minimumWindow } from "./congestion.ts";
import type { CoupledFlow, Coupling } from "./coupling.ts";

/** RFC 9002 B.1, RFC 6356 3: what is left of the window after a loss is the same as without coupling. */
const LOSS_REDUCTION = 0.5;

interface Undo {
  readonly windowBytes: number;
  readonly thresholdBytes: number;
}

/**
 * Reno whose growth in congestion avoidance depends on the other paths of the connection. Slow start and the
 * reduction after a loss are those of RFC 9002 (RFC 6356 3).
 */
export abstract class CoupledReno implements CongestionController, CoupledFlow {
  abstract readonly name: string;
  protected readonly coupling: Coupling;
  #mtu: number;
  #window: number;
  #threshold = Infinity;
  #rttUs = 0;
  #recoveryStartUs = -Infinity;
  #events = 0;
  #undo: Undo | undefined;
  #sinceLoss = 0;
  #betweenLosses = 0;

  /**
   * @param mtu The size of the path's packets in bytes.
   * @param coupling What binds it to the other paths of its connection.
   */
  constructor(mtu: number, coupling: Coupling) {
    this.#mtu = mtu;
    this.#window = initialWindow(mtu);
    this.coupling = coupling;
    coupling.join(this);
  }

  get windowBytes(): number {
    return this.#window;
  }

  get thresholdBytes(): number {
    return this.#threshold;
  }

  get inSlowStart(): boolean {
    return this.#window < this.#threshold;
  }

  get congestionEvents(): number {
    return this.#events;
  }

  get mtu(): number {
    return this.#mtu;
  }

  get rttUs(): number {
    return this.#rttUs;
  }

  get lossIntervalBytes(): number {
    return Math.max(this.#sinceLoss, this.#betweenLosses);
  }

  /** How many bytes the window grows for so many that were acknowledged, in congestion avoidance. */
  protected abstract growth(ackedBytes: number): number;

  onAcked(packet: AckedPacket, _nowUs: number, rtt: { readonly smoothedUs: number }): void {
    this.#rttUs = rtt.smoothedUs;
    this.#sinceLoss += packet.bytes;
    // RFC 9002 7.3.2, 7.8
    if (packet.sentAtUs <= this.#recoveryStartUs || packet.appLimited) return;
    const growth = this.inSlowStart ? packet.bytes : this.growth(packet.bytes);
    this.#window = Math.max(this.#window + growth, minimumWindow(this.#mtu));
  }

  onCongestion(sentAtUs: number, nowUs: number): void {
    // RFC 9002 7.3.2: one reduction for each round trip
    if (sentAtUs <= this.#recoveryStartUs) return;
    this.#undo = { windowBytes: this.#window, thresholdBytes: this.#threshold };
    this.#recoveryStartUs = nowUs;
    this.#threshold = Math.max(this.#window * LOSS_REDUCTION, minimumWindow(this.#mtu));
    this.#window = this.#threshold;
    this.#betweenLosses = this.#sinceLoss;
    this.#sinceLoss = 0;
    this.#events++;
  }

  onPersistentCongestion(): void {
    this.#undo = undefined;
    this.#window = minimumWindow(this.#mtu);
    this.#recoveryStartUs = -Infinity;
  }

  onSpuriousLoss(): void {
    if (this.#undo === undefined) return;
    this.#window = Math.max(this.#window, this.#undo.windowBytes);
    this.#threshold = Math.max(this.#threshold, this.#undo.thresholdBytes);
    this.#undo = undefined;
    this.#recoveryStartUs = -Infinity;
  }

  onMtu(mtu: number): void {
    this.#mtu = mtu;
    this.#window = Math.max(this.#window, minimumWindow(mtu));
  }

  end(): void {
    this.coupling.leave(this);
  }
}

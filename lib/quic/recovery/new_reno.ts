import { type AckedPacket, type CongestionController, initialWindow, minimumWindow } from "./congestion.ts";

/** RFC 9002 B.1: what is left of the window after a loss. */
const LOSS_REDUCTION = 0.5;

interface Undo {
  readonly windowBytes: number;
  readonly thresholdBytes: number;
}

/** NewReno as RFC 9002 7 and appendix B describe it. */
export class NewReno implements CongestionController {
  readonly name = "newreno";
  #mtu: number;
  #window: number;
  #threshold = Infinity;
  #recoveryStartUs = -Infinity;
  /** Acknowledged bytes that are not yet a whole window, in congestion avoidance. */
  #acked = 0;
  #events = 0;
  #undo: Undo | undefined;

  /** @param mtu The size of the path's packets in bytes. */
  constructor(mtu: number) {
    this.#mtu = mtu;
    this.#window = initialWindow(mtu);
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

  onAcked(packet: AckedPacket): void {
    // RFC 9002 7.3.2, 7.8
    if (packet.sentAtUs <= this.#recoveryStartUs || packet.appLimited) return;
    if (this.inSlowStart) {
      this.#window += packet.bytes;
      return;
    }
    this.#acked += packet.bytes;
    if (this.#acked < this.#window) return;
    this.#acked -= this.#window;
    this.#window += this.#mtu;
  }

  onCongestion(sentAtUs: number, nowUs: number): void {
    // One reduction for each round trip (RFC 9002 7.3.2).
    if (sentAtUs <= this.#recoveryStartUs) return;
    this.#undo = { windowBytes: this.#window, thresholdBytes: this.#threshold };
    this.#recoveryStartUs = nowUs;
    this.#threshold = Math.max(this.#window * LOSS_REDUCTION, minimumWindow(this.#mtu));
    this.#window = this.#threshold;
    this.#acked = 0;
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
}

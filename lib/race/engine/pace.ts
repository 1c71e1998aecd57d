import type { Ip } from "../../base/ip.ts";
import { TIMEOUT_IN_RTTS } from "./constants.ts";
import type { RaceConfig } from "./options.ts";

/**
 * The Next Connection Attempt Timer (draft-ietf-happy-happyeyeballs-v3 6): when the next attempt may start.
 */
export class Pace {
  readonly #config: RaceConfig;
  #lastStartMs = -Infinity;
  #nextMs = -Infinity;
  #started = 0;
  #afterFailure = false;

  constructor(config: RaceConfig) {
    this.#config = config;
  }

  /** When the next attempt may start. */
  get nextMs(): number {
    return this.#nextMs;
  }

  /** Whether that is so because an attempt failed. */
  get afterFailure(): boolean {
    return this.#afterFailure;
  }

  /** An attempt was started. */
  onStart(nowMs: number, ip: Ip, interfaceName: string | null): void {
    this.#lastStartMs = nowMs;
    this.#nextMs = nowMs + this.#delayAfter(ip, interfaceName);
    this.#afterFailure = false;
    this.#started++;
  }

  /** An attempt failed: there is nothing to wait for. */
  onFailure(nowMs: number): void {
    const soonest = Math.max(nowMs, this.#lastStartMs + this.#config.afterFailureMs);
    if (soonest >= this.#nextMs) return;
    this.#nextMs = soonest;
    this.#afterFailure = true;
  }

  /** Draft 6.1: an attempt got further; it has time for its next handshake. */
  onProgress(nowMs: number, startMs: number, expectedMs: number | undefined): void {
    if (this.#afterFailure) return;
    const expected = expectedMs ?? TIMEOUT_IN_RTTS * (nowMs - startMs);
    this.#nextMs = Math.max(this.#nextMs, nowMs + this.#bounded(expected));
  }

  /** Draft 7: new answers came, and no attempt has moved: sooner, but not too soon. */
  hasten(nowMs: number): void {
    this.#nextMs = Math.min(
      this.#nextMs,
      Math.max(nowMs, this.#lastStartMs + this.#config.minAttemptDelayMs),
    );
  }

  #delayAfter(ip: Ip, interfaceName: string | null): number {
    const { attemptDelayMs, attemptDelayFactor, delayFromRtt, historyOf } = this.#config;
    const rttMs = delayFromRtt ? historyOf(ip, interfaceName)?.rttMs : undefined;
    // RFC 8305 5: about when the second SYN would be sent
    if (rttMs !== undefined) return this.#bounded(TIMEOUT_IN_RTTS * rttMs);
    return this.#bounded(attemptDelayMs * attemptDelayFactor ** this.#started);
  }

  #bounded(delayMs: number): number {
    return Math.min(this.#config.maxAttemptDelayMs, Math.max(this.#config.minAttemptDelayMs, delayMs));
  }
}

import { badValue } from "../../base/fields.ts";
import type { LabOptions, PresetName } from "./options.ts";

/** A network to start from. */
export interface Preset {
  /** What it stands for, in one sentence. */
  readonly summary: string;
  /** Its options. */
  readonly options: LabOptions;
}

/** The networks that have a name. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  "two-path": {
    summary: "Two paths that differ: 20 Mbit/s with 10 ms and 10 Mbit/s with 35 ms one-way",
    options: { paths: [{ rateMbit: 20, delayMs: 10 }, { rateMbit: 10, delayMs: 35 }] },
  },
  "wifi-lte": {
    summary: "A phone: fast Wi-Fi that jitters and loses a little, and LTE behind NAT with deep queues",
    options: {
      paths: [
        { name: "wifi", rateMbit: 50, delayMs: 8, jitterMs: 3, loss: 0.002, burst: 3, queueMs: 60 },
        {
          name: "lte",
          delayMs: 30,
          jitterMs: 5,
          queueMs: 200,
          up: { rateMbit: 10 },
          down: { rateMbit: 30 },
          mtu: 1428,
          nat: true,
        },
      ],
    },
  },
  "dual-stack": {
    summary: "One path with IPv4 alone and one with IPv6 alone, as a host with two providers has them",
    options: {
      // No address of the client can join from one family to the other: the server has to name its other one.
      mptcp: "signal",
      paths: [
        { name: "ipv4", rateMbit: 20, delayMs: 15, ipv6: false },
        { name: "ipv6", rateMbit: 20, delayMs: 10, ipv4: false },
      ],
    },
  },
  "satellite": {
    summary: "Fixed radio beside a geostationary satellite: 300 ms one-way and bursts of loss",
    options: {
      paths: [
        { name: "radio", rateMbit: 5, delayMs: 20, jitterMs: 2 },
        {
          name: "satellite",
          delayMs: 300,
          jitterMs: 5,
          loss: 0.005,
          burst: 4,
          queueMs: 300,
          up: { rateMbit: 3 },
          down: { rateMbit: 20 },
        },
      ],
    },
  },
  "asymmetric": {
    summary: "Two home lines that upload slower than they download: DSL and cable",
    options: {
      paths: [
        { name: "dsl", delayMs: 12, up: { rateMbit: 2 }, down: { rateMbit: 16 }, mtu: 1492 },
        { name: "cable", delayMs: 6, up: { rateMbit: 5, queueMs: 250 }, down: { rateMbit: 50 } },
      ],
    },
  },
};

/** Whether there is a preset of this name. */
export function isPreset(name: string): name is PresetName {
  return Object.hasOwn(PRESETS, name);
}

/**
 * The options of a preset.
 *
 * @param name Its name.
 * @throws {MptError} `ERR_INVALID_VALUE` when there is none, naming those that are there.
 */
export function presetNamed(name: string): LabOptions {
  if (isPreset(name)) return PRESETS[name].options;
  throw badValue(name, "a preset", `there are ${Object.keys(PRESETS).join(", ")}`);
}

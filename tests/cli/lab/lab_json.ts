import type { DirectionJson, LabJson } from "../../../cli/lab/status_json.ts";

const DIRECTION: DirectionJson = {
  asked: {
    rate_bps: 20_000_000,
    delay_ms: 10,
    jitter_ms: 0,
    loss: 0,
    burst_packets: null,
    queue_ms: null,
    queue_packets: null,
    blackhole: false,
  },
  packets: 4910,
  bytes: 390_000,
  dropped_by_queue: 0,
  dropped_by_loss: 0,
  dropped_by_blackhole: 0,
  dropped_by_overload: 0,
  rate_bps: 19_800_000,
  delay_ms: { p50: 10.1, p99: 12.5, max: 14 },
  lateness_ms: { p50: 0.03, p99: 0.15, max: 0.9 },
};

const UNKNOWN: DirectionJson = {
  ...DIRECTION,
  asked: { ...DIRECTION.asked, rate_bps: null, jitter_ms: 2, loss: 0.05, burst_packets: 3 },
  packets: 0,
  bytes: 0,
  dropped_by_queue: null,
  dropped_by_loss: null,
  dropped_by_blackhole: null,
  dropped_by_overload: null,
  rate_bps: null,
  delay_ms: null,
  lateness_ms: null,
};

/** A lab with a healthy path and one that is not. */
export const LAB: LabJson = {
  name: "two-path",
  created_at: "2026-11-21T10:00:00.000Z",
  owner_pid: 4242,
  seed: 7,
  router: true,
  mptcp: "subflow",
  servers: [{ command: "mpt serve", ended: null }],
  paths: [
    {
      name: "path1",
      link: "emulated",
      state: "up",
      address: "present",
      backup: false,
      reset_new_flows: false,
      rebinds: 0,
      rtt_ms: 20.4,
      faults: [],
      up: DIRECTION,
      down: { ...DIRECTION, packets: 8406, bytes: 12_500_000, dropped_by_queue: 12, dropped_by_loss: 84 },
    },
    {
      name: "path2",
      link: "veth",
      state: "up",
      address: "present",
      backup: true,
      reset_new_flows: false,
      rebinds: 0,
      rtt_ms: null,
      faults: ["black hole (up)", "loss of 5%"],
      up: { ...UNKNOWN, asked: { ...UNKNOWN.asked, blackhole: true } },
      down: UNKNOWN,
    },
  ],
  middleboxes: [{ text: "strip,option=mp-join,path=path2", packets: 1234, bytes: 101_000 }],
  emulator_cpu_share: 0.083,
};

import { MptError } from "../../lib/base/errors.ts";
import type { JsonValue } from "../../lib/base/result.ts";
import type { Demand, LabDirection, LabPath, LabStatus } from "../../lib/lab/mod.ts";

/** Three quantiles of a time in milliseconds. */
export interface QuantilesJson {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** One direction of a path in a result. */
export interface DirectionJson {
  readonly asked: {
    readonly rate_bps: number | null;
    readonly delay_ms: number;
    readonly jitter_ms: number;
    readonly loss: number;
    readonly burst_packets: number | null;
    readonly queue_ms: number | null;
    readonly queue_packets: number | null;
    readonly blackhole: boolean;
  };
  readonly packets: number;
  readonly bytes: number;
  readonly dropped_by_queue: number | null;
  readonly dropped_by_loss: number | null;
  readonly dropped_by_blackhole: number | null;
  /** Packets that the emulator had no memory for: nobody asked for these. */
  readonly dropped_by_overload: number | null;
  readonly rate_bps: number | null;
  readonly delay_ms: QuantilesJson | null;
  readonly lateness_ms: QuantilesJson | null;
}

/** One path in a result. */
export interface LabPathJson {
  readonly name: string;
  readonly link: string;
  readonly state: "up" | "down";
  readonly address: "present" | "removed";
  readonly backup: boolean;
  readonly reset_new_flows: boolean;
  readonly rebinds: number;
  readonly rtt_ms: number | null;
  readonly faults: readonly string[];
  readonly up: DirectionJson;
  readonly down: DirectionJson;
}

/** A middlebox in a result, with what it did. */
export interface MiddleboxJson {
  /** As `mpt lab middlebox add` takes it. */
  readonly text: string;
  readonly packets: number;
  readonly bytes: number;
}

/** A lab in a result. */
export interface LabJson {
  readonly name: string;
  readonly created_at: string;
  readonly owner_pid: number;
  readonly seed: number;
  readonly router: boolean;
  readonly mptcp: string | null;
  readonly servers: readonly { readonly command: string; readonly ended: string | null }[];
  readonly paths: readonly LabPathJson[];
  readonly middleboxes: readonly MiddleboxJson[];
  /** The part of one processor that the emulator takes. */
  readonly emulator_cpu_share: number | null;
}

/** What the owner knows of a lab beside its status. */
export interface LabFacts {
  readonly name: string;
  readonly createdAt: string;
  readonly ownerPid: number;
  readonly servers: LabJson["servers"];
}

/** The state of a lab for a result. */
export function labToJson(status: LabStatus, facts: LabFacts): LabJson {
  return {
    name: facts.name,
    created_at: facts.createdAt,
    owner_pid: facts.ownerPid,
    seed: status.seed,
    router: status.router,
    mptcp: status.mptcp,
    servers: facts.servers,
    paths: status.paths.map(pathToJson),
    middleboxes: status.middleboxes.map(({ text, packets, bytes }) => ({ text, packets, bytes })),
    emulator_cpu_share: status.emulatorCpuShare,
  };
}

/** The state of a lab as the control socket carries it. */
export function encodeLab(lab: LabJson): JsonValue {
  return structuredClone(lab) as unknown as JsonValue;
}

/**
 * The state of a lab behind {@linkcode encodeLab}: from the same version of mpt, which is checked before.
 *
 * @throws {MptError} `ERR_PROTOCOL`.
 */
export function decodeLab(value: JsonValue): LabJson {
  if (typeof value === "object" && value !== null && "paths" in value && Array.isArray(value["paths"])) {
    return value as unknown as LabJson;
  }
  throw new MptError("ERR_PROTOCOL", "Cannot read the status of the lab: it has no paths");
}

/**
 * The middleboxes that a lab answers with.
 *
 * @throws {MptError} `ERR_PROTOCOL`.
 */
export function decodeMiddleboxes(value: JsonValue): readonly MiddleboxJson[] {
  if (Array.isArray(value)) return value as unknown as readonly MiddleboxJson[];
  throw new MptError("ERR_PROTOCOL", "Cannot read the middleboxes of the lab: they are no list");
}

function pathToJson(path: LabPath): LabPathJson {
  const { name, link, state, address, backup, resetNewFlows, rebinds, rttMs, faults, up, down } = path;
  return {
    ...{ name, link, state, address, backup, rebinds, faults },
    reset_new_flows: resetNewFlows,
    rtt_ms: rttMs,
    up: directionToJson(up),
    down: directionToJson(down),
  };
}

function directionToJson(direction: LabDirection): DirectionJson {
  return {
    asked: demandToJson(direction.asked),
    packets: direction.packets,
    bytes: direction.bytes,
    dropped_by_queue: direction.droppedByQueue,
    dropped_by_loss: direction.droppedByLoss,
    dropped_by_blackhole: direction.droppedByBlackhole,
    dropped_by_overload: direction.droppedByOverload,
    rate_bps: direction.rateBps,
    delay_ms: milliseconds(direction.delayUs),
    lateness_ms: milliseconds(direction.latenessUs),
  };
}

function demandToJson(asked: Demand): DirectionJson["asked"] {
  return {
    rate_bps: asked.rateMbit === null ? null : Math.round(asked.rateMbit * 1e6),
    delay_ms: asked.delayMs,
    jitter_ms: asked.jitterMs,
    loss: asked.loss,
    burst_packets: asked.burst,
    queue_ms: asked.queueMs,
    queue_packets: asked.queuePackets,
    blackhole: asked.blackhole,
  };
}

function milliseconds(us: QuantilesJson | null): QuantilesJson | null {
  return us === null ? null : { p50: us.p50 / 1000, p99: us.p99 / 1000, max: us.max / 1000 };
}

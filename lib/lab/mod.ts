/**
 * A network with several paths on this one machine: a client and a server joined by links with a rate, a
 * delay, loss and a queue, and a router where middleboxes sit. It lives in namespaces of its own, that
 * nobody else sees and that vanish with the process; paths can be changed while it runs.
 *
 * @example What a lab is made of, without making it
 * ```ts
 * import assert from "node:assert/strict";
 * import { labScript, parseLab, planLab } from "@multipath/mpt/lab";
 *
 * const plan = planLab(parseLab({ paths: [{ rateMbit: 20 }, { name: "lte", rateMbit: 10, backup: true }] }));
 * const { hosts, addresses } = labScript(plan);
 * assert(hosts.includes("ip netns add client"));
 * assert(addresses.includes("ip -n client mptcp endpoint add 10.77.2.1 dev lte subflow backup"));
 * ```
 *
 * @example MPTCP goes on when a path dies
 * ```ts no-run
 * import { createLab } from "@multipath/mpt/lab";
 *
 * await using lab = await createLab("two-path");
 * const server = lab.spawn("server", ["mptcpize", "run", "iperf3", "-s", "-1", "--forceflush"]);
 * await server.line(/Server listening/);
 * const client = lab.spawn("client", ["mptcpize", "run", "iperf3", "-c", "10.78.1.2", "--forceflush"]);
 * await client.line(/1\.00-2\.00/);
 * await lab.set("path1", { blackhole: true });
 * console.log((await client.finished).stdout);
 * ```
 *
 * @module
 */

// a network that runs
export { createLab, type CreateLabOptions } from "./create_lab.ts";
export { Lab, type LabStatusOptions } from "./lab.ts";
export type { AddressPair, HostAddresses, LabDirection, LabPath, LabStatus } from "./status.ts";
export type { Quantiles } from "./link/histogram.ts";
export { type HoldOptions, type NamespaceMode, Namespaces } from "./namespaces.ts";
export { type ProcessOptions, type ProcessResult, RunningProcess } from "../io/process.ts";

// middleboxes
export type {
  BlackholeMiddlebox,
  CorruptMiddlebox,
  Direction,
  DropMiddlebox,
  DropUdpMiddlebox,
  Middlebox,
  MptcpOption,
  NatMiddlebox,
  OnPath,
  OnSegments,
  OnWay,
  ProxyMiddlebox,
  Rejection,
  RejectMiddlebox,
  Segments,
  StripMiddlebox,
} from "./plan/middlebox.ts";
export { formatMiddlebox, parseMiddlebox } from "./plan/middlebox_text.ts";
export type { MiddleboxCount } from "./plan/middlebox_counts.ts";

// faults by the clock
export { CHANGE_OPTIONS, type ChangeOption, parseChange, type PathChangeOf } from "./plan/change_options.ts";
export {
  checkTimeline,
  parseTimeline,
  type Timeline,
  type TimelineAction,
  type TimelineStep,
} from "./plan/timeline.ts";
export {
  play,
  type PlayClock,
  type PlayedStep,
  type PlayOptions,
  type PlayResult,
  type Stage,
} from "./player.ts";
export { parseShare } from "./plan/share.ts";

// what to make
export {
  type DirectionOptions,
  type LabOptions,
  type LinkKind,
  MAX_PATHS,
  type MptcpMode,
  type PathChange,
  type PathOptions,
  type PresetName,
} from "./plan/options.ts";
export { checkChange, parseLab } from "./plan/parse.ts";
export { isPreset, type Preset, presetNamed, PRESETS } from "./plan/presets.ts";

// how it is made
export { type LabPlan, type PathPlan, planLab } from "./plan/plan.ts";
export { type LabFacts, type LabScript, labScript } from "./plan/script.ts";
export type { LabHost, LinkEnd, PathEnds } from "./plan/addresses.ts";
export type { Demand } from "./plan/demand.ts";

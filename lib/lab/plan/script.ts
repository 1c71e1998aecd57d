/**
 * All lines that make a lab, in their order. Between the links and the addresses a program makes the
 * devices of emulated links.
 *
 * @module
 */
import { farEnd, linkLines, offloadLines, serverLinkLines } from "./devices.ts";
import { settingsOf } from "./demand.ts";
import { mptcpLines } from "./endpoints.ts";
import { hostLines } from "./hosts.ts";
import { type LabPlan, linkKind, type PathPlan } from "./plan.ts";
import type { LinkKind } from "./options.ts";
import { pathLines, ruleLines } from "./routes.ts";
import { type Direction, filterLine, needsFilter, netemLine, tbfLine } from "./shaping.ts";

/** What was found out about the kernel that a lab is made on. */
export interface LabFacts {
  /** Whether `tc` can delay packets. */
  readonly netem: boolean;
  /** Whether there is MPTCP. */
  readonly mptcp: boolean;
}

/** The lines of shell that make a lab, by the step that they belong to. */
export interface LabScript {
  /** The hosts and their settings. */
  readonly hosts: readonly string[];
  /** The links that the kernel makes. */
  readonly links: readonly string[];
  /** Addresses, routes, rates and MPTCP endpoints, when all links are there. */
  readonly addresses: readonly string[];
}

/**
 * The lines that make a lab: pure text, nothing is run.
 *
 * @param plan The network.
 * @param facts The kernel. @default {without netem, with MPTCP}
 * @returns Lines of shell for a fresh mount and network namespace with a private `/run`.
 *
 * @example What a lab consists of, without making it
 * ```ts
 * import assert from "node:assert/strict";
 * import { labScript, planLab } from "@multipath/mpt/lab";
 *
 * const { links } = labScript(planLab({ router: false, paths: [{ rateMbit: 20 }, {}] }));
 * assert(links.some((line) => line.startsWith("ip link add name path1 netns client")));
 * ```
 */
export function labScript(plan: LabPlan, facts: LabFacts = { netem: false, mptcp: true }): LabScript {
  return {
    hosts: hostLines(plan),
    links: plan.paths.flatMap((path) => [
      ...(linkKind(path, facts.netem) === "emulated" ? [] : linkLines(path)),
      ...serverLinkLines(path),
    ]),
    addresses: [
      ...plan.paths.flatMap((path) => [
        ...pathLines(path, linkKind(path, facts.netem) !== "emulated"),
        ...ruleLines(path),
        ...impairmentLines(path, linkKind(path, facts.netem)),
      ]),
      ...(facts.mptcp ? mptcpLines(plan) : []),
    ],
  };
}

/** A direction of a path as its link sees it. */
export function directionOf(path: PathPlan, direction: "up" | "down"): Direction {
  const [from, to] = direction === "up" ? [path.client, farEnd(path)] : [farEnd(path), path.client];
  return { index: path.index, from, to };
}

/** Whether a path does something to packets, so that it matters what a packet is. */
export function isImpaired(path: PathPlan): boolean {
  return [path.up, path.down].some((demand) =>
    demand.rateMbit !== null || demand.delayMs > 0 || demand.loss > 0 || demand.blackhole
  );
}

function impairmentLines(path: PathPlan, kind: LinkKind): readonly string[] {
  if (kind === "emulated") return [];
  const veth = kind === "veth";
  return [
    ...(isImpaired(path) ? offloadLines(path, false, true) : []),
    ...(["up", "down"] as const).flatMap((name) => {
      const direction = directionOf(path, name);
      const settings = settingsOf(path[name], path.mtu, path.name);
      return [
        ...(veth ? (settings.rateBps === null ? [] : [tbfLine(direction, settings)]) : [
          netemLine(direction, settings),
        ]),
        ...(needsFilter(settings, veth) ? [filterLine(direction, settings, veth)] : []),
      ];
    }),
  ];
}

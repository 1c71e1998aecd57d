/**
 * Lines that give a direction of a veth or netem link its rate, delay and loss. The sender's interface
 * queues, delays and shapes (`tc`); the receiver's loses and swallows (`nft`), because what is dropped at
 * the sender would come back to its TCP as an error and not as a loss.
 *
 * @module
 */
import type { LinkSettings } from "../link/settings.ts";
import type { LinkEnd } from "./addresses.ts";
import { inHost } from "./hosts.ts";

/** tc counts the Ethernet header too, and the rate of a link is that of IP packets. */
const ETHERNET_HEADER = 14;
/** The bucket of tbf holds what the rate sends in so long, in seconds: a late timer costs no rate. */
const BURST_SECONDS = 0.005;
/** nftables draws whole numbers: loss in millionths. */
const MILLION = 1_000_000;

/** What one direction goes through. */
export interface Direction {
  /** Number of the path. */
  readonly index: number;
  /** The interface that sends. */
  readonly from: LinkEnd;
  /** The interface that receives. */
  readonly to: LinkEnd;
}

/** The line that shapes a direction of a veth link. */
export function tbfLine(direction: Direction, settings: LinkSettings): string {
  const { host, device } = direction.from;
  if (settings.rateBps === null) return `tc -n ${host} qdisc del dev ${device} root 2>/dev/null || true`;
  // Full packets get the rate exactly; small ones a little less.
  const framing = (settings.mtu + ETHERNET_HEADER) / settings.mtu;
  const rate = Math.round(settings.rateBps * framing);
  const burst = Math.ceil(Math.max(rate / 8 * BURST_SECONDS, 2 * (settings.mtu + ETHERNET_HEADER)));
  // Without its header in the count, a queue of one packet would have no room for it.
  const limit = Math.round(settings.queueBytes * framing);
  return `tc -n ${host} qdisc replace dev ${device} root tbf rate ${rate}bit burst ${burst} limit ${limit}`;
}

/** The line that shapes, delays and loses in a direction of a netem link. */
export function netemLine(direction: Direction, settings: LinkSettings): string {
  const { host, device } = direction.from;
  const { rateBps, delayUs, jitterUs, loss, mtu } = settings;
  // netem counts the packets on their way as waiting: room for both.
  const flying = (rateBps ?? 1e9) / 8 * (delayUs + jitterUs) / MILLION;
  const limit = Math.ceil((settings.queueBytes + flying) / mtu);
  return [
    `tc -n ${host} qdisc replace dev ${device} root netem limit ${limit}`,
    ...(delayUs > 0 ? [`delay ${delayUs}us${jitterUs > 0 ? ` ${jitterUs}us` : ""}`] : []),
    ...(loss.kind === "random" ? [`loss random ${percent(loss.probability)}`] : []),
    ...(loss.kind === "burst" ? [gemodel(loss.probability, loss.meanBurst)] : []),
    // A rate that is not named stays as it was (netem_change() in net/sched/sch_netem.c); 0 is none.
    rateBps === null ? "rate 0bit" : `rate ${rateBps}bit -${ETHERNET_HEADER}`,
  ].join(" ");
}

/** The nftables table of a path; each host that receives has one. */
export function tableOf(direction: Direction): string {
  return `mpt_path${direction.index}`;
}

/** The line that loses (on veth) and swallows in a direction; it replaces the one before in one step. */
export function filterLine(direction: Direction, settings: LinkSettings, veth: boolean): string {
  const table = `netdev ${tableOf(direction)}`;
  const { loss, blackhole } = settings;
  const lost = veth && loss.kind === "random" ? Math.round(loss.probability * MILLION) : 0;
  // A number that is drawn is below a million, and nftables refuses to compare it with one.
  const drawn = lost < MILLION ? `numgen random mod ${MILLION} < ${lost} ` : "";
  const rules = [
    ...(blackhole ? ["counter drop comment swallowed"] : []),
    ...(lost > 0 ? [`${drawn}counter drop comment lost`] : []),
  ];
  const chain = `chain in { type filter hook ingress device ${direction.to.device} priority -500; ` +
    `policy accept; ${rules.map((rule) => `${rule}; `).join("")}};`;
  // Adding first makes the deletion succeed when there is none yet.
  const ruleset = `add table ${table}; delete table ${table}; ` +
    (rules.length === 0 ? "" : `table ${table} { ${chain} }`);
  return inHost(direction.to.host, `nft "${ruleset.trim()}"`);
}

/** Whether the receiver of a direction needs {@linkcode filterLine}. */
export function needsFilter(settings: LinkSettings, veth: boolean): boolean {
  return settings.blackhole || (veth && settings.loss.kind === "random");
}

function percent(part: number): string {
  return `${Number((part * 100).toFixed(6))}%`;
}

/** Gilbert's model: p from good to bad, r from bad to good; all is lost while it is bad. */
function gemodel(probability: number, meanBurst: number): string {
  const r = 1 / meanBurst;
  const p = r * probability / (1 - probability);
  return `loss gemodel ${percent(p)} ${percent(r)}`;
}

/**
 * Asks a SYN mirror and prints what came of it: `ask_mirror.ts TRANSPORT ADDRESS PORT [MAXSEG]`.
 *
 * @module
 */
import { Ip } from "../../../lib/base/ip.ts";
import { askSynMirror, mpCapableArrived } from "../../../lib/probe/ask_syn_mirror.ts";

const [transport, address = "", port, maxSegment] = Deno.args;
const ask = await askSynMirror(Ip.parse(address), Number(port), {
  transport: transport === "tcp" ? "tcp" : "mptcp",
  timeoutMs: 8000,
  ...(maxSegment === undefined ? {} : { maxSegmentBytes: Number(maxSegment) }),
});
const line = `${JSON.stringify({ ...ask, arrived: mpCapableArrived(ask) })}\n`;
await Deno.stdout.write(new TextEncoder().encode(line));

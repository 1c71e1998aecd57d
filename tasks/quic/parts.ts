/**
 * The parts of the packet path, to which the samples of a profile are added up.
 *
 * @module
 */
import type { CpuProfile } from "./profile.ts";

/** A part, and which functions and files belong to it. */
interface Part {
  readonly name: string;
  readonly matches: RegExp;
}

/** Where nobody is at work. */
const ASLEEP = "asleep";

/** In this order: the first that matches "function file" takes the sample. */
const PARTS: readonly Part[] = [
  { name: ASLEEP, matches: /^\((idle|root)\)|op_ffi_call_nonblocking/ },
  {
    name: "kernel: sendmsg, recvmmsg",
    matches: / ffi\/datagram_(sender|receiver)\.ts$|^op_net_(send|recv)_udp/,
  },
  {
    name: "AEAD and header protection",
    matches:
      / ffi\/(cipher|pointers)\.ts$| lib\/crypto\/| lib\/quic\/key_phases|^op_ffi_ptr|^offset |cipher|BlockModeCache/,
  },
  {
    name: "copies of stream data",
    matches: /^(copy|writeCopy|insert|slice|set|#block|take) .*lib\/quic\/streams\//,
  },
  { name: "garbage collection", matches: /^\(garbage collector\)/ },
  {
    name: "acknowledgments, loss, congestion, pacing",
    matches:
      / lib\/quic\/(recovery|mtu_discovery|connection\/(acknowledgments|content_fate|recovery|timers))/,
  },
  { name: "streams and flow control", matches: / lib\/quic\/(streams|driver\/stream)/ },
  { name: "packets and frames", matches: / lib\/quic\/(wire|connection|endpoint|ids|scheduler)/ },
  {
    name: "sockets, timers, event loop",
    matches: / (lib\/io|lib\/quic\/driver|ffi)\/|ext:|^__eventLoopTick/,
  },
];

const REST = "everything else";

/** How long a process was in each part, in microseconds, the profiler itself left out. */
export function timeOfParts(profile: CpuProfile): ReadonlyMap<string, number> {
  const times = new Map<string, number>([...PARTS.map(({ name }) => name), REST].map((name) => [name, 0]));
  const partOf = new Map<number, string>();
  const name = (node: CpuProfile["nodes"][number], caller: string): void => {
    const { functionName, url } = node.callFrame;
    const what = `${functionName} ${url.replace(/^.*\/(?=(lib|ffi|tasks)\/)/, "")}`;
    const found = /inspector\.js/.test(what) ? ASLEEP : PARTS.find(({ matches }) => matches.test(what))?.name;
    // A system call or a call of libcrypto has no name of its own: it is its caller's
    const part = functionName === "" && url === "" ? caller : found ?? REST;
    partOf.set(node.id, part);
    for (const child of node.children ?? []) name(byId.get(child)!, part);
  };
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  name(profile.nodes[0]!, REST);
  profile.samples.forEach((id, index) => {
    const part = partOf.get(id) ?? REST;
    times.set(part, times.get(part)! + profile.timeDeltas[index]!);
  });
  times.delete(ASLEEP);
  return times;
}

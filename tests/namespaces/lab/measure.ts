import type { LabHost } from "../../../lib/lab/plan/addresses.ts";
import type { Lab } from "../../../lib/lab/mod.ts";
import type { ProcessResult } from "../../support/command.ts";

/** Round-trip times of pings, in milliseconds, in the order of their answers. */
export async function pings(
  lab: Lab,
  from: string,
  to: string,
  count = 10,
  host: LabHost = "client",
): Promise<readonly number[]> {
  const { stdout } = await ping(lab, from, to, count, host);
  return [...stdout.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms));
}

/** Whether a ping is answered. */
export async function answers(lab: Lab, from: string, to: string): Promise<boolean> {
  return (await ping(lab, from, to, 1)).code === 0;
}

function ping(
  lab: Lab,
  from: string,
  to: string,
  count: number,
  host: LabHost = "client",
): Promise<ProcessResult> {
  return lab.run(host, ["ping", "-n", "-c", String(count), "-i", "0.05", "-W", "2", "-I", from, to]);
}

/** What iperf3 counted at the receiver. */
export interface Received {
  /** Payload in Mbit/s. */
  readonly mbit: number;
  /** Datagrams that were sent; 0 for TCP. */
  readonly sent: number;
  /** Datagrams that did not arrive. */
  readonly lost: number;
}

/** Runs iperf3 from a client's address to a server's. */
export async function iperf3(
  lab: Lab,
  from: string,
  to: string,
  args: readonly string[],
  launcher: readonly string[] = [],
): Promise<Received> {
  await using server = lab.spawn("server", [...launcher, "iperf3", "-s", "-1", "--forceflush", "-B", to]);
  await server.line(/Server listening/);
  const argv = [...launcher, "iperf3", "-c", to, "-J", ...(from === "" ? [] : ["-B", from]), ...args];
  const { end }: IperfReport = JSON.parse(await lab.output("client", argv, { deadlineMs: 60_000 }));
  const { bits_per_second, packets, lost_packets } = end.sum_received;
  return { mbit: bits_per_second / 1e6, sent: packets ?? 0, lost: lost_packets ?? 0 };
}

interface IperfReport {
  readonly end: {
    readonly sum_received: {
      readonly bits_per_second: number;
      readonly packets?: number;
      readonly lost_packets?: number;
    };
  };
}

import { createLab, type CreateLabOptions } from "../../../lib/lab/create_lab.ts";
import type { Lab } from "../../../lib/lab/lab.ts";
import type { LabHost } from "../../../lib/lab/plan/addresses.ts";
import type { Middlebox } from "../../../lib/lab/plan/middlebox.ts";
import type { LabOptions } from "../../../lib/lab/plan/options.ts";
import { counterDeltas, type Counters, parseCounters } from "../../../lib/mptcp/counters.ts";
import type { RunningProcess } from "../../../lib/io/process.ts";
import { ROOT } from "../../support/command.ts";
import type { Order, Story } from "./tcp_client.ts";

/** What a test says of an exchange; the rest is MPTCP to the line server. */
export interface Exchange extends Partial<Order> {
  /** Which address of the server to connect to. @default {4} */
  readonly family?: 4 | 6;
}

/** How long a peer may run, in milliseconds. */
const DEADLINE_MS = 30_000;

/** An exchange as the client saw it, and the counters of the server that changed meanwhile. */
export interface BothSides {
  readonly story: Story;
  readonly server: Counters;
}

/** A lab with peers that show what its middleboxes do. */
export class MiddleboxNetwork implements AsyncDisposable {
  readonly lab: Lab;
  #port = 0;

  private constructor(lab: Lab) {
    this.lab = lab;
  }

  static async make(
    options: LabOptions = { paths: [{}, {}] },
    making: CreateLabOptions = {},
  ): Promise<MiddleboxNetwork> {
    return new MiddleboxNetwork(await createLab(options, making));
  }

  /** Makes one with line_server.ts on every address of the server, with MPTCP. */
  static async serving(options?: LabOptions): Promise<MiddleboxNetwork> {
    const network = await MiddleboxNetwork.make(options);
    const process = network.program("server", "../mptcp/line_server.ts", "mptcp", "::");
    const [, port] = await process.line(/^listening (\d+)$/);
    network.#port = Number(port);
    return network;
  }

  /** The port of the line server; 0 without one. */
  get port(): number {
    return this.#port;
  }

  /** The server's address on a path. */
  server(family: 4 | 6, path: number = 1): string {
    const { ipv4, ipv6 } = this.lab.plan.paths[path - 1]!.server;
    return (family === 4 ? ipv4 : ipv6)!;
  }

  /** Starts a program of this folder, or of another, on a host. */
  program(host: LabHost, script: string, ...args: readonly string[]): RunningProcess {
    const path = new URL(`./${script}`, import.meta.url).pathname;
    const argv = [
      Deno.execPath(),
      "run",
      "--quiet",
      "--no-check",
      "--allow-all",
      "--unstable-net",
      path,
      ...args,
    ];
    return this.lab.spawn(host, argv, { cwd: ROOT, deadlineMs: DEADLINE_MS });
  }

  /** Starts udp_server.ts on the server; gives its port. */
  async serveUdp(): Promise<number> {
    const [, port] = await this.program("server", "udp_server.ts").line(/^listening (\d+)$/);
    return Number(port);
  }

  /** Runs tcp_client.ts on the client. */
  async exchange({ family = 4, ...order }: Exchange = {}): Promise<Story> {
    const whole: Order = { transport: "mptcp", address: this.server(family), port: this.#port, ...order };
    const { stdout, stderr } = await this.program("client", "tcp_client.ts", JSON.stringify(whole)).result();
    if (!stdout.startsWith("{")) throw new Error(`tcp_client.ts printed no story: ${stdout}${stderr}`);
    return JSON.parse(stdout);
  }

  /** Runs tcp_client.ts and tells which counters of the server changed meanwhile. */
  async exchangeBothSides(order?: Exchange): Promise<BothSides> {
    const before = await this.counters("server");
    const story = await this.exchange(order);
    return { story, server: counterDeltas(before, await this.counters("server")) };
  }

  /** The counters of a host. */
  async counters(host: LabHost): Promise<Counters> {
    const files = await this.lab.output(host, ["cat", "/proc/net/netstat", "/proc/net/snmp"]);
    return parseCounters(files);
  }

  /** Runs a shell script on a host. */
  async shell(host: LabHost, script: string): Promise<void> {
    await this.lab.output(host, ["sh", "-ec", script]);
  }

  /** Puts nothing but these in force. */
  async only(...boxes: readonly Middlebox[]): Promise<void> {
    await this.lab.clearMiddleboxes();
    for (const box of boxes) await this.lab.addMiddlebox(box);
  }

  /** What the first middlebox in force was applied to: packets, or flows. */
  async hits(): Promise<number> {
    return (await this.lab.middleboxes())[0]?.packets ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab[Symbol.asyncDispose]();
  }
}

/** The counters of a client that tell how MPTCP was negotiated, without those that are 0. */
export function negotiated({ counters }: Story): Readonly<Record<string, number>> {
  const prefix = "MPTcpExtMPCapable";
  const pairs = Object.entries(counters).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(pairs.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** The interfaces of the paths that are active. */
export function active({ paths }: Story): readonly string[] {
  return paths.filter(({ state }) => state === "active").map((path) => path.interface ?? "unknown");
}

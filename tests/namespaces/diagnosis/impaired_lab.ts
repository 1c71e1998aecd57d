/** Two paths through a router, `mpt serve` and a web server of Debian at the far end. */
import { createLab, type Lab, type Middlebox } from "../../../lib/lab/mod.ts";
import type { ProbeResult } from "../../../lib/probe/mod.ts";
import { MPTCPIZE, NGINX, startWebServer, WEB_PORT, type WebServer } from "../../peers/web_servers.ts";
import { mptArgv, type ProcessResult, type RunningProcess } from "../../support/command.ts";

/** The port of `mpt serve`. */
export const PORT = 4433;

/** Where a row does something to a host. */
export type Host = "client" | "router" | "server";

/** What is done before a probe and undone after it. */
export interface Impairment {
  /** Middleboxes of the router. */
  readonly boxes?: readonly Middlebox[];
  /** Further rules of the router, as a file for nft. */
  readonly rules?: string;
  /** A shell script for a host, and what undoes it. */
  readonly set?: readonly (readonly [Host, string])[];
  readonly unset?: readonly (readonly [Host, string])[];
}

/** What a probe printed and how it ended. */
export interface Probed {
  readonly code: number;
  readonly result: ProbeResult;
  readonly stderr: string;
}

/** Takes over the descriptors of whoever listens on a port (pidfd_getfd), and sets the option on them. */
const DEFER_ACCEPT = `
import ctypes, os, re, socket, sys
port, seconds = int(sys.argv[1]), int(sys.argv[2])
listening = {
  line.split()[9] for name in ("tcp", "tcp6") for line in open(f"/proc/net/{name}").readlines()[1:]
  if line.split()[3] == "0A" and int(line.split()[1].rsplit(":", 1)[1], 16) == port
}
libc, found = ctypes.CDLL(None, use_errno=True), 0
for pid in filter(str.isdigit, os.listdir("/proc")):
  try: descriptors = os.listdir(f"/proc/{pid}/fd")
  except OSError: continue
  for descriptor in descriptors:
    try: link = re.fullmatch(r"socket:.(\\d+).", os.readlink(f"/proc/{pid}/fd/{descriptor}"))
    except OSError: continue
    if link is None or link[1] not in listening: continue
    copy = libc.syscall(438, os.pidfd_open(int(pid)), int(descriptor), 0)
    if copy < 0: raise OSError(ctypes.get_errno(), "pidfd_getfd")
    socket.socket(fileno=copy).setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, seconds)
    found += 1
assert found, "nobody listens"
`;

/** A lab whose impairments come and go. */
export class ImpairedLab implements AsyncDisposable {
  readonly lab: Lab;

  readonly #web: WebServer;
  #servers: readonly RunningProcess[] = [];

  private constructor(lab: Lab, web: WebServer) {
    this.lab = lab;
    this.#web = web;
  }

  /** Makes the network and starts the servers. */
  static async make(web: WebServer = NGINX): Promise<ImpairedLab> {
    const lab = await createLab({ paths: [{}, {}], mptcp: "subflow", link: "veth" });
    const impaired = new ImpairedLab(lab, web);
    try {
      // The first middlebox puts an end to packets larger than the MTU, for good.
      await lab.addMiddlebox({ kind: "nat" });
      await lab.clearMiddleboxes();
      await impaired.restart();
      return impaired;
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts the servers afresh: a connection whose other end is gone can live long at theirs. */
  async restart(
    web: (lab: Lab) => Promise<readonly RunningProcess[]> = async (lab) => [
      await startWebServer(lab, this.#web, MPTCPIZE),
    ],
  ): Promise<void> {
    for (const server of this.#servers) await server[Symbol.asyncDispose]();
    const server = this.lab.spawn("server", mptArgv(["serve", "--ndjson"]), { deadlineMs: 240_000 });
    await server.line(/"event":"listening"/);
    this.#servers = [server, ...await web(this.lab)];
  }

  /** The first address of the server. */
  target(port: number, family: 4 | 6 = 4): string {
    const { ipv4, ipv6 } = this.lab.addresses.server;
    return family === 4 ? `${ipv4[0]}:${port}` : `[${ipv6[0]}]:${port}`;
  }

  /** The target of the web server. */
  web(family: 4 | 6 = 4): string {
    return this.target(WEB_PORT, family);
  }

  /** Puts an impairment in force. */
  async impair({ boxes = [], rules, set = [] }: Impairment): Promise<void> {
    for (const box of boxes) await this.lab.addMiddlebox(box);
    if (rules !== undefined) await this.lab.output("router", ["nft", rules]);
    for (const [host, script] of set) await this.shell(host, script);
  }

  /** Takes it back, and whatever it left on the client. */
  async mend({ rules, unset = [] }: Impairment): Promise<void> {
    await this.lab.clearMiddleboxes();
    if (rules !== undefined) await this.lab.output("router", ["nft", "delete table inet row"]);
    for (const [host, script] of unset) await this.shell(host, script);
    await this.clearBlackhole();
  }

  /** Writing the time ends it, also when it does not change. */
  async clearBlackhole(): Promise<void> {
    await this.shell("client", "echo 3600 > /proc/sys/net/mptcp/blackhole_timeout");
  }

  /** Sets TCP_DEFER_ACCEPT on the listener of `mpt serve`, from outside: it has no option for that. */
  async deferAccept(seconds: number): Promise<void> {
    await this.lab.output("server", ["python3", "-c", DEFER_ACCEPT, String(PORT), String(seconds)]);
  }

  /** Runs a shell script on a host. */
  async shell(host: Host, script: string): Promise<string> {
    return await this.lab.output(host, ["sh", "-ec", script]);
  }

  /** Probes as a user would. */
  async probe(target: string, ...args: readonly string[]): Promise<Probed> {
    const argv = mptArgv(["probe", "--json", "-t", "tcp,mptcp", "--require", "mptcp", ...args, target]);
    const run: ProcessResult = await this.lab.run("client", argv, { deadlineMs: 60_000 });
    if (!run.stdout.startsWith("{")) throw new Error(`Cannot read what mpt probe said: ${run.stderr}`);
    return { code: run.code, result: JSON.parse(run.stdout), stderr: run.stderr };
  }

  /** Ends the servers and the network. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.lab[Symbol.asyncDispose]();
  }
}

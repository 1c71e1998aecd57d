import { type RunningProcess, start } from "../../../support/command.ts";

/**
 * A UDP peer in Python: it prints its port, then for each datagram a number, its length, its CRC-32, its mark
 * and the sender's port; it sends the datagram back with the mark that is in the first byte.
 */
const PEER = `
import itertools, json, socket, sys, zlib
v6 = ":" in sys.argv[1]
s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
level, tos, recvtos = (socket.IPPROTO_IPV6, 67, 66) if v6 else (socket.IPPROTO_IP, 1, 13)
s.setsockopt(level, recvtos, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
s.bind((sys.argv[1], 0))
print("port", s.getsockname()[1], flush=True)
for number in itertools.count(1):
    data, control, flags, sender = s.recvmsg(65536, 256)
    mark = [d[0] & 3 for l, t, d in control if (l, t) == (level, tos)]
    print(number, json.dumps([len(data), zlib.crc32(data), mark[0] if mark else None, sender[1]]), flush=True)
    s.setsockopt(level, tos, data[0] & 3)
    s.sendto(data, sender)
`;

/** What Python says about a datagram: length, CRC-32, mark, port of the sender. */
export type Seen = readonly [length: number, crc: number, mark: number | null, port: number];

/** The Python program on an address of this host. */
export class PythonPeer implements AsyncDisposable {
  readonly port: number;
  readonly #process: RunningProcess;

  private constructor(process: RunningProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  /** Starts it. */
  static async start(address: string): Promise<PythonPeer> {
    const process = start(["python3", "-c", PEER, address]);
    const [, port = ""] = await process.line(/^port (\d+)$/);
    return new PythonPeer(process, Number(port));
  }

  /** Resolves when it has told of so many datagrams. */
  async printed(count: number): Promise<void> {
    await this.#process.line(new RegExp(`^${count} .*\\]$`));
  }

  /** What it has told so far. */
  seen(): readonly Seen[] {
    const lines = this.#process.stdout.matchAll(/^\d+ (\[.*\])$/gm);
    return Array.from(lines, ([, seen = ""]) => JSON.parse(seen));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

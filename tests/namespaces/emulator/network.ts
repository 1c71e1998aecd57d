import { type Emulator, type EmulatorLink, startEmulator } from "../../../lib/lab/emulator/emulator.ts";
import type { DirectionStatus } from "../../../lib/lab/link/meter.ts";
import { type LinkSettings, linkSettings } from "../../../lib/lab/link/settings.ts";
import { hold, type Namespaces } from "../../../lib/lab/namespaces.ts";

/** One link to make. */
export interface TestLink {
  readonly up?: Partial<LinkSettings>;
  readonly down?: Partial<LinkSettings>;
}

/** Pings an address: argv is address, count and interval in seconds; a line for each answer, its ms. */
const PING = `
import os, select, socket, struct, sys, time
address, count, interval = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
sock.connect((address, 0))
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff
for number in range(count):
    body = struct.pack("!HH", os.getpid() & 0xffff, number) + bytes(52)
    echo = struct.pack("!BBH", 8, 0, checksum(struct.pack("!BBH", 8, 0, 0) + body)) + body
    sent = time.monotonic()
    sock.send(echo)
    while True:
        left = sent + 0.5 - time.monotonic()
        if left <= 0 or not select.select([sock], [], [], left)[0]:
            print("lost", flush=True)
            break
        packet = sock.recv(2000)
        if packet[20] == 0 and packet[24:28] == body[:4]:
            print((time.monotonic() - sent) * 1000, flush=True)
            break
    time.sleep(interval)
`;

/** Sends datagrams to a port where nobody listens: argv is address, count and bytes of payload. */
const SEND = `
import errno, socket, sys, time
address, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
# IP_MTU_DISCOVER, IP_PMTUDISC_PROBE: never in fragments.
sock.setsockopt(socket.IPPROTO_IP, 10, 3)
for number in range(count):
    try:
        sock.sendto(bytes(size), (address, 9))
    except OSError as error:
        print(errno.errorcode[error.errno])
        sys.exit(0)
    if number % 20 == 19:
        time.sleep(0.001)
print("sent")
`;

/** A client and a server with emulated links from 10.77.N.1 to 10.77.N.2, and no packets but ours. */
export class EmulatedNetwork implements AsyncDisposable {
  readonly namespaces: Namespaces;
  readonly emulator: Emulator;

  private constructor(namespaces: Namespaces, emulator: Emulator) {
    this.namespaces = namespaces;
    this.emulator = emulator;
  }

  /** Makes the network, its devices named `path1` and so on. */
  static async make(...links: readonly TestLink[]): Promise<EmulatedNetwork> {
    const namespaces = await holdHosts();
    try {
      const emulator = await startEmulator(namespaces, links.map(linkOf), { seed: 7 });
      const network = new EmulatedNetwork(namespaces, emulator);
      await network.#address(links.length);
      return network;
    } catch (error) {
      await namespaces[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #address(links: number): Promise<void> {
    const commands = [...Array(links).keys()].flatMap((index) =>
      ["client", "server"].flatMap((host, side) => [
        `ip -n ${host} addr add 10.77.${index + 1}.${side + 1}/24 dev path${index + 1}`,
        `ip -n ${host} link set path${index + 1} up`,
      ])
    );
    await this.namespaces.output(undefined, ["sh", "-ec", commands.join("\n")]);
  }

  /** Round trips of echo requests to the server in milliseconds, those that were answered. */
  async ping(path: number, count: number, intervalMs: number = 5): Promise<readonly number[]> {
    const argv = ["python3", "-c", PING, `10.77.${path}.2`, String(count), String(intervalMs / 1000)];
    const lines = (await this.namespaces.output("client", argv)).trim().split("\n");
    return lines.filter((line) => line !== "lost").map(Number);
  }

  /** Sends datagrams to the server; `sent`, or the name of the error that stopped it. */
  async send(path: number, count: number, payloadBytes: number): Promise<string> {
    const argv = ["python3", "-c", SEND, `10.77.${path}.2`, String(count), String(payloadBytes)];
    return (await this.namespaces.output("client", argv)).trim();
  }

  /** How many datagrams for nobody the server has got, as its kernel counts. */
  async received(): Promise<number> {
    const [names = "", values = ""] = (await this.namespaces.output("server", ["cat", "/proc/net/snmp"]))
      .split("\n").filter((line) => line.startsWith("Udp: "));
    return Number(values.split(" ")[names.split(" ").indexOf("NoPorts")]);
  }

  /** What the emulator counted of one direction of the first link. */
  async counted(direction: "up" | "down"): Promise<DirectionStatus> {
    const { links: [link] } = await this.emulator.status();
    return link![direction];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.emulator[Symbol.asyncDispose]();
    await this.namespaces[Symbol.asyncDispose]();
  }
}

/** What {@linkcode holdHosts} does beside. */
export interface HostOptions {
  /** More lines for the script of hold(). */
  readonly script?: readonly string[];
  /** Arguments in front of every command. */
  readonly launcher?: readonly string[];
}

/** A client and a server that send nothing of themselves. */
export function holdHosts({ script = [], launcher = [] }: HostOptions = {}): Promise<Namespaces> {
  const hosts = ["client", "server"].flatMap((host) => [
    `ip netns add ${host}`,
    `nsenter --net=/run/netns/${host} -- sh -c "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6"`,
  ]);
  return hold([...hosts, ...script], { launcher });
}

/** The link with this index, its devices named after it at both ends. */
export function linkOf({ up = {}, down = {} }: TestLink, index: number): EmulatorLink {
  const name = `path${index + 1}`;
  return {
    name,
    client: { namespace: "client", device: name },
    far: { namespace: "server", device: name },
    up: linkSettings(up),
    down: linkSettings(down),
  };
}

/**
 * The other end of a client that is watched, as a program of its own that runs on the server of the network: it
 * answers names as its scenario says, accepts connections, and prints what it sees on the wire, one line of
 * JSON for each packet. It ends when it is killed.
 */
import { createSocket, type Socket } from "node:dgram";
import { Ip } from "../../base/ip.ts";
import { decodeMessage, type DnsMessage, EMPTY_MESSAGE, encodeMessage } from "../../dns/wire/message.ts";
import { DnsName } from "../../dns/wire/name.ts";
import type { DnsRecord } from "../../dns/wire/record.ts";
import { PacketCapture } from "../../io/packet_capture.ts";
import { ACCEPT_PORT, DNS_ADDRESS } from "./network.ts";
import { observe } from "./packets.ts";
import { addressesOf, type Scenario, SCENARIOS } from "./scenario.ts";

/** Where the program is. */
export const SERVER_PROGRAM: string = import.meta.url;

/** The permissions of Deno that the program needs. */
export const SERVER_PERMISSIONS: readonly string[] = ["--allow-net", "--allow-ffi"];

const TTL = 60;

/** An answer to whoever speaks first, so that a client of HTTP is content. */
const HTTP_ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";

async function main(): Promise<void> {
  const scenario = SCENARIOS.find(({ name }) => name === Deno.args[0]);
  if (scenario === undefined) throw new Error(`Cannot play the scenario ${Deno.args[0]}: there is none`);
  using capture = new PacketCapture();
  // Both families
  void accept("::");
  await serveNames(scenario);
  print({ kind: "ready" });
  await capture.run(new AbortController().signal, ({ atMs, bytes }) => {
    const observation = observe(bytes);
    if (observation !== null) print({ atMs, ...observation });
  });
}

async function accept(hostname: string): Promise<void> {
  for await (const connection of Deno.listen({ hostname, port: ACCEPT_PORT })) void answer(connection);
}

/** Clients of HTTP get an answer; with all others there is nothing to say. */
async function answer(connection: Deno.TcpConn): Promise<void> {
  try {
    using _ = connection;
    const bytes = new Uint8Array(4096);
    const count = await connection.read(bytes) ?? 0;
    if (!/^[A-Z]+ /.test(new TextDecoder().decode(bytes.subarray(0, count)))) return;
    await connection.write(new TextEncoder().encode(HTTP_ANSWER));
    while (await connection.read(bytes) !== null) { /* until the client has gone */ }
  } catch {
    // The client went away: what it did before has been seen
  }
}

function serveNames(scenario: Scenario): Promise<void> {
  const socket = createSocket("udp4");
  socket.on("message", (bytes, { address, port }) => reply(socket, scenario, bytes, address, port));
  return new Promise((resolve) => socket.bind(53, DNS_ADDRESS, resolve));
}

function reply(socket: Socket, scenario: Scenario, bytes: Uint8Array, address: string, port: number): void {
  let query: DnsMessage;
  try {
    query = decodeMessage(bytes);
  } catch {
    return;
  }
  const { records, delayMs } = answersTo(query, scenario);
  const message = encodeMessage({
    ...EMPTY_MESSAGE,
    id: query.id,
    response: true,
    recursionDesired: query.recursionDesired,
    recursionAvailable: true,
    questions: query.questions,
    answers: records,
    authorities: records.length > 0 ? [] : [SOA],
    edns: query.edns === null ? null : { udpSize: 1232, version: 0, dnssecOk: false, options: [] },
  });
  const send = (): void => void socket.send(message, port, address);
  if (delayMs === 0) send();
  else setTimeout(send, delayMs);
}

/** RFC 2308 5: how long nothing is there. */
const SOA: DnsRecord = {
  type: "SOA",
  name: DnsName.root,
  ttl: TTL,
  primary: DnsName.root,
  mailbox: DnsName.root,
  serial: 1,
  refresh: TTL,
  retry: TTL,
  expire: TTL,
  minimum: TTL,
};

function answersTo(
  query: DnsMessage,
  scenario: Scenario,
): { readonly records: readonly DnsRecord[]; readonly delayMs: number } {
  const [question] = query.questions;
  switch (question?.type) {
    case "A":
    case "AAAA": {
      const { name, type } = question;
      const answer = type === "A" ? scenario.a : scenario.aaaa;
      return {
        records: addressesOf(answer, type === "A" ? 4 : 6).map((address) => ({
          type,
          name,
          ttl: TTL,
          address: Ip.parse(address),
        })),
        delayMs: answer.delayMs,
      };
    }
    case "HTTPS":
    case "SVCB":
      return { records: [], delayMs: scenario.httpsDelayMs };
    default:
      return { records: [], delayMs: 0 };
  }
}

function print(line: object): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
}

if (import.meta.main) await main();

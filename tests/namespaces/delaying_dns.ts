/**
 * A name server that passes on what dnsmasq answers, some of it late, and a web server, as a program of its own
 * on the server of a private network. Its argument says how many milliseconds each type waits:
 * `{"AAAA": 200}`. It prints what it sees on the wire, one line of JSON for each packet.
 */
import { createSocket } from "node:dgram";
import { decodeMessage } from "../../lib/dns/wire/message.ts";
import { PacketCapture } from "../../lib/io/packet_capture.ts";
import { ACCEPT_PORT, DNS_ADDRESS } from "../../lib/race/infer/network.ts";
import { observe } from "../../lib/race/infer/packets.ts";

/** Where the program is. */
export const DELAYING_DNS: string = import.meta.url;

/** Where dnsmasq listens, on the loopback interface. */
export const DNSMASQ_PORT = 5353;

async function main(delays: Readonly<Record<string, number>>): Promise<void> {
  using capture = new PacketCapture();
  void accept();
  const socket = createSocket("udp4");
  socket.on("message", (query, { address, port }) => {
    const upstream = createSocket("udp4");
    upstream.once("message", (answer) => {
      upstream.close();
      const type = decodeMessage(answer).questions[0]?.type ?? "";
      setTimeout(() => socket.send(answer, port, address), delays[type] ?? 0);
    });
    upstream.send(query, DNSMASQ_PORT, "127.0.0.1");
  });
  await new Promise<void>((resolve) => socket.bind(53, DNS_ADDRESS, resolve));
  print({ kind: "ready" });
  await capture.run(new AbortController().signal, ({ atMs, bytes }) => {
    const seen = observe(bytes);
    if (seen !== null) print({ atMs, ...seen });
  });
}

async function accept(): Promise<void> {
  for await (const connection of Deno.listen({ hostname: "::", port: ACCEPT_PORT })) connection.close();
}

function print(line: object): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
}

if (import.meta.main) await main(JSON.parse(Deno.args[0] ?? "{}"));

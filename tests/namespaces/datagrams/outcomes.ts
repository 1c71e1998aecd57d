// deno-lint-ignore-file no-console
/**
 * Sends datagrams on the host that datagram_socket_test.ts makes, and prints what became of each as JSON.
 */
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { openDatagramSocket } from "../../../lib/io/open_datagram_socket.ts";
import { output } from "../../../lib/io/process.ts";

const bytes = new Uint8Array(100_000);
const outcomes: Record<string, unknown> = {};

for (const [family, here, there] of [["v4", "10.9.0.1", "10.9.0.2"], ["v6", "fd09::1", "fd09::2"]] as const) {
  await using socket = await openDatagramSocket({
    address: Ip.parse(here),
    backend: "ffi",
    sendBufferBytes: 100_000,
  });
  const peer = Endpoint.of(there, 9);
  // The MTU of the link is 1400.
  const most = 1400 - 8 - (family === "v4" ? 20 : 40);
  const send = (length: number, segmentBytes: number): readonly [string, number] => {
    const outcome = socket.send(bytes, 0, length, peer, { segmentBytes });
    return [outcome, socket.sentBytes];
  };
  outcomes[`${family} mtu`] = [send(most, 0), send(most + 1, 0)];
  outcomes[`${family} mtu batch`] = [
    send(most * 10 + 1, most),
    send(most * 10, most + 1),
    send(most * 3, most),
  ];
  outcomes[`${family} cuts`] = socket.features.segmentation;

  // Three times what the buffer holds.
  let blocked = 0;
  let rest = 300_000;
  while (rest > 0) {
    const length = Math.min(rest, 60_000);
    const outcome = socket.send(bytes, 0, length, peer, { segmentBytes: 1200 });
    rest -= socket.sentBytes;
    if (outcome === "sent") continue;
    if (outcome !== "blocked" || ++blocked > 1000 || !await socket.writable()) break;
  }
  outcomes[`${family} blocked`] = [blocked > 0, rest];
}

await using any = await openDatagramSocket({ address: Ip.parse("::"), backend: "ffi" });
const to = (address: string, from?: string): string =>
  any.send(bytes, 0, 100, Endpoint.of(address, 9), from === undefined ? {} : { from: Endpoint.of(from, 9) });
outcomes["routes"] = {
  none: [to("192.0.2.1"), to("2001:db8::1")],
  unreachable: [to("198.51.100.1"), to("2001:db8:1::1")],
  prohibited: [to("198.51.100.2"), to("2001:db8:2::1")],
  blackhole: [to("198.51.100.3"), to("2001:db8:3::1")],
  fine: [to("10.9.0.2", "10.9.0.1"), to("fd09::2", "fd09::1")],
};
await using four = await openDatagramSocket({ address: Ip.parse("10.9.0.1"), backend: "ffi" });
await output(["ip", "address", "del", "10.9.0.1/24", "dev", "near"]);
await output(["ip", "address", "del", "fd09::1/64", "dev", "near"]);
await output(["ip", "route", "add", "default", "dev", "far"]);
await output(["ip", "-6", "route", "add", "default", "dev", "far"]);
outcomes["gone"] = [
  to("10.9.0.2", "10.9.0.1"),
  to("fd09::2", "fd09::1"),
  four.send(bytes, 0, 100, Endpoint.of("10.9.0.2", 9)),
];
console.log(JSON.stringify(outcomes));

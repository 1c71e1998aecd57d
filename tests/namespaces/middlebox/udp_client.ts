// deno-lint-ignore-file no-console
/**
 * Sends the same 100 bytes every few milliseconds from one socket: `udp_client.ts LOCAL REMOTE PORT`. It
 * prints `same ADDRESS PORT` or `altered ADDRESS PORT` when an answer differs from the one before: where
 * the server saw the datagram come from, and whether it came as it was sent.
 */
const [hostname = "", remote = "", port = "0"] = Deno.args;
const sent = "m".repeat(100);
const socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
const datagram = new TextEncoder().encode(sent);

setInterval(() => {
  // A refusal by ICMP is an answer that never comes.
  socket.send(datagram, { transport: "udp", hostname: remote, port: Number(port) }).catch(() => {});
}, 5);

let last = "";
for await (const [data] of socket) {
  const [from, fromPort, payload] = new TextDecoder().decode(data).split(" ");
  const line = `${payload === sent ? "same" : "altered"} ${from} ${fromPort}`;
  if (line !== last) console.log(last = line);
}

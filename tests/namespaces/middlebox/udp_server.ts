// deno-lint-ignore-file no-console
/**
 * Answers every datagram, of either family, with the address and port that it came from, a blank, and what
 * was in it. It prints `listening PORT`.
 */
const socket = Deno.listenDatagram({ transport: "udp", hostname: "::", port: 0 });
const encoder = new TextEncoder();

if (socket.addr.transport === "udp") console.log(`listening ${socket.addr.port}`);
for await (const [data, from] of socket) {
  if (from.transport !== "udp") continue;
  const prefix = encoder.encode(`${from.hostname.replace("::ffff:", "")} ${from.port} `);
  const answer = new Uint8Array(prefix.length + data.length);
  answer.set(prefix);
  answer.set(data, prefix.length);
  await socket.send(answer, from);
}

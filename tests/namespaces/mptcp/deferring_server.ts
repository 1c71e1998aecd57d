// deno-lint-ignore-file no-console
/** An MPTCP listener with TCP_DEFER_ACCEPT, as web servers like it: `deferring_server.ts ADDRESS`. */
import {
  accept,
  AF_INET,
  bind,
  IPPROTO_MPTCP,
  listen,
  localName,
  POLLIN,
  receive,
  send,
  setInt,
  SOCK_STREAM,
  socket,
  SOL_TCP,
} from "../../../ffi/mod.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { ffiUnavailableReason } from "../../../lib/io/ffi_access.ts";
import { waitReady } from "../../../lib/io/poller.ts";
import { decodeSockaddr, encodeSockaddr } from "../../../lib/io/sockaddr.ts";

const TCP_DEFER_ACCEPT = 9;

/** Joins hang until the SYN/ACK has been sent again often enough to fill this time, in seconds. */
const SECONDS = 3;

function must(result: number, what: string): number {
  if (result < 0) throw new Error(`Cannot ${what}: errno ${-result}`);
  return result;
}

async function main(): Promise<void> {
  const problem = ffiUnavailableReason();
  if (problem !== null) throw new Error(problem);
  const fd = must(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), "open a socket");
  must(setInt(fd, SOL_TCP, TCP_DEFER_ACCEPT, SECONDS), "set TCP_DEFER_ACCEPT");
  must(bind(fd, encodeSockaddr(Ip.parse(Deno.args[0] ?? ""), 0)), "bind");
  must(listen(fd, 10), "listen");
  const name = localName(fd);
  if (typeof name === "number") throw new Error("Cannot learn the port");
  console.log(`listening ${decodeSockaddr(new DataView(name.buffer))!.port}`);
  await waitReady(fd, POLLIN);
  const peer = must(accept(fd), "accept");
  const buffer = new Uint8Array(1000);
  // One request of 20 bytes and 10 bytes of data, in whatever pieces.
  for (let length = 0; length < 30;) {
    await waitReady(peer, POLLIN);
    length += must(receive(peer, buffer), "receive");
  }
  must(send(peer, new Uint8Array(1)), "answer");
  await new Promise(() => setInterval(() => {}, 1000));
}

await main();

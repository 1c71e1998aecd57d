// deno-lint-ignore-file no-console
/**
 * Opens a datagram socket, sends one datagram if there is a peer, and prints the outcome as JSON, for tests
 * that need other permissions: `attempt.ts OPTIONS [PEER]`, where addresses in the options are texts.
 */
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { MptError } from "../../../../lib/base/errors.ts";
import { Ip } from "../../../../lib/base/ip.ts";
import { openDatagramSocket } from "../../../../lib/io/open_datagram_socket.ts";

/** What came of it. */
export interface DatagramAttempt {
  readonly backend: string | null;
  readonly reason: string | null;
  readonly sent: string | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly fix: string | null;
}

const NOTHING: DatagramAttempt = {
  backend: null,
  reason: null,
  sent: null,
  code: null,
  message: null,
  fix: null,
};

async function attempt(): Promise<DatagramAttempt> {
  const { address, remote, ...rest } = JSON.parse(Deno.args[0] ?? "{}");
  try {
    const options = { ...rest, ...(remote === undefined ? {} : { remote: Endpoint.parse(remote) }) };
    await using socket = await openDatagramSocket({ address: Ip.parse(address), ...options });
    const [, peer] = Deno.args;
    const sent = peer === undefined ? null : socket.send(new Uint8Array(8), 0, 8, Endpoint.parse(peer));
    return { ...NOTHING, backend: socket.backend, reason: socket.backendReason, sent };
  } catch (error) {
    if (!(error instanceof MptError)) throw error;
    return { ...NOTHING, code: error.code, message: error.message, fix: error.fix ?? null };
  }
}

console.log(JSON.stringify(await attempt()));

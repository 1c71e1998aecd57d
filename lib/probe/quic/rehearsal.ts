import { Ip } from "../../base/ip.ts";
import { chooseBackend } from "../../crypto/choose.ts";
import { makeClient } from "../../quic/connection/client.ts";
import { connectionConfig } from "../../quic/connection/config.ts";
import type { Connection } from "../../quic/connection/connection.ts";
import { makeServer } from "../../quic/connection/server.ts";
import type { Tuple } from "../../quic/connection/tuple.ts";
import { nowUs, random } from "../../quic/driver/clock.ts";
import { QUIC_V1 } from "../../quic/wire/versions.ts";
import { TlsClient } from "../../tls/client.ts";
import { TlsServer } from "../../tls/server.ts";
import { makeSelfSigned } from "../../tls/x509/self_signed.ts";

/** More flights than a handshake in memory has. */
const MAX_FLIGHTS = 16;

let done = false;

/**
 * Makes a handshake in memory, once: what the runtime compiles and loads on the way would else be measured as
 * a part of the first handshake with a server, several times as long as the handshake itself.
 */
export function rehearse(): void {
  if (done) return;
  done = true;
  const config = connectionConfig({ backend: chooseBackend().backend, random });
  const { certificate, key } = makeSelfSigned({ hosts: ["localhost"], nowMs: Date.now(), random });
  const credentials = [{ type: "x509", entries: [certificate], key }] as const;
  const [near, far] = [4433, 4434].map((port) => ({ ip: Ip.parse("127.0.0.1"), port }));
  const tuple = (local: number): Tuple => ({
    local: local === 0 ? near! : far!,
    remote: local === 0 ? far! : near!,
  });
  const alpn = ["rehearsal"];
  const client = makeClient({
    config,
    tuple: tuple(0),
    nowUs: nowUs(),
    tls: (transportParameters) =>
      new TlsClient({
        serverName: "localhost",
        alpn,
        transportParameters,
        check: () => ({ trusted: true, problem: null, text: "", alert: "close_notify" }),
        random,
      }),
  });
  const server = makeServer({
    config,
    tuple: tuple(1),
    nowUs: nowUs(),
    version: QUIC_V1,
    originalDestination: client.originalDestination,
    clientSource: client.core.source,
    tls: (transportParameters) =>
      new TlsServer({ credentials: () => credentials, alpn, transportParameters, random }),
  });
  const slab = new Uint8Array(4096);
  for (let flight = 0; flight < MAX_FLIGHTS && !client.confirmed; flight++) {
    move(client, server, tuple(1), slab);
    move(server, client, tuple(0), slab);
  }
  client.abandon();
  server.abandon();
}

function move(from: Connection, to: Connection, tuple: Tuple, slab: Uint8Array<ArrayBuffer>): void {
  for (let out = from.pollTransmit(nowUs(), slab); out !== null; out = from.pollTransmit(nowUs(), slab)) {
    to.handleDatagram(nowUs(), tuple, slab, 0, out.end);
  }
}

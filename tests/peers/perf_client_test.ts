import assert from "node:assert/strict";
import { createLab } from "../../lib/lab/mod.ts";
import { twoPaths } from "../support/two_paths.ts";
import { requires } from "../support/requires.ts";
import { PORT, startServe } from "./support.ts";

/**
 * A client of draft-banks-quic-performance on a stream socket, as short as the protocol: the number of
 * bytes wanted back, the upload, end of stream, the download. It prints how much came.
 */
const CLIENT = `
import socket, struct, sys
protocol, upload, download = map(int, sys.argv[2:])
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol)
s.settimeout(20)
s.connect((sys.argv[1], ${PORT}))
s.sendall(struct.pack(">Q", download) + b"U" * upload)
s.shutdown(socket.SHUT_WR)
total = 0
while piece := s.recv(65536):
    total += len(piece)
print(total)
`;

const PROTOCOLS = { tcp: 6, mptcp: 262 } as const;

for (const transport of ["tcp", "mptcp"] as const) {
  Deno.test({
    name: `mpt serve speaks perf with a client in Python over ${transport}`,
    ...requires("namespaces", "mptcp", "tool:python3"),
    async fn() {
      await using network = await createLab(twoPaths());
      await using server = await startServe(network);
      for (const [upload, download] of [[0, 0], [0, 3_000_000], [3_000_000, 0], [1_000_000, 2_000_001]]) {
        const argv = ["python3", "-c", CLIENT, "10.77.1.2", PROTOCOLS[transport], upload, download].map(
          String,
        );
        assert.equal(await network.output("client", argv), `${download}\n`);
        const [seen] = await server.line(
          new RegExp(`^.*"bytes_received":${upload},"bytes_sent":${download}\\b.*$`),
        );
        const { event, protocol, end } = JSON.parse(seen);
        assert.deepEqual({ event, protocol, end }, { event: "connection", protocol: "perf", end: "done" });
        assert.equal(JSON.parse(seen).transport, transport);
      }
    },
  });
}

// deno-lint-ignore-file no-console
/**
 * Downloads from a perf server over mpquic: `ADDRESS BYTES [BREAK]`, where the path BREAK falls silent halfway.
 * Prints what happens to its paths, a line each such as `suspect path2`, and one object at last: goodput, longest gap, paths.
 */
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { dial } from "../../../lib/quic/driver/connect.ts";
import { managePaths } from "../../../lib/quic/driver/manage_paths.ts";

/** What is printed. */
export interface Download {
  readonly bytes: number;
  readonly mbit: number;
  readonly longestGapMs: number;
  readonly paths: readonly {
    readonly interface: string | undefined;
    readonly state: string;
    readonly bytes: number;
  }[];
  readonly failures: readonly string[];
}

const PORT = 4433;

async function download(address: string, wanted: number, breakPath: number | null): Promise<Download> {
  await using connection = await dial(Endpoint.parse(`${address}:${PORT}`), {
    alpn: ["perf"],
    insecure: true,
    multipath: true,
  });
  await using managed = managePaths(connection);
  await managed.settled;
  console.log("settled");
  const stop = new AbortController();
  const telling = (async () => {
    for await (const { change, path } of connection.pathEvents(stop.signal)) {
      console.log(`${change} ${path.interface}`);
    }
  })();
  const stream = await connection.openStream();
  const request = new Uint8Array(8);
  new DataView(request.buffer).setBigUint64(0, BigInt(wanted));
  await stream.write(request);
  await stream.closeWrite();
  const started = performance.now();
  let last = started;
  let longestGapMs = 0;
  let bytes = 0;
  let toBreak = breakPath;
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
    const now = performance.now();
    longestGapMs = Math.max(longestGapMs, now - last);
    last = now;
    bytes += chunk.length;
    if (toBreak === null || bytes < wanted / 2) continue;
    connection.breakPath(toBreak);
    toBreak = null;
  }
  stop.abort();
  await telling;
  return {
    bytes,
    mbit: (bytes * 8) / (last - started) / 1000,
    longestGapMs,
    paths: connection.paths().map((path) => ({
      interface: path.interface,
      state: path.state,
      bytes: path.bytesReceived,
    })),
    failures: managed.failures.map(({ pair, reason }) => `${pair}: ${reason}`),
  };
}

const [address = "", bytes = "", path] = Deno.args;
console.log(JSON.stringify(await download(address, Number(bytes), path === undefined ? null : Number(path))));

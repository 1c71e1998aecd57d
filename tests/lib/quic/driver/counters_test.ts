import assert from "node:assert/strict";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { connect, listen } from "../../../../lib/quic/mod.ts";
import "../../../support/open_libc.ts";

Deno.test("a connection counts what the other end has acknowledged: by path, and by stream without gaps", async () => {
  const address = Endpoint.parse("127.0.0.1:0", { allowPortZero: true });
  await using listener = await listen(address, { alpn: ["count"] });
  const accepted = listener.accept();
  await using client = await connect(listener.local, { alpn: ["count"], pins: [listener.pin] });
  await using server = (await accepted)!;

  const stream = await client.openStream();
  assert.equal(stream.bytesAcknowledged, 0);
  await stream.write(new Uint8Array(200_000));
  await stream.closeWrite();
  const arrived = (await server.acceptStream())!;
  let bytes = 0;
  await arrived.consume((chunk) => void (bytes += chunk.length));
  assert.equal(bytes, 200_000);
  await arrived.closeWrite();
  await stream.consume(() => {});
  await stream.closed;
  assert.equal(stream.bytesAcknowledged, 200_000);

  const [path] = client.paths();
  // The payload and the packets around it
  assert(path!.bytesAcknowledged! > 200_000 && path!.bytesAcknowledged! <= path!.bytesSent);
});

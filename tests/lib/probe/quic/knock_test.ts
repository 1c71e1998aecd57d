import assert from "node:assert/strict";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { Ip } from "../../../../lib/base/ip.ts";
import { openDatagramSocket } from "../../../../lib/io/open_datagram_socket.ts";
import { isRefused } from "../../../../lib/probe/quic/knock.ts";
import { listen } from "../../../../lib/quic/driver/listen.ts";
import { isReservedVersion } from "../../../../lib/quic/wire/versions.ts";
import { requires } from "../../../support/requires.ts";

const ANYWHERE = { localAddress: undefined, interface: undefined };

for (const ip of ["127.0.0.1", "::1"].map((text) => Ip.parse(text))) {
  Deno.test({
    name: `isRefused() hears at once that nobody listens on a UDP port of ${ip}`,
    ...requires("ffi"),
    async fn() {
      const gone = await openDatagramSocket({ address: ip });
      await gone.close();
      assert.equal(await isRefused(gone.local, ANYWHERE), true);
      assert.equal(await isRefused(gone.local, { ...ANYWHERE, localAddress: ip }), true);
    },
  });

  Deno.test(`isRefused() of whoever is silent on ${ip} knows nothing, and has sent a version that nobody has`, async () => {
    await using silent = await openDatagramSocket({ address: ip });
    assert.equal(await isRefused(silent.local, ANYWHERE), false);
    if (silent.backend !== "ffi") return;
    const got: Uint8Array[] = [];
    assert(await silent.readable());
    silent.receive((buffer, start, end) => got.push(buffer.slice(start, end)));
    const [packet] = got;
    assert.equal(packet!.length, 1200, "RFC 9000 14.1");
    assert.equal(packet![0]! & 0x80, 0x80);
    assert(isReservedVersion(new DataView(packet!.buffer).getUint32(1)));
    assert(packet![5]! >= 8, "RFC 9000 7.2");
  });
}

Deno.test("isRefused() is false where a server of QUIC is, whose port then is as free for a handshake as before", async () => {
  await using server = await listen(Endpoint.parse("127.0.0.1:0", { allowPortZero: true }), { alpn: ["x"] });
  assert.equal(await isRefused(server.local, ANYWHERE), false);
});

Deno.test("isRefused() leaves to the handshake what keeps it from being known", async () => {
  const nowhere = Endpoint.of(Ip.parse("127.0.0.1"), 9);
  assert.equal(await isRefused(nowhere, { ...ANYWHERE, localAddress: Ip.parse("203.0.113.1") }), false);
  assert.equal(await isRefused(nowhere, { ...ANYWHERE, interface: "nosuch0" }), false);
});

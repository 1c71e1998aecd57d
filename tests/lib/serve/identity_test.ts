import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { hostsOf, identityOf } from "../../../lib/serve/identity.ts";
import { serve, type ServeEvent } from "../../../lib/serve/mod.ts";
import "../../support/open_libc.ts";

function endpoint(text: string): Endpoint {
  return Endpoint.parse(text, { allowPortZero: true });
}

Deno.test("identityOf() makes one key for all QUIC listeners, and none where there is no such listener", () => {
  const { cert, key } = identityOf({}, [endpoint("tcp@127.0.0.1:0"), endpoint("mpquic@127.0.0.1:0")]);
  assert.equal(cert, undefined);
  assert.match(key!, /^-----BEGIN PRIVATE KEY-----\n/);
  assert.deepEqual(identityOf({}, [endpoint("tcp@127.0.0.1:0")]), {});
  assert.deepEqual(identityOf({ cert: "a", key: "b" }, [endpoint("quic@[::]:0")]), { cert: "a", key: "b" });
});

Deno.test("identityOf() refuses a certificate that nobody would ever see", () => {
  for (const given of [{ cert: "a", key: "b" }, { key: "b" }]) {
    assert.throws(() => identityOf(given, [endpoint("mptcp@[::]:0")]), { code: "ERR_USAGE" });
  }
});

Deno.test("hostsOf() names the address, and the host's own where it listens on all of them", () => {
  assert.deepEqual(hostsOf(Ip.parse("192.0.2.1")), ["localhost", "192.0.2.1"]);
  const all = hostsOf(Ip.parse("::"));
  assert.deepEqual(all.slice(0, 3), ["localhost", "127.0.0.1", "::1"]);
  assert.equal(new Set(all).size, all.length);
  assert(hostsOf(Ip.parse("0.0.0.0")).every((host) => !host.includes(":")));
});

Deno.test("every QUIC listener of a server shows the same key, and opens no SYN mirror", async () => {
  const events: ServeEvent[] = [];
  const listen = [endpoint("quic@127.0.0.1:0"), endpoint("quic@127.0.0.2:0")];
  await using _server = await serve({ listen }, (event) => events.push(event));
  const pins = events.flatMap((event) => event.event === "listening" ? event.pin ?? [] : []);
  assert.deepEqual([pins.length, new Set(pins).size], [2, 1]);
  assert.deepEqual(events.map(({ event }) => event), ["listening", "listening"]);
});

Deno.test("a SYN mirror that was asked for needs a listener with SYNs", async () => {
  const listen = [endpoint("quic@127.0.0.1:0")];
  await assert.rejects(serve({ listen, synMirrorPort: 0 }), { code: "ERR_USAGE" });
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../lib/base/errors.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { Random } from "../../../lib/lab/link/random.ts";
import { type ClientAddress, TokenKey, type TokenVerdict } from "../../../lib/quic/tokens.ts";
import { UsedTokens } from "../../../lib/quic/used_tokens.ts";
import { ConnectionId } from "../../../lib/quic/wire/connection_id.ts";

const NOW_US = 1.79e15;
const CLIENT: ClientAddress = { ip: Ip.parse("192.0.2.7"), port: 4433 };
const ORIGINAL = ConnectionId.from(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
const RETRY_SOURCE = ConnectionId.from(Uint8Array.of(9, 9, 9, 9));

function makeKey(fill = 1, seed = 1): TokenKey {
  const random = Random.of(seed);
  return new TokenKey(
    new Uint8Array(32).fill(fill),
    (length) => Uint8Array.from({ length }, () => random.uint32() & 0xff),
  );
}

function kindOf(verdict: TokenVerdict): string {
  return verdict.kind;
}

Deno.test("a Retry token gives the original destination back to the same client", () => {
  const address = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  );
  const id = fc.uint8Array({ maxLength: 20 });
  const given = fc.tuple(address, fc.nat(65535), id, id, fc.nat(Number.MAX_SAFE_INTEGER - 1e9));
  const key = makeKey();
  fc.assert(fc.property(given, ([bytes, port, original, source, nowUs]) => {
    const client = { ip: Ip.fromBytes(bytes), port };
    const retrySource = ConnectionId.from(source);
    const token = key.retryToken(client, ConnectionId.from(original), retrySource, nowUs);
    const verdict = key.check(token, client, retrySource, nowUs + 1000);
    assert(verdict.kind === "retry");
    assert.deepEqual(verdict.originalDestination.toBytes(), new Uint8Array(original));
    assert.equal(key.check(token, client, retrySource, nowUs).kind, "retry", "each Initial packet has it");
  }));
});

Deno.test("a Retry token is good for its address, port and connection id only, and for 15 seconds", () => {
  const key = makeKey();
  const token = key.retryToken(CLIENT, ORIGINAL, RETRY_SOURCE, NOW_US);
  const verdict = (client = CLIENT, destination = RETRY_SOURCE, nowUs = NOW_US): string =>
    kindOf(key.check(token, client, destination, nowUs));
  assert.equal(verdict(), "retry");
  assert.equal(verdict({ ...CLIENT, port: 4434 }), "bad-retry");
  assert.equal(verdict({ ...CLIENT, ip: Ip.parse("192.0.2.8") }), "bad-retry");
  assert.equal(verdict({ ...CLIENT, ip: Ip.parse("::ffff:192.0.2.7") }), "bad-retry");
  assert.equal(verdict(CLIENT, ORIGINAL), "bad-retry");
  assert.equal(verdict(CLIENT, ConnectionId.from(Uint8Array.of(9, 9, 9, 8))), "bad-retry");
  assert.equal(verdict(CLIENT, RETRY_SOURCE, NOW_US + 15e6 - 1), "retry");
  assert.equal(verdict(CLIENT, RETRY_SOURCE, NOW_US + 15e6), "bad-retry");
  assert.equal(verdict(CLIENT, RETRY_SOURCE, NOW_US - 1), "bad-retry", "from the future");
});

Deno.test("an address of one family cannot pass for one of the other with a shorter connection id", () => {
  const key = makeKey();
  const id = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 0x12, 0x34, 0);
  const token = key.retryToken(CLIENT, ORIGINAL, ConnectionId.from(id), NOW_US);
  const v6 = Uint8Array.of(
    ...CLIENT.ip.bytes,
    CLIENT.port >> 8,
    CLIENT.port & 0xff,
    id.length,
    ...id.slice(0, 9),
  );
  const other = { ip: Ip.fromBytes(v6), port: 0x1234 };
  assert.equal(key.check(token, other, ConnectionId.EMPTY, NOW_US).kind, "bad-retry");
});

Deno.test("a token for later is good once, for its address, whatever the port, and for a day", () => {
  const key = makeKey();
  const verdict = (client: ClientAddress, nowUs: number, token = key.laterToken(CLIENT.ip, NOW_US)): string =>
    kindOf(key.check(token, client, ORIGINAL, nowUs));
  assert.equal(verdict({ ...CLIENT, port: 1 }, NOW_US + 1), "later");
  assert.equal(verdict({ ...CLIENT, ip: Ip.parse("192.0.2.8") }, NOW_US), "nothing");
  assert.equal(verdict(CLIENT, NOW_US + 86_400e6 - 1), "later");
  assert.equal(verdict(CLIENT, NOW_US + 86_400e6), "nothing");
  const token = key.laterToken(CLIENT.ip, NOW_US);
  assert.equal(verdict(CLIENT, NOW_US, token), "later");
  assert.equal(verdict(CLIENT, NOW_US, token), "nothing", "a second time");
});

Deno.test("no two tokens are the same, nor show the address or the time", () => {
  const key = makeKey();
  const tokens = Array.from({ length: 50 }, () => key.laterToken(CLIENT.ip, NOW_US));
  assert.equal(new Set(tokens.map(String)).size, 50);
  for (let at = 1; at < tokens[0]!.length; at++) {
    assert(new Set(tokens.map((token) => token[at])).size > 20, `byte ${at} tells tokens together`);
  }
});

Deno.test("another server's tokens prove nothing", () => {
  const [ours, theirs] = [makeKey(1), makeKey(2)];
  const later = theirs.laterToken(CLIENT.ip, NOW_US);
  assert.equal(ours.check(later, CLIENT, ORIGINAL, NOW_US).kind, "nothing");
  const retry = theirs.retryToken(CLIENT, ORIGINAL, RETRY_SOURCE, NOW_US);
  assert.equal(ours.check(retry, CLIENT, RETRY_SOURCE, NOW_US).kind, "bad-retry");
});

Deno.test("the tokens of a server survive its restart", () => {
  const token = makeKey(1, 1).laterToken(CLIENT.ip, NOW_US);
  assert.equal(makeKey(1, 2).check(token, CLIENT, ORIGINAL, NOW_US).kind, "later");
});

Deno.test("a token that was changed, cut or made up proves nothing", () => {
  const key = makeKey();
  const tokens = [key.retryToken(CLIENT, ORIGINAL, RETRY_SOURCE, NOW_US), key.laterToken(CLIENT.ip, NOW_US)];
  const refused = (token: Uint8Array): void => {
    for (const destination of [ORIGINAL, RETRY_SOURCE]) {
      const { kind } = key.check(token, CLIENT, destination, NOW_US);
      assert(kind === "nothing" || kind === "bad-retry", kind);
    }
  };
  for (const token of tokens) {
    for (let at = 0; at < token.length; at++) {
      refused(token.subarray(0, at));
      for (let bit = 0; bit < 8; bit++) {
        const changed = token.slice();
        changed[at]! ^= 1 << bit;
        refused(changed);
      }
    }
    refused(Uint8Array.of(...token, 0));
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), fc.constantFrom(0x52, 0x4e, 0), (bytes, kind) => {
    refused(Uint8Array.of(kind, ...bytes));
  }));
  refused(new Uint8Array(65_000).fill(0x52));
});

Deno.test("reset tokens follow from the secret and the connection id alone (RFC 9000 10.3.2)", () => {
  const ids = Array.from({ length: 20 }, (_, length) => ConnectionId.from(new Uint8Array(length + 1)));
  const tokens = ids.map((id) => makeKey(1, 1).resetToken(id));
  assert.deepEqual(ids.map((id) => makeKey(1, 5).resetToken(id)), tokens);
  assert.equal(new Set(tokens.map(String)).size, 20);
  assert(tokens.every(({ length }) => length === 16));
  assert.notDeepEqual(makeKey(2).resetToken(ids[0]!), tokens[0]);
});

Deno.test("TokenKey refuses a short secret", () => {
  const isRefusal = (error: unknown): boolean =>
    error instanceof MptError && error.code === "ERR_INVALID_VALUE";
  assert.throws(() => new TokenKey(new Uint8Array(31), (length) => new Uint8Array(length)), isRefusal);
});

Deno.test("UsedTokens knows the last 4,096 tokens and bounds its memory", () => {
  const used = new UsedTokens();
  const id = (n: number): Uint8Array => Uint8Array.of(n >> 16, n >> 8, n);
  for (let n = 0; n < 20_000; n++) {
    assert.equal(used.add(id(n)), true);
    assert(used.size <= 8192);
  }
  for (let n = 20_000 - 4096; n < 20_000; n++) assert.equal(used.add(id(n)), false);
});

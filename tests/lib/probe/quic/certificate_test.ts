import assert from "node:assert/strict";
import { identityJson } from "../../../../lib/probe/quic/certificate.ts";
import type { QuicIdentityJson } from "../../../../lib/probe/quic/result.ts";
import type { QuicChoice } from "../../../../lib/quic/driver/options.ts";
import { checkOf } from "../../../../lib/quic/driver/trust.ts";
import { identityOf, type PeerIdentity } from "../../../../lib/tls/identity.ts";
import { certificatePem, makeSelfSigned } from "../../../../lib/tls/x509/self_signed.ts";
import { requires } from "../../../support/requires.ts";
import { seededRandom } from "../../tls/pair.ts";
import { Authority, CA, type Issued, SERVER } from "../../tls/x509/authority.ts";

/** What a check of a chain comes to. */
function judged(
  peer: PeerIdentity,
  name: string,
  choice: QuicChoice,
  storeProblem: string | null = null,
): QuicIdentityJson {
  return identityJson(peer, checkOf({ ...choice, insecure: true }, name)(peer), name, choice, storeProblem);
}

function shown(...chain: readonly Issued[]): PeerIdentity {
  return identityOf("x509", chain.map(({ der }) => der));
}

const OWN = makeSelfSigned({ hosts: ["localhost", "127.0.0.1"], nowMs: Date.now(), random: seededRandom(3) });
const OWN_PEER = identityOf("x509", [OWN.certificate]);

Deno.test("a self-signed certificate is not trusted, unless it is given or its key is pinned", () => {
  const ca = certificatePem(OWN.certificate);
  const other = `sha256/${"A".repeat(43)}=`;
  const cases: readonly (readonly [QuicChoice, string, QuicIdentityJson["trusted_by"], string | null])[] = [
    [{}, "localhost", null, "self-signed"],
    [{ ca }, "localhost", "ca", null],
    [{ ca }, "127.0.0.1", "ca", null],
    [{ ca }, "example.com", null, "host-mismatch"],
    [{ pins: [OWN_PEER.pin] }, "example.com", "pin", null],
    [{ pins: [other] }, "localhost", null, "pin-mismatch"],
    [{ pins: [other], ca }, "localhost", "ca", null],
  ];
  for (const [choice, name, by, problem] of cases) {
    const found = judged(OWN_PEER, name, choice);
    assert.deepEqual([found.trusted, found.trusted_by, found.problem], [
      by === null ? "no" : "yes",
      by,
      problem,
    ]);
    assert.equal(found.reason === null, by !== null);
    assert.deepEqual([found.pin, found.server_name], [OWN_PEER.pin, name]);
  }
});

Deno.test("whose issuer nobody could look up is unknown, not untrusted", () => {
  const found = judged(OWN_PEER, "localhost", {}, "the system's certificates cannot be read");
  assert.deepEqual([found.trusted, found.problem, found.reason], [
    "unknown",
    "no-trust-store",
    "the system's certificates cannot be read",
  ]);
});

Deno.test({
  name: "the chain tells subject, issuer, names, dates and key of every certificate",
  ...requires("tool:openssl"),
  async fn() {
    await using authority = await Authority.create();
    const root = await authority.issue("root", { extensions: CA, key: ["-algorithm", "RSA"] });
    const leaf = await authority.issue("leaf", { by: "root", extensions: SERVER, days: 3 });
    const ed = await authority.issue("ed", {
      by: "root",
      extensions: SERVER,
      key: ["-algorithm", "ed25519"],
    });
    const found = judged(shown(leaf, root), "server.example", { ca: certificatePem(root.der) });
    assert.deepEqual([found.trusted, found.trusted_by], ["yes", "ca"]);
    assert.deepEqual(
      found.chain.map(({ subject, issuer, names, key }) => [subject, issuer, names, key]),
      [
        [
          "CN=leaf",
          "CN=root",
          ["server.example", "*.wild.example", "192.0.2.1", "2001:db8::1"],
          "ECDSA P-256",
        ],
        ["CN=root", "CN=root", [], "RSA 2048"],
      ],
    );
    const [own] = found.chain;
    const days = (Date.parse(own!.not_after) - Date.parse(own!.not_before)) / 86_400_000;
    assert(days > 2.9 && days < 3.1, String(days));
    assert.equal(judged(shown(ed), "server.example", {}).chain[0]?.key, "Ed25519");
    assert.equal(judged(shown(leaf), "server.example", {}).problem, "unknown-issuer");
  },
});

Deno.test("what a stranger writes into a certificate is shown and not obeyed", () => {
  const hosts = ["\x1b[31mred\nline", ...Array.from({ length: 100 }, (_, i) => `${"x".repeat(300)}${i}`)];
  const { certificate } = makeSelfSigned({ hosts, nowMs: Date.now(), random: seededRandom(4) });
  const found = judged(identityOf("x509", Array.from({ length: 12 }, () => certificate)), "localhost", {});
  assert.equal(found.chain.length, 8);
  const [own] = found.chain;
  assert.equal(own!.names.length, 32);
  assert(own!.names.every((name) => name.length <= 200));
  assert.doesNotMatch(own!.names.join("") + own!.subject, /\p{Cc}/u);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { TlsError } from "../../../../lib/tls/alerts.ts";
import { checkIdentity, identityOf } from "../../../../lib/tls/identity.ts";
import { parseCertificate } from "../../../../lib/tls/x509/certificate.ts";
import { type ChainProblem, verifyChain } from "../../../../lib/tls/x509/chain.ts";
import { coversHost } from "../../../../lib/tls/x509/host_name.ts";
import { makeSelfSigned } from "../../../../lib/tls/x509/self_signed.ts";
import { output } from "../../../support/command.ts";
import { requires } from "../../../support/requires.ts";
import { NOW_MS, seededRandom } from "../pair.ts";
import { Authority, CA, type Issued, SERVER } from "./authority.ts";

const DAY_MS = 86_400_000;

async function sameAsOpenssl(
  authority: Authority,
  chain: readonly Issued[],
  roots: readonly Issued[],
  atMs: number,
): Promise<ChainProblem | "trusted"> {
  const verdict = verifyChain({
    certificates: chain.map(({ der }) => der),
    roots: roots.map(({ der }) => parseCertificate(der)),
    nowMs: atMs,
    usage: "server",
  });
  const names = chain.map(({ name }) => name).join(", ");
  assert.equal(await authority.opensslAccepts(chain, roots, atMs), verdict.ok, names);
  return verdict.ok ? "trusted" : verdict.problem;
}

Deno.test("chains are trusted and refused as openssl does it", { ...requires("tool:openssl") }, async () => {
  await using authority = await Authority.create();
  const root = await authority.issue("root", { extensions: CA });
  const middle = await authority.issue("middle", { by: "root", extensions: CA });
  const leaf = await authority.issue("leaf", { by: "middle", extensions: SERVER });
  const direct = await authority.issue("direct", { by: "root", extensions: SERVER, days: 60 });
  const alone = await authority.issue("alone", { extensions: SERVER });
  const other = await authority.issue("other-root", { extensions: CA, key: ["-algorithm", "RSA"] });
  const now = Date.now();
  const check = (chain: readonly Issued[], roots: readonly Issued[], at: number = now): Promise<string> =>
    sameAsOpenssl(authority, chain, roots, at);

  assert.equal(await check([leaf, middle], [root]), "trusted");
  assert.equal(await check([leaf, root, middle], [other, root]), "trusted", "in any order, with the root");
  assert.equal(await check([leaf], [root]), "unknown-issuer");
  assert.equal(await check([leaf, middle], [other]), "unknown-issuer");
  assert.equal(await check([leaf, middle], []), "unknown-issuer");
  assert.equal(await check([leaf], [middle]), "trusted", "an authority in the middle may be trusted");
  assert.equal(await check([leaf], [leaf]), "trusted", "and so may the certificate itself");
  assert.equal(await check([leaf, middle], [root], now + 31 * DAY_MS), "expired");
  assert.equal(await check([leaf, middle], [root], now - DAY_MS), "not-yet-valid");
  assert.equal(await check([direct], [root], now + 31 * DAY_MS), "unknown-issuer", "the root has expired");
  assert.equal(await check([alone], []), "self-signed");
});

Deno.test("who may not issue, or not be a server, is refused as openssl does it", {
  ...requires("tool:openssl"),
}, async () => {
  await using authority = await Authority.create();
  const root = await authority.issue("root", { extensions: CA });
  const notCa = await authority.issue("not-ca", { by: "root", extensions: SERVER });
  const byNotCa = await authority.issue("by-not-ca", { by: "not-ca", extensions: SERVER });
  const mayNotSign = await authority.issue("may-not-sign", {
    by: "root",
    extensions: ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,cRLSign"],
  });
  const byMayNotSign = await authority.issue("by-may-not-sign", { by: "may-not-sign", extensions: SERVER });
  const short = await authority.issue("short", {
    by: "root",
    extensions: ["basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign"],
  });
  const belowShort = await authority.issue("below-short", { by: "short", extensions: CA });
  const tooDeep = await authority.issue("too-deep", { by: "below-short", extensions: SERVER });
  const deepEnough = await authority.issue("deep-enough", { by: "short", extensions: SERVER });
  const clientOnly = await authority.issue("client-only", {
    by: "root",
    extensions: ["keyUsage=digitalSignature", "extendedKeyUsage=clientAuth"],
  });
  const critical = await authority.issue("critical", {
    by: "root",
    extensions: [...SERVER, "1.2.3.4.5=critical,ASN1:UTF8String:what is this"],
  });
  const now = Date.now();
  const check = (chain: readonly Issued[]): Promise<string> => sameAsOpenssl(authority, chain, [root], now);

  assert.equal(await check([byNotCa, notCa]), "unknown-issuer");
  assert.equal(await check([byMayNotSign, mayNotSign]), "unknown-issuer");
  assert.equal(await check([tooDeep, belowShort, short]), "unknown-issuer");
  assert.equal(await check([deepEnough, short]), "trusted");
  assert.equal(await check([clientOnly]), "wrong-usage");
  assert.equal(await check([critical]), "unsupported-extension");
});

Deno.test(
  "names and addresses are compared as openssl does it",
  { ...requires("tool:openssl") },
  async () => {
    await using authority = await Authority.create();
    const leaf = await authority.issue("leaf", { extensions: SERVER });
    const certificate = parseCertificate(leaf.der);
    const hosts = [
      ...["server.example", "SERVER.example", "a.wild.example", "wild.example", "a.b.wild.example"],
      ...["other.example", "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "leaf"],
    ];
    for (const host of hosts) {
      const accepted = await authority.opensslAccepts([leaf], [leaf], Date.now(), host);
      assert.equal(coversHost(certificate, host), accepted, host);
    }
    assert.equal(
      coversHost(certificate, "server.example."),
      true,
      "a final dot means the root, as everywhere",
    );
    assert.equal(coversHost(certificate, ""), false);
  },
);

Deno.test(
  "a root that signs with SHA-1 below it or has a short key is of no use",
  { ...requires("tool:openssl") },
  async () => {
    await using authority = await Authority.create();
    const root = await authority.issue("root", { extensions: CA });
    const sha1 = await authority.issue("sha1", { by: "root", extensions: SERVER, digest: "sha1" });
    const short = await authority.issue("short", {
      by: "root",
      extensions: SERVER,
      key: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    });
    const problem = (chain: readonly Issued[]): string => {
      const roots = [parseCertificate(root.der)];
      const verdict = verifyChain({
        certificates: chain.map(({ der }) => der),
        roots,
        nowMs: Date.now(),
        usage: "server",
      });
      return verdict.ok ? "trusted" : verdict.problem;
    };
    assert.equal(problem([sha1]), "unknown-issuer");
    assert.equal(problem([short]), "weak-key");
  },
);

for (const key of ["p256", "ed25519"] as const) {
  Deno.test(`openssl reads a self-signed ${key} certificate of ours as we do`, {
    ...requires("tool:openssl"),
  }, async () => {
    const hosts = ["localhost", "*.test.example", "127.0.0.1", "::1"];
    const { certificate } = makeSelfSigned({ hosts, nowMs: Date.now(), key, random: seededRandom(3) });
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeFile(`${folder}/own.der`, certificate);
      const text = await output([
        "openssl",
        "x509",
        "-inform",
        "DER",
        "-in",
        `${folder}/own.der`,
        "-noout",
        "-text",
      ]);
      assert.match(
        text,
        /DNS:localhost, DNS:\*\.test\.example, IP Address:127\.0\.0\.1, IP Address:0:0:0:0:0:0:0:1/,
      );
      assert.match(text, /Issuer: CN = localhost/);
      await output([
        "openssl",
        "x509",
        "-inform",
        "DER",
        "-in",
        `${folder}/own.der`,
        "-out",
        `${folder}/own.pem`,
      ]);
      await output([
        "openssl",
        "verify",
        "-x509_strict",
        "-check_ss_sig",
        "-CAfile",
        `${folder}/own.pem`,
        `${folder}/own.pem`,
      ]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    const parsed = parseCertificate(certificate);
    assert.deepEqual(parsed.dnsNames, ["localhost", "*.test.example"]);
    assert.equal(parsed.ipAddresses.length, 2);
    assert.deepEqual(parsed.unknownCritical, []);
    assert.deepEqual(parsed.issuer, parsed.subject);
  });
}

Deno.test("a pinned key is trusted in any certificate, another one is not", () => {
  const made = makeSelfSigned({ hosts: ["a.example"], nowMs: 0, days: 1, random: seededRandom(3) });
  const identity = identityOf("x509", [made.certificate]);
  const trust = { roots: [], host: "b.example", nowMs: NOW_MS };
  assert.equal(checkIdentity(identity, "server", { ...trust, pins: [identity.pin] }).trusted, true);
  assert.equal(
    checkIdentity(identity, "server", { ...trust, pins: ["sha256/AAAA"] }).problem,
    "pin-mismatch",
  );
  assert.equal(checkIdentity(identity, "server", trust).problem, "expired");
  const valid = { ...trust, nowMs: 1000, roots: [parseCertificate(made.certificate)] };
  assert.equal(checkIdentity(identity, "server", valid).problem, "host-mismatch");
  assert.equal(checkIdentity(identity, "server", { ...valid, host: "a.example" }).trusted, true);
});

Deno.test("a changed or truncated certificate is read, or refused with a TLS error, and never trusted", () => {
  const made = makeSelfSigned({ hosts: ["a.example"], nowMs: NOW_MS, random: seededRandom(3) });
  const root = makeSelfSigned({ hosts: ["root"], nowMs: NOW_MS, random: seededRandom(4) });
  const roots = [parseCertificate(root.certificate)];
  fc.assert(
    fc.property(fc.nat(), fc.nat(7), fc.boolean(), (at, bit, cut) => {
      const copy = made.certificate.slice(0, cut ? at % made.certificate.length : undefined);
      if (!cut) copy[at % copy.length]! ^= 1 << bit;
      try {
        parseCertificate(copy);
      } catch (error) {
        assert(error instanceof TlsError, String(error));
      }
      assert.equal(verifyChain({ certificates: [copy], roots, nowMs: NOW_MS, usage: "server" }).ok, false);
    }),
    { numRuns: 300 },
  );
});

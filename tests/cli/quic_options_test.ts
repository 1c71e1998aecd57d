import assert from "node:assert/strict";
import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import {
  applicationProtocols,
  pin,
  quicChoice,
  type QuicCliOptions,
  withQuicOptions,
} from "../../cli/quic_options.ts";

const HASH = "XWVo/DoRGaPYq0fpTqlKse4/1T3Thc9AFWqgszkOVrI=";

function parse(...args: readonly string[]): QuicCliOptions {
  const command = withQuicOptions(new Command("test")).exitOverride().configureOutput({ writeErr: () => {} });
  return command.parse(args, { from: "user" }).opts();
}

Deno.test("pin() reads a hash as mpt serve and curl write it", () => {
  assert.equal(pin(`sha256/${HASH}`), `sha256/${HASH}`);
  assert.equal(pin(` sha256//${HASH} `), `sha256/${HASH}`);
  // A hash that begins with a slash
  assert.equal(pin(`sha256//${"A".repeat(42)}=`), `sha256//${"A".repeat(42)}=`);
  for (const text of ["", HASH, "sha256/", `sha1/${HASH}`, `sha256/${HASH}=`, "sha256/c2hvcnQ="]) {
    assert.throws(() => pin(text), InvalidArgumentError, text);
  }
});

Deno.test("applicationProtocols() reads a list, each once", () => {
  assert.deepEqual(applicationProtocols("h3, hq-interop,h3"), ["h3", "hq-interop"]);
  for (const text of ["", "h3,", "x".repeat(256)]) {
    assert.throws(() => applicationProtocols(text), InvalidArgumentError, text);
  }
});

Deno.test("quicChoice() takes what was given, and reads the file of --ca", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "certificates");
    const given = parse("--ca", file, "--server-name", "example.com.", "--alpn", "a,b");
    assert.deepEqual(await quicChoice(given, ["tcp", "quic"]), {
      ca: "certificates",
      serverName: "example.com",
      alpn: ["a", "b"],
    });
  } finally {
    await Deno.remove(file);
  }
  const pinned = parse("--pin", `sha256/${HASH}`, "--pin", `sha256/${"A".repeat(43)}=`);
  assert.equal((await quicChoice(pinned, ["quic"])).pins?.length, 2);
  assert.deepEqual(await quicChoice(parse("--insecure"), ["mpquic"]), { insecure: true });
  assert.deepEqual(await quicChoice(parse(), ["tcp"]), {});
});

Deno.test("quicChoice() refuses a check that would never take place, and a file that is not there", async () => {
  await assert.rejects(quicChoice(parse("--insecure", "--alpn", "h3"), ["tcp", "mptcp"]), {
    code: "ERR_USAGE",
    message: "Cannot use --insecure and --alpn with tcp and mptcp: it is about quic",
  });
  await assert.rejects(quicChoice(parse("--ca", "/no/such/file"), ["quic"]), {
    code: "ERR_USAGE",
    message: "Cannot read /no/such/file: there is no such file",
  });
});

Deno.test("--insecure and whom to trust exclude each other", () => {
  assert.throws(
    () => parse("--insecure", "--pin", `sha256/${HASH}`),
    /'--insecure' cannot be used with option '--pin/,
  );
  assert.throws(() => parse("--insecure", "--ca", "file"), /'--insecure' cannot be used with option '--ca/);
});

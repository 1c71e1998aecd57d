import assert from "node:assert/strict";
import { Endpoint } from "../../lib/base/endpoint.ts";
import { serve, type ServeOptions, type ServeResult } from "../../lib/serve/mod.ts";
import { mpt } from "../support/command.ts";
import { closedPort } from "../support/raw_tcp.ts";
import { rawUdp } from "../support/raw_udp.ts";
import { requires } from "../support/requires.ts";
import { jsonOf, linesOf } from "./answers.ts";
import "../support/open_libc.ts";

const PLAIN = ["--color", "never", "--join-timeout", "0"];

interface Served extends AsyncDisposable {
  readonly target: string;
  readonly pin: string;
  readonly finished: Promise<ServeResult>;
}

/** A test server with quic, and the pin that it prints. */
async function served(options: ServeOptions = {}): Promise<Served> {
  let pin = "";
  const listen = [Endpoint.parse("quic@127.0.0.1:0", { allowPortZero: true })];
  const server = await serve({ listen, ...options }, (event) => {
    if (event.event === "listening") pin = event.pin ?? "";
  });
  return {
    target: server.listeners[0]!.local.address,
    pin,
    finished: server.finished,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

Deno.test("mpt probe quic@ says the verdict, the certificate's and what the server told in the handshake", async () => {
  await using server = await served();
  const { target, pin } = server;
  const { code, stdout, stderr } = await mpt(["probe", ...PLAIN, `quic@${target}`]);
  assert.deepEqual([code, stderr], [0, ""]);
  const [works, certificate, fix, blank, heading, row] = stdout.split("\n");
  assert.equal(works, `✓ QUIC works to ${target}: version 1, hq-interop.`);
  assert.equal(
    certificate,
    `! The certificate of ${target} is not trusted: it is self-signed, and nobody here trusts it.`,
  );
  assert.equal(fix, `    try: --pin ${pin} if that is your server's key`);
  assert.equal(blank, "");
  assert.match(heading!, /^ADDRESS +INTERFACE +QUIC +HANDSHAKE +DATA$/);
  assert.match(row!, new RegExp(`^${target} +(lo|-) +yes +\\S+ m?s +mpt serve \\d`));
  assert.match(stdout, new RegExp(`\nQUIC to ${target}:\n  handshake +\\S+ ms, round trip \\S+ ms\n`));
  assert.match(stdout, /\n {2}version +1, hq-interop\n/);
  assert.match(stdout, /\n {2}certificate +for localhost, 127\.0\.0\.1, from \d{4}-\S+ until \d{4}-\S+\n/);
  assert.match(stdout, /\n {2}streams +100 bidirectional and 100 unidirectional ones at first\n/);
  assert.match(
    stdout,
    new RegExp(`\nThe server sees quic over 1 path: 127\\.0\\.0\\.1:\\d+ to ${target} \\(active\\)\n$`),
  );
});

Deno.test("mpt probe --pin fails with another key, although QUIC works", async () => {
  await using server = await served();
  const { target, pin } = server;
  // A pin is about quic: its check was asked for
  const right = await mpt(["probe", ...PLAIN, "--pin", pin, `quic@${target}`]);
  assert.equal(right.code, 0, right.stdout);
  assert.match(right.stdout, /^✓ The certificate of \S+ is trusted: its key is the pinned one\.$/m);
  const wrong = await mpt(["probe", ...PLAIN, "--pin", `sha256/${"A".repeat(43)}=`, `quic@${target}`]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stdout, /^✗ The certificate of \S+ is not trusted: its key is not the pinned one\.$/m);
});

Deno.test("mpt probe --insecure says so in the result", async () => {
  await using server = await served();
  const result = jsonOf(await mpt(["probe", "--json", "--insecure", `quic@${server.target}`]));
  assert.match(JSON.stringify(result.warnings), /--insecure/);
  assert.match(JSON.stringify(result.options), /"insecure":true/);
});

Deno.test("mpt probe of a target without a prefix has the quic column beside tcp", async () => {
  await using server = await rawUdp(() => null);
  const target = `127.0.0.1:${server.port}`;
  const args = ["probe", ...PLAIN, "--connect-timeout", "0.3", target];
  const quiet = await mpt(args);
  // Who did not ask for it sees it in the table
  assert.doesNotMatch(quiet.stdout, /Whether QUIC works/);
  assert.match(quiet.stdout, /^127\.0\.0\.1:\d+ .* unknown +- +-$/m);
  const probed = await mpt([...args, "-v"]);
  assert.match(
    probed.stdout,
    /^ADDRESS +INTERFACE +TCP +CONNECT +MPTCP +CONNECT +PATHS +QUIC +HANDSHAKE +DATA$/m,
  );
  assert.match(probed.stdout, /^· Whether QUIC works to \S+ is unknown: no answer over UDP in 0\.3 s/m);
  assert.equal(probed.code, 1);
});

Deno.test({
  name: "mpt probe --require quic and its exit codes: 0 it works, 1 it does not, 3 nobody knows",
  ...requires("ffi"),
  async fn() {
    await using server = await served();
    await using silent = rawUdp(() => null);
    const code = async (target: string): Promise<number> =>
      (await mpt(["probe", ...PLAIN, "--require", "quic", "--connect-timeout", "0.3", target])).code;
    assert.equal(await code(`tcp@${server.target}`), 0);
    assert.equal(await code(`quic@127.0.0.1:${closedPort()}`), 1);
    assert.equal(await code(`quic@127.0.0.1:${silent.port}`), 3);
  },
});

Deno.test("mpt probe --ndjson tells the check of quic as an event", async () => {
  await using server = await served();
  const { events } = linesOf(await mpt(["probe", "--ndjson", `quic@${server.target}`]));
  assert.deepEqual(events.map(({ event, transport }) => [event, transport]), [
    ["start", undefined],
    ["check", "quic"],
    ["end", undefined],
  ]);
});

Deno.test("mpt probe without --allow-ffi and --allow-sys probes QUIC, and says what it cannot know", async () => {
  await using server = await served();
  const permissions = ["--allow-net", "--allow-env"];
  const result = await mpt(["probe", "--json", `quic@${server.target}`], { permissions });
  assert.equal(result.code, 0, result.stderr);
  const text = JSON.stringify(jsonOf(result).endpoints);
  assert.match(text, /"quic":\{"status":"yes"/);
  assert.match(
    text,
    /"certificate":\{"trusted":"unknown","trusted_by":null,"problem":"no-trust-store","reason":"[^"]*--allow-sys/,
  );
});

Deno.test("mpt probe without --allow-net could not test QUIC: exit 3 with the flag", async () => {
  const permissions = ["--allow-env", "--allow-sys", "--allow-read"];
  const result = await mpt(["probe", "--json", "quic@127.0.0.1:1"], { permissions });
  assert.equal(result.code, 3, result.stderr);
  assert.match(
    JSON.stringify(jsonOf(result).endpoints),
    /"quic":\{"status":"unknown","reason":"[^"]*--allow-net/,
  );
});

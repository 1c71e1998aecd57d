import assert from "node:assert/strict";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { probe, type ProbeOptions, type ProbeResult, requirementHolds } from "../../../../lib/probe/mod.ts";
import { pathVerdicts } from "../../../../lib/probe/quic/path_verdicts.ts";
import { pathsWithoutQuic, withoutPaths } from "../../../../lib/probe/quic/outcome.ts";
import type { MpquicCheckJson, QuicWayJson } from "../../../../lib/probe/quic/result.ts";
import { offersOf } from "../../../../lib/probe/quic/offers.ts";
import { checkOldPaths } from "../../../../lib/probe/quic/old_paths.ts";
import { planProbe } from "../../../../lib/probe/options.ts";
import type { QuicListener } from "../../../../lib/quic/driver/api.ts";
import { dial } from "../../../../lib/quic/driver/connect.ts";
import { listen } from "../../../../lib/quic/driver/listen.ts";
import type { QuicListenOptions } from "../../../../lib/quic/driver/options.ts";
import { DEFAULT_PARAMETERS } from "../../../../lib/quic/wire/transport_parameters.ts";
import { serve, type Server } from "../../../../lib/serve/mod.ts";
import { check, endpoint, path, plan, quic, SKIPPED } from "../fixtures.ts";
import "../../../support/open_libc.ts";

function serving(transport: "quic" | "mpquic"): Promise<Server> {
  return serve({ listen: [Endpoint.parse(`${transport}@127.0.0.1:0`, { allowPortZero: true })] });
}

function of(server: Server, options: ProbeOptions = {}): Promise<ProbeResult> {
  const target = Endpoint.parse(server.listeners[0]!.local.address);
  return probe(target, { transports: ["mpquic"], ...options });
}

Deno.test("a probe over multipath QUIC has the ids, the ways, and the server's view of the paths", async () => {
  await using server = await serving("mpquic");
  const result = await of(server);
  const { quic, mpquic } = result.endpoints[0]!;
  assert.deepEqual([quic.status, mpquic.status, mpquic.reason], ["yes", "yes", null]);
  assert(mpquic.max_path_id !== null && mpquic.max_path_id >= 1);
  assert.equal(quic.transport_parameters?.initial_max_path_id, mpquic.max_path_id);
  const first = mpquic.ways.find(({ id }) => id === 0);
  assert.deepEqual([first?.local, first?.validated, first?.carries_data], ["127.0.0.1", "yes", "yes"]);
  assert.deepEqual([mpquic.detail?.server?.transport, mpquic.ways_skipped], ["mpquic", null]);
  assert.equal(requirementHolds(result, "mpquic"), "yes");
});

Deno.test("a probe whose join timeout is 0 opens no further paths, and says so", async () => {
  await using server = await serving("mpquic");
  const { endpoints: [endpoint] } = await of(server, { joinTimeoutMs: 0 });
  const { status, ways, ways_skipped: skipped, paths } = endpoint!.mpquic;
  assert.deepEqual([status, ways, skipped, paths.length], ["yes", [], "the wait is 0", 1]);
});

Deno.test("a server of one path is a no for multipath QUIC, and a yes for QUIC", async () => {
  await using server = await serving("quic");
  const result = await of(server);
  const { quic, mpquic } = result.endpoints[0]!;
  assert.deepEqual([quic.status, mpquic.status, mpquic.max_path_id], ["yes", "no", null]);
  assert.match(mpquic.reason!, /does not offer several paths/);
  assert(result.verdicts.some(({ code, level }) => code === "mpquic-fails" && level === "fail"));
  // Who only asked for QUIC was not offered several paths
  const single = await of(server, { transports: ["quic"] });
  assert.equal(single.endpoints[0]!.mpquic.status, "skipped");
});

/** Takes everybody, and never says a word. */
async function silent(options: Partial<QuicListenOptions>): Promise<QuicListener> {
  const address = Endpoint.parse("127.0.0.1:0", { allowPortZero: true });
  const listener = await listen(address, { alpn: ["h3"], ...options });
  void (async () => {
    for await (const _ of listener) continue;
  })();
  return listener;
}

Deno.test("a server with the code points of drafts 13 to 18 is asked again with those, and the probe says so", async () => {
  await using server = await silent({ multipath: { codePoints: "draft-13", paths: 3 } });
  const result = await probe(server.local, { transports: ["mpquic"] });
  const { quic, mpquic } = result.endpoints[0]!;
  assert.equal(quic.transport_parameters?.initial_max_path_id, null);
  assert(
    quic.transport_parameters.unknown.some(({ id, value }) => id === "0xf739bbc1b666d0d" && value === "02"),
  );
  assert.deepEqual([mpquic.status, mpquic.code_points, mpquic.max_path_id], ["yes", "draft-13", 2]);
  assert.deepEqual(mpquic.drafts_offered, ["drafts 13 to 18"]);
  assert.equal(mpquic.ways.find(({ id }) => id === 0)?.validated, "yes");
  const { address } = server.local;
  assert.deepEqual(
    result.verdicts.filter(({ code }) => /^mpquic-(works|old)/.test(code)).map(({ level, text }) =>
      `${level}: ${text}`
    ),
    [
      `ok: Multipath QUIC works to ${address} over one path, with the code points of drafts 13 to 18.`,
      `warn: ${address} has multipath QUIC by drafts 13 to 18 only: programs of today have one path to it.`,
    ],
  );
  assert.equal(requirementHolds(result, "mpquic"), "yes");
});

Deno.test("a server with the final code points is not asked twice", async () => {
  let connections = 0;
  await using server = await serve({
    listen: [Endpoint.parse("mpquic@127.0.0.1:0", { allowPortZero: true })],
  }, ({ event }) => connections += event === "connection" ? 1 : 0);
  const { mpquic } = (await of(server)).endpoints[0]!;
  assert.deepEqual([mpquic.code_points, mpquic.drafts_offered], ["final", ["draft 19 and later"]]);
  await server[Symbol.asyncDispose]();
  assert.equal(connections, 1);
});

Deno.test("a server whose second connection comes to nothing: what it offers is told, the rest is unknown", async () => {
  await using server = await silent({ multipath: { codePoints: "draft-13" }, maxConnections: 1 });
  const first = await dial(server.local, { alpn: ["h3"], insecure: true, multipath: true });
  const plan = planProbe(server.local, { transports: ["mpquic"], connectTimeoutMs: 300 });
  const found = await checkOldPaths(server.local, first, plan, check(), undefined);
  assert.deepEqual([found?.status, found?.drafts_offered], ["unknown", ["drafts 13 to 18"]]);
  assert.match(
    found!.reason!,
    /^the server offers those of drafts 13 to 18, and a connection with their code points/,
  );
  await first.close();
});

Deno.test("offersOf() names every draft that had a parameter of its own, and not one whose id is near", () => {
  const of = (ids: readonly string[], initialMaxPathId: number | null = null): readonly string[] => {
    const unknown = ids.map((id) => ({ id, value: new Uint8Array(1) }));
    return offersOf({ ...DEFAULT_PARAMETERS, initialMaxPathId, unknown }).map(({ drafts }) => drafts);
  };
  assert.deepEqual(of(["f739bbc1b666d09"]), ["drafts 9 and 10"]);
  assert.deepEqual(of(["babf", "f739bbc1b666d05"]), ["draft 5", "drafts 0 to 3"]);
  assert.deepEqual(of(["f739bbc1b666d0d"], 7), ["draft 19 and later", "drafts 13 to 18"]);
  assert.deepEqual(of(["f739bbc1b666d0e", "f739bbc1b666d08"]), []);
  assert.deepEqual(offersOf(null), []);
});

Deno.test("pathsWithoutQuic(): without QUIC there are no several paths, for the same reason", () => {
  const refused = quic({ status: "no", reason: "refused", paths: [] });
  const { status, reason } = pathsWithoutQuic(refused);
  assert.deepEqual([status, reason], ["no", "refused"]);
  assert.equal(pathsWithoutQuic(quic({ status: "unknown", reason: "silence", paths: [] })).status, "unknown");
});

const WAY: QuicWayJson = {
  id: 0,
  local: "192.0.2.1",
  remote: "198.51.100.1:443",
  interface: "eth0",
  validated: "yes",
  carries_data: "yes",
  reason: null,
};

const SILENT: QuicWayJson = {
  ...WAY,
  id: null,
  local: "192.0.2.2",
  interface: "wlan0",
  validated: "no",
  carries_data: "unknown",
  reason: "nothing came back on it in 3 s",
};

function works(fields: Partial<MpquicCheckJson>): MpquicCheckJson {
  return { ...withoutPaths(check()), max_path_id: 7, ways: [WAY], ...fields };
}

function said(
  mpquic: MpquicCheckJson,
  options: ProbeOptions = { transports: ["mpquic"] },
): readonly string[] {
  return pathVerdicts(plan(options), endpoint({ quic: quic(), mpquic })).map(({ level, text }) =>
    `${level}: ${text}`
  );
}

Deno.test("pathVerdicts() counts the paths, and says why there is no second one", () => {
  const two = { paths: [path(0), path(1)], ways: [WAY, { ...WAY, id: 1, local: "192.0.2.2" }] };
  assert.deepEqual(said(works(two)), ["ok: Multipath QUIC works to 198.51.100.1:443 over 2 paths."]);
  assert.deepEqual(said(works({})), [
    "ok: Multipath QUIC works to 198.51.100.1:443 over one path.",
    "warn: There is no second path of multipath QUIC to 198.51.100.1:443: this host has one address for it.",
  ]);
  assert.deepEqual(said(works({ ways: [WAY, SILENT] })).slice(1), [
    "warn: No second path of multipath QUIC to 198.51.100.1:443 came up: 192.0.2.2 (wlan0): nothing came back on it " +
    "in 3 s.",
  ]);
  assert.equal(said(works({ ways: [], ways_skipped: "the wait is 0" })).length, 1);
});

Deno.test("pathVerdicts() tells who did not ask for it only that it works", () => {
  const no = { ...withoutPaths(SKIPPED), status: "no", reason: "not offered" } as const;
  assert.deepEqual(said(no, {}), []);
  assert.deepEqual(said(no), ["fail: Multipath QUIC does not work to 198.51.100.1:443: not offered."]);
  assert.deepEqual(said(withoutPaths(SKIPPED)), []);
  assert.equal(said(works({ ways_skipped: "the wait is 0" }), {}).length, 1);
});

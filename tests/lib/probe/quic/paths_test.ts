import assert from "node:assert/strict";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { probe, type ProbeOptions, type ProbeResult, requirementHolds } from "../../../../lib/probe/mod.ts";
import { pathVerdicts } from "../../../../lib/probe/quic/path_verdicts.ts";
import { pathsWithoutQuic, withoutPaths } from "../../../../lib/probe/quic/paths.ts";
import type { MpquicCheckJson, QuicWayJson } from "../../../../lib/probe/quic/result.ts";
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

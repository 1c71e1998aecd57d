import { Endpoint } from "../../lib/base/endpoint.ts";
import type { PathJson } from "../../lib/base/path_json.ts";
import type { Verdict } from "../../lib/base/result.ts";
import { formatCount, formatDuration } from "../../lib/base/units.ts";
import type { CheckJson, JoinJson, ProbeEndpoint, ProbeEvent, ProbeResult } from "../../lib/probe/mod.ts";
import type { Painter } from "./paint.ts";
import { quicFacts } from "./probe_quic.ts";
import { table } from "./table.ts";
import { watchSummary } from "./watch.ts";
import { wrap } from "./wrap.ts";

/** The result for people: the answer in words, then the addresses side by side, then the paths. */
export function renderProbe(result: ProbeResult, paint: Painter, verbose: boolean): string {
  const parts = [
    ...renderVerdicts(result.verdicts.filter((each) => verbose || !isAside(each)), paint, verbose),
    ...result.warnings.map((text) => warning(text, paint)),
    cutShort(result, paint),
    "",
    addresses(result, paint),
    ...result.endpoints.flatMap((endpoint) => pathTables(endpoint, paint)),
    ...result.endpoints.flatMap((endpoint) => joinTable(endpoint, paint, verbose)),
    ...quicFacts(result.endpoints, paint, verbose),
    ...result.endpoints.flatMap((endpoint) => serverView(endpoint)),
    // Results of earlier versions have no watch.
    ...(result.watch === null || result.watch === undefined ? [] : ["", watchSummary(result.watch)]),
    ...(verbose ? details(result) : []),
  ];
  return parts.filter((part) => part !== null).join("\n");
}

/** That there is no QUIC, said to whoever did not ask for it: the table has it. */
function isAside({ code, level }: Verdict): boolean {
  return level === "info" && (code === "quic-fails" || code === "quic-unknown");
}

/** Findings, one a line; evidence and code with `verbose`, the fix always. */
export function renderVerdicts(
  verdicts: readonly Verdict[],
  paint: Painter,
  verbose: boolean,
): readonly string[] {
  return verdicts.flatMap((each) => [
    `${mark(each.level, paint)} ${wrap(each.text, paint.columns, 2, paint.bold)}`,
    ...(verbose ? [...each.evidence, ...more(each)] : [])
      .map((line) => `    ${wrap(line, paint.columns, 4, paint.dim)}`),
    ...(each.fix === null || each.certainty === "possible" ? [] : [`    try: ${each.fix}`]),
  ]);
}

/** Where to read on about what is wrong. */
function more({ code, level, evidence }: Verdict): readonly string[] {
  return level === "ok" || level === "info" || evidence.length === 0 ? [] : [`more: mpt explain ${code}`];
}

/** A warning, in words. */
export function warning(text: string, paint: Painter): string {
  return wrap(`${paint.warn("warning:")} ${text}`, paint.columns, 9);
}

/** A sign for a level. */
export function mark(level: Verdict["level"], paint: Painter): string {
  switch (level) {
    case "ok":
      return paint.ok("✓");
    case "warn":
      return paint.warn("!");
    case "fail":
      return paint.fail("✗");
    case "unknown":
      return paint.warn("?");
    case "info":
      return paint.dim("·");
  }
}

/** What to show on the terminal while a probe runs. */
export function probeStatus(event: ProbeEvent): readonly string[] {
  switch (event.event) {
    case "dns":
      return [`looked up ${event.query.type}: ${event.query.answers.length} addresses`];
    case "start":
      return [`probing ${Endpoint.of(event.address, event.port).address} ...`];
    case "check":
      return [`${event.address}: ${event.transport} ${event.check.status}`];
    case "path":
      return [`${event.address}: path ${event.path.id} is up, waiting for further subflows ...`];
    case "watching":
      return [`${event.address}: watching the paths ...`];
    case "path-change":
      return [];
  }
}

function cutShort(result: ProbeResult, paint: Painter): string | null {
  switch (result.end.reason) {
    case "interrupted":
      return paint.warn("interrupted: this is what was seen so far");
    case "timeout":
      return paint.warn("--timeout is over: this is what was seen so far");
    default:
      return null;
  }
}

/** The addresses side by side; without the columns of transports that nobody asked for. */
function addresses({ endpoints, verdicts }: ProbeResult, paint: Painter): string {
  const kernel = endpoints.some(({ tcp, mptcp }) => tcp.status !== "skipped" || mptcp.status !== "skipped");
  const quic = endpoints.some((endpoint) => endpoint.quic.status !== "skipped");
  const withTcp = kernel || !quic;
  // Who did not ask for it is told where it works
  const mpquic = endpoints.some((endpoint) => endpoint.mpquic.status === "yes") ||
    verdicts.some(({ code }) => code === "mpquic-fails" || code === "mpquic-unknown");
  const rows = endpoints.map((endpoint) => [
    Endpoint.of(endpoint.address, endpoint.port).address,
    endpoint.interface ?? "-",
    ...(withTcp
      ? [
        status(endpoint.tcp, paint),
        milliseconds(endpoint.tcp.ms),
        status(endpoint.mptcp, paint),
        milliseconds(endpoint.mptcp.ms),
        endpoint.mptcp.status === "yes" ? String(activePaths(endpoint.mptcp.paths)) : "-",
      ]
      : []),
    ...(quic ? [status(endpoint.quic, paint), milliseconds(endpoint.quic.ms)] : []),
    ...(mpquic
      ? [
        status(endpoint.mpquic, paint),
        endpoint.mpquic.status === "yes" ? String(activePaths(endpoint.mpquic.paths)) : "-",
      ]
      : []),
    data(endpoint),
  ]);
  return table(
    [
      { title: "ADDRESS", key: true },
      { title: "INTERFACE" },
      ...(withTcp
        ? [
          { title: "TCP" },
          { title: "CONNECT", align: "right" as const },
          { title: "MPTCP" },
          { title: "CONNECT", align: "right" as const },
          { title: "PATHS", align: "right" as const },
        ]
        : []),
      ...(quic ? [{ title: "QUIC" }, { title: "HANDSHAKE", align: "right" as const }] : []),
      ...(mpquic ? [{ title: "MPQUIC" }, { title: "PATHS", align: "right" as const }] : []),
      { title: "DATA" },
    ],
    rows,
    "",
    paint.columns,
  );
}

function status(check: CheckJson, paint: Painter): string {
  switch (check.status) {
    case "yes":
      return paint.ok("yes");
    case "no":
      return paint.fail("no");
    case "unknown":
      return paint.warn("unknown");
    case "skipped":
      return paint.dim("-");
  }
}

function milliseconds(ms: number | null): string {
  return ms === null ? "-" : formatDuration(ms);
}

function activePaths(paths: readonly PathJson[]): number {
  return paths.filter((path) => path.state === "active" || path.state === "stale").length;
}

function data(endpoint: ProbeEndpoint): string {
  const { tcp, mptcp, quic } = endpoint;
  return mptcp.detail?.data?.text ?? tcp.detail?.data?.text ?? quic.detail?.data?.text ?? "-";
}

function pathTables(endpoint: ProbeEndpoint, paint: Painter): readonly string[] {
  return [
    ...pathTable("MPTCP", endpoint, endpoint.mptcp, paint),
    ...pathTable("Multipath QUIC", endpoint, endpoint.mpquic, paint),
  ];
}

function pathTable(
  name: string,
  endpoint: ProbeEndpoint,
  { paths, status: works }: CheckJson,
  paint: Painter,
): readonly string[] {
  if (works !== "yes" || paths.length === 0) return [];
  const rows = paths.map((path) => [
    String(path.id),
    path.local,
    path.remote,
    path.interface ?? "-",
    path.state === "active" ? "active" : paint.warn(path.state),
    path.status,
    path.rtt_ms === null ? "-" : formatDuration(path.rtt_ms),
  ]);
  const columns = [
    { title: "PATH", key: true },
    { title: "LOCAL" },
    { title: "REMOTE" },
    { title: "INTERFACE" },
    { title: "STATE" },
    { title: "STATUS" },
    { title: "RTT", align: "right" as const },
  ];
  return [
    "",
    `${name} paths to ${Endpoint.of(endpoint.address, endpoint.port).address}:`,
    table(columns, rows, "  ", paint.columns),
  ];
}

/** How far each way of a further subflow came: where one did not, or whoever wants to know it all. */
function joinTable(endpoint: ProbeEndpoint, paint: Painter, verbose: boolean): readonly string[] {
  // Results of earlier versions have only the subflows that came up.
  const joins = endpoint.mptcp.joins.filter((join) => join.usable !== undefined);
  if (!joins.some((join) => join.usable === "no") && !(verbose && joins.length > 0)) return [];
  const fact = (value: JoinJson["announced"]): string =>
    value === "no" ? paint.fail("no") : value === "not-needed" ? "-" : value;
  const rows = joins.map((join) => [
    join.local ?? "any",
    join.remote ?? "any",
    fact(join.announced),
    fact(join.tried),
    fact(join.answered),
    fact(join.accepted),
    fact(join.usable),
    join.why.map(({ code, certainty }) => certainty === "possible" ? `${code}?` : code).join(", ") || "-",
  ]);
  const titles = ["FROM", "TO", "ANNOUNCED", "TRIED", "ANSWERED", "ACCEPTED", "USABLE", "WHY NOT"];
  return [
    "",
    `Further paths to ${Endpoint.of(endpoint.address, endpoint.port).address}:`,
    table(titles.map((title, index) => ({ title, key: index < 2 })), rows, "  ", paint.columns),
  ];
}

function serverView(endpoint: ProbeEndpoint): readonly string[] {
  // What the server saw of one path is older than what it sees of all of them
  const quic = endpoint.mpquic.detail?.server ?? endpoint.quic.detail?.server ?? null;
  const views = [endpoint.mptcp.detail?.server ?? null, quic].filter((view) => view !== null);
  const lines = views.flatMap((server) => {
    const paths = server.paths.map((path) => `${path.remote} to ${path.local} (${path.state})`);
    const heading = `The server sees ${server.transport} over ${formatCount(paths.length, "path")}:`;
    // More do not fit into a line
    return paths.length > 2
      ? [heading, ...paths.map((path) => `  ${path}`)]
      : [`${heading} ${paths.join(", ")}`];
  });
  return lines.length === 0 ? [] : ["", ...lines];
}

function details(result: ProbeResult): readonly string[] {
  const lines = (result.dns ?? []).map((query) =>
    `  ${query.type}: ${query.answers.join(", ") || query.status} (${formatDuration(query.ms)})`
  );
  const reasons = result.endpoints.flatMap((endpoint) =>
    (["tcp", "mptcp", "quic", "mpquic"] as const).flatMap((name) => {
      const { reason, status } = endpoint[name];
      return reason === null || status === "skipped" ? [] : [`  ${endpoint.address} ${name}: ${reason}`];
    })
  );
  const unheard = result.endpoints.flatMap(({ address, mptcp }) =>
    // Results of earlier versions do not say.
    (mptcp.events_skipped ?? null) === null
      ? []
      : [`  ${address} mptcp: the kernel's events about paths were not heard: ${mptcp.events_skipped}`]
  );
  return [
    ...(lines.length === 0 ? [] : ["", "DNS:", ...lines]),
    ...(reasons.length + unheard.length === 0 ? [] : ["", "Reasons:", ...reasons, ...unheard]),
    "",
    `Took ${formatDuration(result.duration_ms)} on ${result.host.os} ${
      result.host.kernel ?? ""
    }, Deno ${result.host.deno}.`,
  ];
}

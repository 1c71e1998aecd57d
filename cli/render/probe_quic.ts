import { Endpoint } from "../../lib/base/endpoint.ts";
import { formatBytes, formatDuration } from "../../lib/base/units.ts";
import type {
  ProbeEndpoint,
  QuicCertificateJson,
  QuicCheckJson,
  QuicIdentityJson,
  TransportParametersJson,
} from "../../lib/probe/mod.ts";
import { offeredDrafts } from "../../lib/quic/wire/multipath_drafts.ts";
import type { Painter } from "./paint.ts";
import { wrap } from "./wrap.ts";

/** A line: what it is about, and the words. */
type Line = readonly [string, string];

/** More names than people read. */
const MAX_NAMES = 3;

/** What QUIC servers told in their handshakes; what is the same at several addresses is said once. */
export function quicFacts(
  endpoints: readonly ProbeEndpoint[],
  paint: Painter,
  verbose: boolean,
): readonly string[] {
  const told = new Map<string, string>();
  return endpoints.filter(({ quic }) => quic.status === "yes").flatMap((endpoint) => {
    const { quic } = endpoint;
    const address = Endpoint.of(endpoint.address, endpoint.port).address;
    const facts = factLines(quic, paint, verbose);
    const earlier = told.get(JSON.stringify(facts));
    if (earlier !== undefined) {
      return ["", `QUIC to ${address}: ${handshake(quic)}; the rest as to ${earlier}`];
    }
    told.set(JSON.stringify(facts), address);
    const lines: readonly Line[] = [["handshake", handshake(quic)], ...facts];
    const width = Math.max(...lines.map(([name]) => name.length));
    return [
      "",
      `QUIC to ${address}:`,
      ...lines.map(([name, words]) => `  ${name.padEnd(width)}  ${wrap(words, paint.columns, width + 4)}`),
    ];
  });
}

function handshake({ ms, paths, retry }: QuicCheckJson): string {
  const rtt = paths[0]?.min_rtt_ms ?? null;
  const roundTrip = rtt === null ? "" : `, round trip ${formatDuration(rtt)}`;
  return `${formatDuration(ms ?? 0)}${retry ? ", after a Retry" : ""}${roundTrip}`;
}

/** Everything but times. */
function factLines(quic: QuicCheckJson, paint: Painter, verbose: boolean): readonly Line[] {
  const { certificate, transport_parameters: parameters } = quic;
  const others = quic.alpn_offered.filter((each) => each !== quic.alpn);
  const offered = verbose && others.length > 0 ? `, also offered: ${others.join(", ")}` : "";
  return [
    ["version", `${quic.version}, ${quic.alpn}${offered}`],
    ["encryption", `${quic.cipher_suite}, ${quic.group}`],
    ...(certificate === null ? [] : identity(certificate, paint, verbose)),
    ...(parameters === null ? [] : allowed(parameters)),
    ...(parameters === null || !verbose ? [] : rest(parameters)),
  ];
}

function identity(certificate: QuicIdentityJson, paint: Painter, verbose: boolean): readonly Line[] {
  const { chain, pin } = certificate;
  const [own] = chain;
  const shown: readonly Line[] = own === undefined ? [] : [["certificate", subject(own)]];
  const above = verbose ? chain.slice(1) : [];
  return [
    ...shown,
    ...above.map((each): Line => ["", `${each.subject}, ${each.key}, until ${day(each.not_after)}`]),
    ...(own === undefined || !verbose ? [] : [["issuer", own.issuer] as const]),
    ["trust", trust(certificate, paint)],
    ["key", `${own === undefined ? "" : `${own.key}, `}${pin}`],
  ];
}

function subject({ subject, names, not_before: from, not_after: until }: QuicCertificateJson): string {
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : "";
  const covered = names.length === 0 ? "no name" : `${names.slice(0, MAX_NAMES).join(", ")}${more}`;
  const who = subject === "" || subject === `CN=${names[0]}` ? "" : `${subject}, `;
  return `${who}for ${covered}, from ${day(from)} until ${day(until)}`;
}

function trust(certificate: QuicIdentityJson, paint: Painter): string {
  const { trusted, trusted_by: by, reason, server_name: name } = certificate;
  switch (trusted) {
    case "yes":
      return paint.ok(by === "pin" ? "yes, by its pin" : `yes, as ${name}, by ${STORES[by ?? "system"]}`);
    case "no":
      return `${paint.warn("no")}: ${reason}`;
    case "unknown":
      return `${paint.warn("unknown")}: ${reason}`;
    default:
      return trusted satisfies never;
  }
}

const STORES = { system: "the system's certificates", ca: "the given CA", pin: "its pin" } as const;

/** What the server lets its client do, in words. */
function allowed(parameters: TransportParametersJson): readonly Line[] {
  const {
    initial_max_streams_bidi: bidirectional,
    initial_max_streams_uni: unidirectional,
    initial_max_data: data,
    initial_max_stream_data_bidi_remote: stream,
    max_idle_timeout: idle,
    max_datagram_frame_size: datagram,
    initial_max_path_id: path,
    unknown,
  } = parameters;
  const drafts = offeredDrafts(unknown.map(({ id }) => id.replace(/^0x/, "")))
    .flatMap((offer) => offer.codePoints === "final" ? [] : offer.drafts);
  return [
    ["streams", `${bidirectional} bidirectional and ${unidirectional} unidirectional ones at first`],
    ["data", `${formatBytes(data)} at first, ${formatBytes(stream)} on one stream`],
    ["datagrams", datagram === 0 ? "none" : `up to ${datagram} bytes`],
    ["idle", idle === 0 ? "it waits for ever" : `it forgets the connection after ${formatDuration(idle)}`],
    ["migration", parameters.disable_active_migration ? "not allowed" : "allowed"],
    ...(path === null ? [] : [["multipath", `path ids up to ${path}`] as const]),
    ...(path === null && drafts.length > 0 ? [["multipath", `as in ${drafts.join(" and ")}`] as const] : []),
  ];
}

/** The other parameters. */
function rest(parameters: TransportParametersJson): readonly Line[] {
  const { preferred_address: preferred, version_information: versions, unknown } = parameters;
  const addresses = [preferred?.v4 ?? null, preferred?.v6 ?? null].filter((each) => each !== null);
  return [
    ["payload", `UDP up to ${parameters.max_udp_payload_size} bytes`],
    ["ids", `${parameters.active_connection_id_limit} connection ids at a time`],
    [
      "acks",
      `late by up to ${parameters.max_ack_delay} ms, counted in 2^${parameters.ack_delay_exponent} µs`,
    ],
    ["reset", parameters.has_stateless_reset_token ? "with a stateless reset token" : "no token"],
    ["fixed bit", parameters.grease_quic_bit ? "may be cleared (RFC 9287)" : "has to be set"],
    ...(addresses.length === 0 ? [] : [["prefers", addresses.join(", ")] as const]),
    ...(versions === null ? [] : [["versions", versions.available.join(", ")] as const]),
    ...(unknown.length === 0
      ? []
      : [["unknown", `parameters ${unknown.map(({ id }) => id).join(", ")}`] as const]),
  ];
}

function day(time: string): string {
  return time.slice(0, 10);
}

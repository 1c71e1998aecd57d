/** Fixes with this host's own names in them, so that they can be pasted. */
import { CATALOGUE } from "../catalogue.ts";
import type { DiagnosisCode } from "../codes.ts";
import type { Evidence, HostAddress, LocalEndpoint } from "../evidence.ts";
import { addressOf } from "../facts.ts";
import type { JoinRow } from "../join_audit.ts";

/** Those whose ADDRESS, ID and DEV are the local end of the way, and SERVER and PORT its other end. */
const OF_THE_WAY: ReadonlySet<DiagnosisCode> = new Set([
  ...["join-path-dead", "join-path-lossy", "join-return-path", "join-prohibited", "join-reset"] as const,
  "join-no-route",
]);

/** The catalogue's fix with the names of a way; undefined where it has no such names in it. */
export function fixOfWay(evidence: Evidence, code: DiagnosisCode, row: JoinRow): string | undefined {
  const { fix } = CATALOGUE[code];
  if (fix === null || !OF_THE_WAY.has(code) || row.local === null || row.remote === null) return undefined;
  const endpoint = endpointOf(evidence, row.local);
  const names: Readonly<Record<string, string | number | null | undefined>> = {
    ADDRESS: row.local,
    SERVER: addressOf(row.remote),
    PORT: row.remote.slice(row.remote.lastIndexOf(":") + 1),
    ID: endpoint?.id,
    DEV: endpoint?.interface ?? holderOf(evidence, row.local)?.interface,
  };
  return fix.replaceAll(
    /\b[A-Z]+\b/g,
    (name) => String((Object.hasOwn(names, name) ? names[name] : null) ?? name),
  );
}

/** Another address in the place of one that is gone: of the same interface, or of any that is not in use. */
export function replaceEndpoint(evidence: Evidence, gone: LocalEndpoint): string {
  const { pathManager } = evidence.host;
  const used = pathManager === "unknown" ? [] : pathManager.endpoints.map(({ address }) => address);
  const others = spareAddresses(evidence).filter(({ address }) => !used.includes(address));
  const other = others.find((each) => each.interface === gone.interface) ?? others[0];
  const away = `ip mptcp endpoint delete id ${gone.id}`;
  return other === undefined
    ? away
    : `${away}; ip mptcp endpoint add ${other.address} dev ${other.interface} subflow`;
}

/** The command that opens further paths from the addresses that are not used for that; null where there are none. */
export function opensFrom(evidence: Evidence): string | null {
  const spare = spareAddresses(evidence).filter(({ address }) =>
    endpointOf(evidence, address)?.subflow !== true
  );
  if (spare.length === 0) return null;
  return spare.map((each) => `ip mptcp endpoint add ${each.address} dev ${each.interface} subflow`).join(
    "; ",
  );
}

/** The endpoint with an address. */
export function endpointOf({ host }: Evidence, address: string | null): LocalEndpoint | undefined {
  return host.pathManager === "unknown"
    ? undefined
    : host.pathManager.endpoints.find((each) => each.address === address);
}

/** An address of each other interface, from which a further path could be opened. */
export function spareAddresses(evidence: Evidence): readonly HostAddress[] {
  const { host, client, target } = evidence;
  if (host.addresses === "unknown" || client.subflows === "unknown") return [];
  const family = addressOf(target).includes(":") ? 6 : 4;
  const first = client.subflows.find(({ role }) => role === "first");
  const taken = first === undefined ? undefined : holderOf(evidence, addressOf(first.local));
  if (taken === undefined) return [];
  const others = host.addresses.filter((each) =>
    each.family === family && each.interface !== taken.interface
  );
  return others.filter((each, at) => others.findIndex((one) => one.interface === each.interface) === at);
}

function holderOf({ host }: Evidence, address: string): HostAddress | undefined {
  return host.addresses === "unknown" ? undefined : host.addresses.find((each) => each.address === address);
}

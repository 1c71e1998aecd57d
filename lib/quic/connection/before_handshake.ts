import { verifyRetry } from "../../crypto/retry_integrity.ts";
import { ConnectionId } from "../wire/connection_id.ts";
import { offeredVersions, type PacketHeader } from "../wire/packet_header.ts";
import { versionHex } from "../qlog/names.ts";
import { versionName } from "../wire/versions.ts";
import { forgetConnection } from "./close_connection.ts";
import type { Core } from "./core.ts";
import { initialKeys } from "./level_keys.ts";

/** Takes a Retry packet (RFC 9000 17.2.5.2). */
export function onRetry(core: Core, bytes: Uint8Array, header: PacketHeader): void {
  const { initial } = core.spaces;
  // One for each attempt, and none once the server has answered
  if (core.side !== "client" || core.heard || core.retrySource !== null || initial === null) return;
  if (header.version !== core.version) return;
  if (!core.source.matches(bytes, header.destinationStart, header.destinationEnd)) return;
  const packet = bytes.subarray(header.start, header.end);
  if (!verifyRetry(core.version, core.originalDestination.toBytes(), packet)) return;
  const source = ConnectionId.from(bytes, header.sourceStart, header.sourceEnd);
  // RFC 9000 17.2.5.1: a server has to choose another id than ours
  if (source.equals(core.originalDestination)) return;
  core.retrySource = source;
  core.token = bytes.slice(header.tokenStart, header.tokenEnd);
  core.firstPath.remoteIds.replaceFirst(source);
  core.keys.initial?.close();
  // RFC 9001 5.2: the keys follow from the id that is sent to from now on
  core.keys.initial = initialKeys(core.config.backend, core.version, "client", source);
  // RFC 9000 17.2.5.3: packet numbers go on; what was sent is sent again
  for (const packet of initial.detector.drain()) {
    initial.onGone(packet);
    core.firstPath.onGone(packet);
  }
  core.firstPath.probeCount = 0;
  core.crypto.initial.sendAgain();
}

/** Takes a Version Negotiation packet (RFC 9000 6.2): there is one version that we speak. */
export function onVersionNegotiation(
  core: Core,
  bytes: Uint8Array,
  header: PacketHeader,
  nowUs: number,
): void {
  if (core.side !== "client" || core.heard || core.retrySource !== null) return;
  if (!core.source.matches(bytes, header.destinationStart, header.destinationEnd)) return;
  if (!core.originalDestination.matches(bytes, header.sourceStart, header.sourceEnd)) return;
  const offered = offeredVersions(bytes, header);
  if (offered.includes(core.version)) return;
  core.qlog?.event(nowUs, "version_information", {
    server_versions: offered.map(versionHex),
    client_versions: [versionHex(core.version)],
  });
  const names = offered.slice(0, 8).map(versionName).join(", ");
  forgetConnection(
    core,
    nowUs,
    "version",
    `Cannot connect: the server does not speak ${versionName(core.version)} but ${names}`,
    offered,
  );
}

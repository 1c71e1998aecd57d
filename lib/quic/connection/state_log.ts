import type { TransportParameters } from "../wire/transport_parameters.ts";
import type { QlogConnectionState, QlogEvents, QlogKeyType, QlogMigrationState } from "../qlog/events.ts";
import { endpointInfo, versionHex } from "../qlog/names.ts";
import { parametersOf } from "../qlog/parameters.ts";
import type { Qlog } from "../qlog/qlog.ts";
import { GRANULARITY_US } from "../recovery/rtt.ts";
import { initialWindow, minimumWindow } from "../recovery/congestion.ts";
import type { Core } from "./core.ts";
import type { NetworkPath } from "./network_path.ts";
import type { Path } from "./path.ts";

/** Who did what changed the state: this end by itself, or the peer by a datagram. */
export type Cause = "local" | "remote";

const LEVELS = ["initial", "handshake", "application"] as const;
const SIDES = ["client", "server"] as const;

/** What was logged of a path last. */
interface SeenPath {
  network: NetworkPath;
  state: NetworkPath["state"];
  destination: string;
  mtu: number;
  congestion: string | undefined;
  congestionEvents: number;
  windowAtLoss: number;
}

/**
 * Logs how the state of a connection changes: it looks after each call of the connection and writes what is
 * no longer as it was. So the parts of the connection need not know of it, and without a log nobody looks.
 */
export class StateLog {
  readonly #core: Core;
  readonly #qlog: Qlog;
  readonly #keys = new Set<(typeof LEVELS)[number]>();
  readonly #paths = new Map<number, SeenPath>();
  #state: QlogConnectionState | undefined;
  #updates = 0;
  #knowsAlpn = false;

  /** Logs how it begins. @param own What this end offers. */
  constructor(core: Core, qlog: Qlog, own: TransportParameters | undefined, nowUs: number) {
    this.#core = core;
    this.#qlog = qlog;
    const { local, remote } = core.firstPath.network.tuple;
    qlog.event(nowUs, "connection_started", {
      local: endpointInfo(local, [core.source]),
      remote: endpointInfo(remote),
    });
    qlog.event(nowUs, "version_information", { chosen_version: versionHex(core.version) });
    if (own !== undefined) qlog.event(nowUs, "parameters_set", parametersOf("local", own));
    qlog.event(nowUs, "recovery_parameters_set", recoveryParameters(core));
    this.look(nowUs, "local");
  }

  /** Logs what has changed since the last look. */
  look(nowUs: number, cause: Cause): void {
    this.#lookAtState(nowUs);
    this.#lookAtKeys(nowUs, cause);
    for (const path of this.#core.paths.values()) this.#lookAtPath(path, nowUs);
    for (const id of this.#paths.keys()) {
      if (this.#core.paths.has(id)) continue;
      this.#paths.delete(id);
      // quic-events 4.7: the id means nothing from now on
      this.#qlog.event(nowUs, "tuple_assigned", { tuple_id: `${id}` }, id);
    }
    const { alpn } = this.#core.tls.summary;
    if (this.#knowsAlpn || alpn === null) return;
    this.#knowsAlpn = true;
    this.#qlog.event(nowUs, "alpn_information", { chosen_alpn: { string_value: alpn } });
  }

  #lookAtState(nowUs: number): void {
    const state = stateOf(this.#core);
    if (state === this.#state) return;
    const old = this.#state === undefined ? {} : { old: this.#state };
    this.#qlog.event(nowUs, "connection_state_updated", { ...old, new: state });
    this.#state = state;
    if (state === "closed") this.#qlog.end();
  }

  #lookAtKeys(nowUs: number, cause: Cause): void {
    const { keys } = this.#core;
    for (const level of LEVELS) {
      const has = keys[level] !== null;
      if (has === this.#keys.has(level)) continue;
      if (has) this.#keys.add(level);
      else this.#keys.delete(level);
      const event = has ? "key_updated" : "key_discarded";
      for (const side of SIDES) {
        this.#qlog.event(nowUs, event, { key_type: keyType(side, level), trigger: "tls" });
      }
    }
    const phases = keys.application?.phases;
    if (phases === undefined || phases.updates === this.#updates) return;
    this.#updates = phases.updates;
    const trigger = cause === "local" ? "local_update" : "remote_update";
    for (const side of SIDES) {
      const key_type = keyType(side, "application");
      this.#qlog.event(nowUs, "key_updated", { key_type, key_phase: phases.updates, trigger });
    }
  }

  #lookAtPath(path: Path, nowUs: number): void {
    let seen = this.#paths.get(path.id);
    const { network } = path;
    if (seen === undefined) {
      const destination = path.remoteIds.current?.toString() ?? "";
      seen = {
        network,
        state: network.state,
        destination,
        mtu: 0,
        congestion: undefined,
        congestionEvents: path.congestion.congestionEvents,
        windowAtLoss: Infinity,
      };
      this.#paths.set(path.id, seen);
      this.#assign(path, nowUs);
      if (path.id > 0) this.#migrated(path, "probing_started", nowUs);
    } else if (seen.network !== network) {
      const isBack = network.validated;
      seen.network = network;
      seen.state = network.state;
      this.#assign(path, nowUs);
      this.#migrated(path, isBack ? "migration_abandoned" : "migration_started", nowUs);
    }
    this.#lookAtValidation(path, seen, nowUs);
    this.#lookAtId(path, seen, nowUs);
    if (seen.mtu !== path.mtu) {
      const old = seen.mtu === 0 ? {} : { old: seen.mtu };
      this.#qlog.event(nowUs, "mtu_updated", { ...old, new: path.mtu }, path.id);
      seen.mtu = path.mtu;
    }
    this.#lookAtCongestion(path, seen, nowUs);
  }

  #lookAtValidation(path: Path, seen: SeenPath, nowUs: number): void {
    const { state } = path.network;
    const before = seen.state;
    if (state === before) return;
    seen.state = state;
    // The address of a handshake is proved by the handshake
    if (before !== "validating") return;
    const kind = path.id > 0 && path.network.generation === 0 ? "probing" : "migration";
    if (state === "validated") {
      this.#migrated(path, kind === "probing" ? "probing_successful" : "migration_complete", nowUs);
    } else if (state === "failed") {
      this.#migrated(path, `${kind}_abandoned`, nowUs);
    }
  }

  #lookAtId(path: Path, seen: SeenPath, nowUs: number): void {
    const destination = path.remoteIds.current?.toString() ?? "";
    if (destination === seen.destination) return;
    const event = { initiator: "remote", old: seen.destination, new: destination } as const;
    this.#qlog.event(nowUs, "connection_id_updated", event, path.id);
    seen.destination = destination;
  }

  #lookAtCongestion({ id, congestion }: Path, seen: SeenPath, nowUs: number): void {
    const { windowBytes, inSlowStart, congestionEvents } = congestion;
    if (congestionEvents > seen.congestionEvents) seen.windowAtLoss = windowBytes;
    // It is over when the window grows again
    if (windowBytes > seen.windowAtLoss) seen.windowAtLoss = Infinity;
    seen.congestionEvents = congestionEvents;
    const calm = inSlowStart ? "slow_start" : "congestion_avoidance";
    const state = seen.windowAtLoss < Infinity ? "recovery" : calm;
    if (state === seen.congestion) return;
    const old = seen.congestion === undefined ? {} : { old: seen.congestion };
    this.#qlog.event(nowUs, "congestion_state_updated", { ...old, new: state }, id);
    seen.congestion = state;
  }

  #assign(path: Path, nowUs: number): void {
    const { local, remote } = path.network.tuple;
    const data = {
      tuple_id: `${path.id}`,
      tuple_remote: endpointInfo(remote),
      ...(local === null ? {} : { tuple_local: endpointInfo(local) }),
    };
    this.#qlog.event(nowUs, "tuple_assigned", data, path.id);
  }

  #migrated(path: Path, state: QlogMigrationState, nowUs: number): void {
    this.#qlog.event(nowUs, "migration_state_updated", { new: state, tuple_id: `${path.id}` }, path.id);
  }
}

function stateOf(core: Core): QlogConnectionState {
  if (core.closing.state !== "open") return core.closing.state;
  if (core.handshakeConfirmed) return "handshake_confirmed";
  if (core.handshakeComplete) return "handshake_complete";
  if (core.keys.handshake !== null) return "handshake_started";
  return "attempted";
}

function keyType(side: (typeof SIDES)[number], level: (typeof LEVELS)[number]): QlogKeyType {
  return `${side}_${level === "application" ? "1rtt" : level}_secret`;
}

function recoveryParameters({ config, firstPath }: Core): QlogEvents["recovery_parameters_set"] {
  return {
    reordering_threshold: 3,
    time_threshold: 9 / 8,
    timer_granularity: GRANULARITY_US / 1000,
    initial_rtt: config.initialRttUs / 1000,
    max_datagram_size: firstPath.mtu,
    initial_congestion_window: initialWindow(firstPath.mtu),
    minimum_congestion_window: minimumWindow(firstPath.mtu),
    persistent_congestion_threshold: 3,
  };
}

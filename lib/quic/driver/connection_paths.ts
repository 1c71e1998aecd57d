import type { Endpoint } from "../../base/endpoint.ts";
import { MptError } from "../../base/errors.ts";
import type { PathInfo, PathStatus } from "../../base/path.ts";
import type { DatagramBackend } from "../../io/datagram_socket.ts";
import { deadline, orAborted, sleep } from "../../io/deadline.ts";
import { interfaceOf } from "../../netlink/interface_of.ts";
import type { Connection } from "../connection/connection.ts";
import type { PathEvent } from "../connection/events.ts";
import type { Path } from "../connection/path.ts";
import { PATH_ERROR } from "../wire/multipath.ts";
import type { Tuple } from "../connection/tuple.ts";
import { nowUs } from "./clock.ts";
import { DrivenPath, type PathHost } from "./driven_path.ts";
import { openClientSocket } from "./open_socket.ts";
import type { OpenPathOptions, PathBreak, QuicPath } from "./path_api.ts";
import { pathInfo } from "./path_info.ts";
import { PathEvents } from "./path_events.ts";
import { pathStatsOf } from "./path_stats.ts";
import type { Port } from "./ports.ts";
import { noAnswer, refusalError } from "./path_refusal.ts";
import type { SocketLoop } from "./socket_loop.ts";

/** How long the validation of a path may take by default, in milliseconds. */
const OPEN_TIMEOUT_MS = 5000;

/** How long until what was not possible a moment ago is tried again, in milliseconds. */
const RETRY_MS = 10;

/** What the paths of a connection need to know of it. */
export interface PathsOwner {
  readonly core: Connection;
  readonly loop: SocketLoop;
  /** The other end of the first path, named as its user did. */
  readonly remote: Endpoint;
  /** The kind of sockets for further paths; undefined for the fastest there is. */
  readonly socketBackend?: DatagramBackend | undefined;
  /** Closes the connection: its last path is given up. */
  readonly closeConnection: () => void;
}

/** The paths of a connection, and on a client their sockets. */
export class ConnectionPaths implements PathHost {
  readonly events: PathEvents = new PathEvents();
  readonly #owner: PathsOwner;
  /** The handles that somebody asked for. */
  #paths: Map<number, DrivenPath> | null = null;
  /** Those who wait for the validation of a path. */
  #opening: Map<number, PromiseWithResolvers<boolean>> | null = null;

  constructor(owner: PathsOwner) {
    this.#owner = owner;
  }

  /** The paths as they are now; after the end, as they were last. */
  infos(): readonly PathInfo[] {
    return [...this.#core.paths.values()].map((path) => this.infoOf(path));
  }

  /** What is known of a path. */
  infoOf(path: Path): PathInfo {
    const { loop, remote: first } = this.#owner;
    const { local, remote } = path.network.tuple;
    const here = local === null ? loop.socket.local : loop.endpointOf(local);
    const there = loop.endpointOf(remote);
    const name = interfaceOf(here.ip);
    return {
      ...pathInfo(path, here, there.equals(first) ? first : there),
      ...(name === undefined ? {} : { interface: name }),
    };
  }

  /** A path that is there; null when there is none with this id. */
  get(id: number): QuicPath | null {
    const path = this.#core.paths.get(id);
    return path === undefined ? null : this.#handle(path);
  }

  /** Opens a path; resolves when it is validated. */
  async open(options: OpenPathOptions): Promise<QuicPath> {
    const { loop, remote: first, socketBackend } = this.#owner;
    const { remote = first, local, timeoutMs = OPEN_TIMEOUT_MS, signal, status = "available" } = options;
    const action = `open a path${local === undefined ? "" : ` from ${local}`} to ${remote.address}`;
    if (remote.ip === undefined || remote.port === undefined) {
      throw new MptError("ERR_INVALID_ENDPOINT", `Cannot ${action}: it is not an address with a port`);
    }
    using limit = deadline(timeoutMs, signal);
    const socket = options.socket ??
      await openClientSocket(remote, { localAddress: local, interface: options.interface, socketBackend });
    const port = loop.addSocket(socket);
    const tuple = { local: loop.addressOf(port), remote: { ip: remote.ip, port: remote.port } };
    let id = -1;
    try {
      id = await this.#begin(tuple, status, action, limit.signal);
      const path = this.#handle(this.#core.path(id));
      await this.#validated(id, action, limit.signal);
      return path;
    } catch (error) {
      // Its socket is closed when the core has forgotten it
      if (id >= 0) this.abandon(id, PATH_ERROR.PATH_UNSTABLE_OR_POOR);
      else await loop.closePort(port);
      if (limit.expired && id >= 0) throw noAnswer(action);
      throw error;
    }
  }

  /** Breaks a path on purpose: what is sent on it is lost from now on, or it has no socket any more. */
  break(id: number, how: PathBreak): boolean {
    const { loop } = this.#owner;
    const path = this.#core.paths.get(id);
    const port = path === undefined ? undefined : loop.portOf(path);
    if (port === undefined) return false;
    if (how === "silent") port.broken = true;
    else loop.lose(port, new MptError("ERR_CLOSED", "Cannot go on: the only socket was closed on purpose"));
    return true;
  }

  setStatus(id: number, status: PathStatus): boolean {
    const done = this.#owner.core.setPathStatus(id, status);
    this.#owner.loop.touch(this.#owner.core);
    return done;
  }

  abandon(id: number, errorCode: number): void {
    const { core, loop, closeConnection } = this.#owner;
    const path = this.#core.paths.get(id);
    if (!core.abandonPath(nowUs(), id, errorCode) && path?.ready === true) closeConnection();
    loop.touch(core);
  }

  /** A socket is lost: so are the paths that used it. */
  onPortLost(port: Port): void {
    for (const path of [...this.#core.paths.values()]) {
      if (this.#owner.loop.uses(path, port)) this.abandon(path.id, PATH_ERROR.PATH_UNSTABLE_OR_POOR);
    }
  }

  /** Takes what the core says of a path. */
  onEvent(event: PathEvent): void {
    const { pathId, change } = event;
    if (change === "discarded") {
      this.#paths?.delete(pathId);
      void this.#closeUnused();
      return;
    }
    const path = this.#core.paths.get(pathId);
    if (path === undefined) return;
    const [by, errorCode] = change === "abandoned" ? [event.by, event.errorCode] : [null, null];
    this.events.push({ change, path: this.infoOf(path), stats: pathStatsOf(path), by, errorCode });
    if (change === "validated") this.#opening?.get(pathId)?.resolve(true);
    if (change === "failed" || change === "abandoned") this.#opening?.get(pathId)?.resolve(false);
    if (change === "abandoned") this.#handle(path).onOver();
  }

  /** The connection is over. */
  onEnd(): void {
    for (const waiting of this.#opening?.values() ?? []) waiting.resolve(false);
    for (const path of this.#paths?.values() ?? []) path.onOver();
    this.#paths = null;
    this.events.end();
  }

  get #core(): Connection["core"] {
    return this.#owner.core.core;
  }

  #handle(path: Path): DrivenPath {
    const paths = this.#paths ??= new Map();
    let handle = paths.get(path.id);
    if (handle === undefined) {
      handle = new DrivenPath(this, path);
      paths.set(path.id, handle);
    }
    return handle;
  }

  /** Begins a path; what is only a matter of a moment is waited for. */
  async #begin(tuple: Tuple, status: PathStatus, action: string, signal: AbortSignal): Promise<number> {
    const { core, loop } = this.#owner;
    for (;;) {
      const id = core.closeReason === null ? core.openPath(nowUs(), tuple, { status }) : "closing";
      loop.touch(core);
      if (typeof id === "number") return id;
      if (id !== "handshake-not-confirmed" && id !== "no-connection-id") throw refusalError(id, action);
      try {
        await sleep(RETRY_MS, signal);
      } catch {
        throw refusalError(id, action);
      }
    }
  }

  async #validated(id: number, action: string, limit: AbortSignal): Promise<void> {
    const waiting = Promise.withResolvers<boolean>();
    this.#opening ??= new Map();
    this.#opening.set(id, waiting);
    try {
      if (this.#core.paths.get(id)?.ready === true || await orAborted(waiting.promise, action, limit)) return;
    } finally {
      this.#opening?.delete(id);
    }
    if (this.#owner.core.closeReason !== null) throw refusalError("closing", action);
    throw noAnswer(action);
  }

  /** Closes the sockets that no path uses any more, but not the last one. */
  async #closeUnused(): Promise<void> {
    const { loop } = this.#owner;
    const used = new Set([...this.#core.paths.values()].map((path) => loop.portOf(path)));
    const unused = loop.ports.filter((port) => !used.has(port));
    for (const port of unused) {
      if (loop.ports.length > 1) await loop.closePort(port);
    }
  }
}

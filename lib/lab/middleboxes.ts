import { MptError } from "../base/errors.ts";
import { ProcessError, type RunningProcess } from "../io/process.ts";
import { FORGET_PERMISSIONS, FORGET_PROGRAM } from "./forget_program.ts";
import type { Namespaces } from "./namespaces.ts";
import { ownProgram } from "./own_program.ts";
import { checkMiddlebox, type Middlebox } from "./plan/middlebox.ts";
import { type MiddleboxCount, parseCounts } from "./plan/middlebox_counts.ts";
import {
  counterName,
  natMark,
  type PlacedMiddlebox,
  type ProxyPorts,
  type RoutedPath,
  ROUTER_TABLE,
  type RouterRules,
  routerRuleset,
} from "./plan/middlebox_rules.ts";
import { formatMiddlebox } from "./plan/middlebox_text.ts";
import { requirePrograms } from "./programs.ts";
import { PROXY_PERMISSIONS, PROXY_PROGRAM } from "./proxy_program.ts";

/** What middleboxes have to know of a lab. */
export interface MiddleboxPlan {
  /** Its paths. */
  readonly paths: readonly {
    /** The name of the path. */
    readonly name: string;
    /** The router's interface towards the client; null without a router. */
    readonly router: { readonly client: { readonly device: string } } | null;
  }[];
}

/** What the router of a lab does to one path. */
export interface RouterFaults {
  /** Whether new TCP connections are answered with a reset. */
  readonly resetNewFlows: boolean;
  /** How often NAT has forgotten its mappings. */
  readonly rebinds: number;
}

/** Options of {@linkcode Middleboxes.add}. */
export interface AddMiddleboxOptions {
  /** Part of the network itself: {@linkcode Middleboxes.clear} leaves it. @default {false} */
  readonly permanent?: boolean;
}

/** What is in force; replaced as a whole. */
interface State {
  readonly placed: readonly PlacedMiddlebox[];
  /** The ids of those that `clear` leaves. */
  readonly permanent: ReadonlySet<number>;
  /** Those that stand for `resetNewFlows`, by the name of the path. */
  readonly resets: ReadonlyMap<string, PlacedMiddlebox>;
  readonly rebinds: ReadonlyMap<string, number>;
}

/** How long `nft`, and a program of ours, may take in milliseconds. */
const DEADLINE_MS = 20_000;

/** The proxy runs as long as the lab. */
const FOREVER_MS = 2 ** 31 - 1;

const ROUTER = "router";

/**
 * The middleboxes of the router of a lab. Every change is put in force in one step, or not at all; changes
 * that are asked for at the same time are made one after the other.
 */
export class Middleboxes implements AsyncDisposable {
  readonly #namespaces: Namespaces;
  readonly #plan: MiddleboxPlan;
  #state: State = { placed: [], permanent: new Set(), resets: new Map(), rebinds: new Map() };
  #nextId = 1;
  #proxy: { readonly process: RunningProcess; readonly ports: ProxyPorts } | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Middleboxes of a network that is up; there are none yet.
   *
   * @param namespaces Where it is; its router is called `router`.
   * @param plan Its paths.
   */
  constructor(namespaces: Namespaces, plan: MiddleboxPlan) {
    this.#namespaces = namespaces;
    this.#plan = plan;
  }

  /**
   * Places a middlebox behind those that are there.
   *
   * @param box What it does, and where.
   * @param options Whether it belongs to the network.
   * @throws {MptError} `ERR_INVALID_VALUE` for a path that is not there, `ERR_NOT_SUPPORTED` without a router
   *   or `nft`, `ERR_PROGRAM` when the kernel refuses.
   */
  add(box: Middlebox, options: AddMiddleboxOptions = {}): Promise<void> {
    return this.#change(`place ${formatMiddlebox(box)}`, (state) => {
      checkMiddlebox(box, this.#plan.paths.map((path) => path.name));
      const one = this.#place(box);
      const permanent = options.permanent === true ? [...state.permanent, one.id] : state.permanent;
      return { ...state, placed: [...state.placed, one], permanent: new Set(permanent) };
    });
  }

  /**
   * Takes away the first middlebox that reads the same.
   *
   * @param box As it was added.
   * @throws {MptError} `ERR_INVALID_VALUE` when there is none.
   */
  remove(box: Middlebox): Promise<void> {
    const text = formatMiddlebox(box);
    return this.#change(`take away ${text}`, (state) => {
      const found = state.placed.find((one) => formatMiddlebox(one.box) === text);
      if (found !== undefined) return { ...state, placed: state.placed.filter((one) => one !== found) };
      const there = state.placed.map((one) => formatMiddlebox(one.box)).join(" ");
      const reason = there === "" ? "there is no middlebox" : `there is ${there}`;
      throw new MptError("ERR_INVALID_VALUE", `Cannot take away ${text}: ${reason}`);
    });
  }

  /** Takes away every middlebox but the permanent ones. */
  clear(): Promise<void> {
    return this.#change("take away the middleboxes", (state) => ({
      ...state,
      placed: state.placed.filter((one) => state.permanent.has(one.id)),
    }));
  }

  /**
   * What is in force.
   *
   * @returns The middleboxes in the order in which they act.
   */
  list(): readonly Middlebox[] {
    return this.#state.placed.map((one) => one.box);
  }

  /**
   * What is in force and what it did.
   *
   * @returns The middleboxes in the order in which they act, with the packets that each was applied to; NAT
   *   and proxy count flows.
   */
  counts(): Promise<readonly MiddleboxCount[]> {
    return this.#inTurn(async () => {
      const { placed } = this.#state;
      if (placed.length === 0) return [];
      const argv = ["nft", "-j", "list", "counters", "table", ...ROUTER_TABLE.split(" ")];
      const counts = parseCounts(await this.#namespaces.output(ROUTER, argv, { deadlineMs: DEADLINE_MS }));
      return placed.map(({ id, box }) => ({
        box,
        text: formatMiddlebox(box),
        ...(counts.get(counterName(id)) ?? { packets: 0, bytes: 0 }),
      }));
    });
  }

  /**
   * Answers new TCP connections over a path with a reset, or does so no more.
   *
   * @param path The path, or anything of its name.
   * @param on Whether to.
   * @throws {MptError} As `add`.
   */
  setResetNewFlows(path: { readonly name: string }, on: boolean): Promise<void> {
    return this.#change(`reset new flows of ${path.name}`, (state) => {
      const box: Middlebox = { kind: "reject", how: "reset", packets: "syn", path: path.name };
      checkMiddlebox(box, this.#plan.paths.map((one) => one.name));
      const resets = new Map(state.resets);
      if (!on) resets.delete(path.name);
      else if (!resets.has(path.name)) resets.set(path.name, this.#place(box));
      return { ...state, resets };
    });
  }

  /**
   * Makes the NAT of a path forget its mappings. UDP flows under way go on with another port of the router;
   * TCP connections do too, but the server does not know them by that port and resets them.
   *
   * @param path The path, or anything of its name.
   * @throws {MptError} `ERR_USAGE` when the path has no NAT; `ERR_NOT_SUPPORTED` when the kernel cannot forget.
   */
  async rebind(path: { readonly name: string }): Promise<void> {
    const what = `rebind the NAT of ${path.name}`;
    await this.#change(what, (state) => {
      const nat: Middlebox = { kind: "nat", path: path.name };
      checkMiddlebox(nat, this.#plan.paths.map((one) => one.name));
      const { placed, rebinds } = state;
      const has = placed.some(({ box }) => box.kind === "nat" && (box.path ?? path.name) === path.name);
      if (!has) {
        throw new MptError("ERR_USAGE", `Cannot ${what}: it has none`, {
          fix: `mpt lab middlebox add ${formatMiddlebox(nat)}`,
        });
      }
      return { ...state, rebinds: new Map(rebinds).set(path.name, (rebinds.get(path.name) ?? 0) + 1) };
    }, () => this.#forget(path.name, what));
  }

  /**
   * The faults of a path in the router.
   *
   * @param path The path, or anything of its name.
   * @returns Whether new flows are reset, and how often the NAT was rebound.
   */
  faults(path: { readonly name: string }): RouterFaults {
    const { resets, rebinds } = this.#state;
    return { resetNewFlows: resets.has(path.name), rebinds: rebinds.get(path.name) ?? 0 };
  }

  /** Ends the proxy. The rules go with the network. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    await this.#proxy?.process[Symbol.asyncDispose]();
  }

  #place(box: Middlebox): PlacedMiddlebox {
    return { id: this.#nextId++, box };
  }

  /** Computes a new state, puts it in force, and only then takes it for the present one. */
  #change(
    what: string,
    change: (state: State) => State,
    then: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    return this.#inTurn(async () => {
      requireRouter(this.#plan, what);
      await requirePrograms(["nft"]);
      const next = change(this.#state);
      const rules = await this.#rules(next);
      try {
        const options = { stdin: routerRuleset(rules), deadlineMs: DEADLINE_MS };
        await this.#namespaces.output(ROUTER, ["nft", "-f", "-"], options);
      } catch (error) {
        throw nftError(error, what);
      }
      this.#state = next;
      await then();
    });
  }

  async #rules(next: State): Promise<RouterRules> {
    const placed = inForce(next);
    const stays = new Set(placed.map(({ id }) => id));
    const gone = inForce(this.#state).map(({ id }) => id).filter((id) => !stays.has(id));
    const proxy = placed.some(({ box }) => box.kind === "proxy") ? await this.#proxyPorts() : null;
    return { paths: routedPaths(this.#plan, next.rebinds), placed, gone, proxy };
  }

  async #proxyPorts(): Promise<ProxyPorts> {
    if (this.#proxy === undefined) {
      const argv = ownProgram(PROXY_PROGRAM, PROXY_PERMISSIONS);
      const process = this.#namespaces.spawn(ROUTER, argv, { deadlineMs: FOREVER_MS });
      const [, ipv4, ipv6] = await process.line(/^listening (\d+) (\d+)$/);
      this.#proxy = { process, ports: { ipv4: Number(ipv4), ipv6: Number(ipv6) } };
    }
    return this.#proxy.ports;
  }

  async #forget(path: string, what: string): Promise<void> {
    const mark = natMark(routedPaths(this.#plan, new Map()), path);
    try {
      const argv = ownProgram(FORGET_PROGRAM, FORGET_PERMISSIONS, [String(mark)]);
      await this.#namespaces.output(ROUTER, argv, { deadlineMs: DEADLINE_MS });
    } catch (error) {
      if (!(error instanceof ProcessError)) throw error;
      throw new MptError("ERR_NOT_SUPPORTED", `Cannot ${what}: ${error.result.stderr.trim()}`, {
        cause: error,
      });
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => {});
    return mine;
  }
}

/** A reset comes before whatever else a middlebox would do to the SYN. */
function inForce({ resets, placed }: State): readonly PlacedMiddlebox[] {
  return [...resets.values(), ...placed];
}

function requireRouter(plan: MiddleboxPlan, what: string): void {
  if (plan.paths.every(({ router }) => router !== null)) return;
  throw new MptError("ERR_NOT_SUPPORTED", `Cannot ${what}: the lab has no router`, {
    fix: "make the lab with router = true (mpt lab: without --no-router)",
  });
}

function routedPaths(plan: MiddleboxPlan, rebinds: ReadonlyMap<string, number>): readonly RoutedPath[] {
  return plan.paths.map(({ name, router }) => ({
    name,
    device: router?.client.device ?? "",
    rebinds: rebinds.get(name) ?? 0,
  }));
}

function nftError(error: unknown, what: string): unknown {
  if (!(error instanceof ProcessError)) return error;
  return new MptError("ERR_PROGRAM", `Cannot ${what}: nft says ${error.result.stderr.trim()}`, {
    cause: error,
  });
}

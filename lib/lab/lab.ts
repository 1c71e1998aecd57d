import { MptError } from "../base/errors.ts";
import { quote } from "../base/quote.ts";
import type { ProcessOptions, ProcessResult, RunningProcess } from "../io/process.ts";
import type { Emulator } from "./emulator/emulator.ts";
import { LabPathControl } from "./lab_path.ts";
import { Middleboxes } from "./middleboxes.ts";
import type { Namespaces } from "./namespaces.ts";
import type { LabHost } from "./plan/addresses.ts";
import { offloadLines } from "./plan/devices.ts";
import { hostsOf } from "./plan/hosts.ts";
import type { Middlebox } from "./plan/middlebox.ts";
import type { MiddleboxCount } from "./plan/middlebox_counts.ts";
import type { PathChange } from "./plan/options.ts";
import { checkChange } from "./plan/parse.ts";
import { type LabPlan, linkKind, pathNamed } from "./plan/plan.ts";
import type { LabFacts } from "./plan/script.ts";
import { requirePrograms } from "./programs.ts";
import { measureRtts } from "./rtt.ts";
import { runLines } from "./shell.ts";
import type { AddressPair, HostAddresses, LabStatus } from "./status.ts";

/** Options of {@linkcode Lab.status}. */
export interface LabStatusOptions {
  /** Measures the round-trip time of each path, which takes two of them and a program. @default {true} */
  readonly measure?: boolean;
}

/**
 * What a lab is made of.
 *
 * @internal
 */
export interface LabParts {
  /** The holder with the hosts. */
  readonly namespaces: Namespaces;
  /** The network. */
  readonly plan: LabPlan;
  /** The kernel. */
  readonly facts: LabFacts;
  /** Carries the emulated links; undefined without any. */
  readonly emulator: Emulator | undefined;
}

/**
 * A network of two hosts, `client` and `server`, joined by paths, that nobody else sees. It vanishes when it
 * is disposed of, and with the process that made it.
 *
 * @example A path that fails
 * ```ts no-run
 * import { createLab } from "@multipath/mpt/lab";
 *
 * await using lab = await createLab("two-path");
 * await lab.set("path2", { blackhole: true });
 * const { paths } = await lab.status();
 * console.log(paths.map((path) => path.rttMs));
 * ```
 */
export class Lab implements AsyncDisposable {
  /** The namespaces underneath. */
  readonly namespaces: Namespaces;
  /** What was made. */
  readonly plan: LabPlan;
  /** The addresses of both hosts. */
  readonly addresses: Readonly<Record<"client" | "server", HostAddresses>>;
  /** Which part of the lab has died, in words; null when the lab was disposed of. Never rejects. */
  readonly ended: Promise<string | null>;
  readonly #facts: LabFacts;
  readonly #emulator: Emulator | undefined;
  readonly #middleboxes: Middleboxes;
  readonly #paths: readonly LabPathControl[];
  #perPacket = false;
  #died: string | null = null;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Use {@linkcode createLab}.
   *
   * @internal
   */
  constructor({ namespaces, plan, facts, emulator }: LabParts) {
    this.namespaces = namespaces;
    this.plan = plan;
    this.#facts = facts;
    this.#emulator = emulator;
    this.#middleboxes = new Middleboxes(namespaces, plan);
    this.#paths = plan.paths.map((path) =>
      new LabPathControl(namespaces, path, linkKind(path, facts.netem), emulator)
    );
    const of = (host: "client" | "server"): HostAddresses => ({
      ipv4: plan.paths.map((path) => path[host].ipv4),
      ipv6: plan.paths.map((path) => path[host].ipv6),
    });
    this.addresses = { client: of("client"), server: of("server") };
    this.ended = firstEnd(namespaces, emulator);
    void this.ended.then((why) => this.#died = why);
  }

  /** Seed of the chance of emulated links; the same seed gives the same losses. */
  get seed(): number {
    return this.plan.seed;
  }

  /**
   * Every pair of a client's and a server's address, which packets go between over the path of the client's.
   *
   * @returns The pairs of the same family, in the order of the paths.
   */
  pairs(): readonly AddressPair[] {
    return this.plan.paths.flatMap((from) =>
      this.plan.paths.flatMap((to) =>
        [[4, from.client.ipv4, to.server.ipv4], [6, from.client.ipv6, to.server.ipv6]] as const
      ).flatMap(([family, client, server]) =>
        client === null || server === null ? [] : [{ path: from.name, family, client, server }]
      )
    );
  }

  /**
   * The arguments that, put in front of a command, run it on a host.
   *
   * @param host The host.
   * @param parent The process that is to start the command: the kernel kills the command when it dies. With
   *   null it is any process, and one that dies at once may leave the command behind. @default {this process}
   * @returns The arguments.
   * @throws {MptError} `ERR_INVALID_VALUE` when the lab has no such host.
   */
  prefix(host: LabHost, parent?: number | null): readonly string[] {
    return this.namespaces.prefix(this.#host(host), parent);
  }

  /**
   * Runs a command on a host to its end.
   *
   * @param host The host.
   * @param argv The program and its arguments.
   * @param options Environment, input, deadline.
   * @returns Exit code and output; a code other than 0 is not an error.
   * @throws {MptError} `ERR_PROGRAM` if the deadline passed first.
   */
  run(host: LabHost, argv: readonly string[], options?: ProcessOptions): Promise<ProcessResult> {
    return this.namespaces.run(this.#host(host), argv, options);
  }

  /**
   * Runs a command on a host that has to succeed.
   *
   * @param host The host.
   * @param argv The program and its arguments.
   * @param options Environment, input, deadline.
   * @returns Its standard output.
   * @throws {MptError} `ERR_PROGRAM` if it ended with a code other than 0, or the deadline passed first.
   */
  output(host: LabHost, argv: readonly string[], options?: ProcessOptions): Promise<string> {
    return this.namespaces.output(this.#host(host), argv, options);
  }

  /**
   * Starts a command on a host; it ends at the latest with the lab.
   *
   * @param host The host.
   * @param argv The program and its arguments.
   * @param options Environment, input, deadline.
   * @returns The running program.
   */
  spawn(host: LabHost, argv: readonly string[], options?: ProcessOptions): RunningProcess {
    return this.namespaces.spawn(this.#host(host), argv, options);
  }

  /**
   * Changes a path. All of it is checked before any of it is done; changes that are asked for at the same
   * time are made one after the other.
   *
   * @param name The path.
   * @param change What is to differ.
   * @throws {MptError} `ERR_INVALID_VALUE` for an unknown path or an impossible value, `ERR_NOT_SUPPORTED` for
   *   what its link cannot do or what needs the router, with what mends it.
   */
  set(name: string, change: PathChange): Promise<void> {
    return this.#inTurn(async () => {
      const wanted = checkChange(change);
      const plan = pathNamed(this.plan, name);
      const step = this.#control(name).step(wanted);
      if (wanted.resetNewFlows !== undefined) {
        await this.#middleboxes.setResetNewFlows(plan, wanted.resetNewFlows);
      }
      if (wanted.rebind === true) await this.#middleboxes.rebind(plan);
      await this.#control(name).take(step);
    });
  }

  /**
   * Places a middlebox in the router, behind those that are there.
   *
   * @param box What it does, and where.
   * @throws {MptError} `ERR_INVALID_VALUE` for a path that is not there, `ERR_NOT_SUPPORTED` without a router.
   */
  addMiddlebox(box: Middlebox): Promise<void> {
    return this.#inTurn(async () => {
      await this.#middleboxes.add(box);
      await this.#cutTrains();
    });
  }

  /**
   * Takes a middlebox away.
   *
   * @param box As it was added.
   * @throws {MptError} `ERR_INVALID_VALUE` when there is none like that.
   */
  removeMiddlebox(box: Middlebox): Promise<void> {
    return this.#inTurn(() => this.#middleboxes.remove(box));
  }

  /** Takes every middlebox away but the NAT that the paths were made with. */
  clearMiddleboxes(): Promise<void> {
    return this.#inTurn(() => this.#middleboxes.clear());
  }

  /**
   * The middleboxes and what they did.
   *
   * @returns In the order in which they act.
   */
  middleboxes(): Promise<readonly MiddleboxCount[]> {
    return this.#inTurn(() => this.#middleboxes.counts());
  }

  /**
   * How the lab is: its paths, what is asked of them, what was measured, and the faults in force.
   *
   * @param options What to measure.
   * @returns Plain values that can be written as JSON.
   * @throws {MptError} `ERR_PROGRAM` when a part of the lab has died.
   */
  status(options: LabStatusOptions = {}): Promise<LabStatus> {
    return this.#inTurn(async () => {
      if (this.#died !== null) throw new MptError("ERR_PROGRAM", `Cannot ask the lab: ${this.#died}`);
      const rtts = options.measure === false ? new Map<string, number | null>() : await this.#rtts();
      const emulated = await this.#emulator?.status();
      const paths = this.#paths.map((path) =>
        path.status({
          emulated: emulated?.links ?? [],
          faults: this.#middleboxes.faults(path.plan),
          rttMs: rtts.get(path.plan.name) ?? null,
        })
      );
      return {
        seed: this.seed,
        router: this.plan.router,
        mptcp: this.#facts.mptcp ? this.plan.mptcp : null,
        paths: await Promise.all(paths),
        middleboxes: await this.#middleboxes.counts(),
        emulatorCpuShare: emulated?.cpuShare ?? null,
      };
    });
  }

  /** Kills what runs in the lab and removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    await this.#middleboxes[Symbol.asyncDispose]();
    await this.#emulator?.[Symbol.asyncDispose]();
    await this.namespaces[Symbol.asyncDispose]();
  }

  /**
   * Puts NAT on the paths that are planned with it; {@linkcode createLab} has done so.
   *
   * @internal
   */
  async makeNat(): Promise<void> {
    for (const path of this.plan.paths.filter((one) => one.nat)) {
      await this.#middleboxes.add({ kind: "nat", path: path.name }, { permanent: true });
    }
  }

  #host(host: LabHost): LabHost {
    const hosts = hostsOf(this.plan);
    if (hosts.includes(host)) return host;
    throw new MptError(
      "ERR_INVALID_VALUE",
      `Cannot use ${quote(String(host))} as a host: there are ${hosts.join(", ")}`,
    );
  }

  #control(name: string): LabPathControl {
    const found = this.#paths.find((path) => path.plan.name === name);
    if (found === undefined) throw new MptError("ERR_SYSTEM", `Cannot find the path ${name} of the plan`);
    return found;
  }

  /** Lets every packet come by alone, so that a rule about one in a hundred packets means it. */
  async #cutTrains(): Promise<void> {
    if (this.#perPacket) return;
    await requirePrograms(["ethtool"]);
    const lines = this.#paths.flatMap((path) => offloadLines(path.plan, true, path.kind !== "emulated"));
    await runLines(this.namespaces, lines, "Cannot place a middlebox");
    this.#perPacket = true;
  }

  async #rtts(): Promise<ReadonlyMap<string, number | null>> {
    const there = this.#paths.filter((path) => path.isReachable);
    const targets = there.map(({ plan: { server } }) => server.ipv4 ?? server.ipv6 ?? "");
    const leastMs = Math.max(0, ...there.map((path) => path.roundTripMs));
    const times = await measureRtts(this.namespaces, targets, leastMs);
    return new Map(there.map(({ plan }, index) => [plan.name, times[index] ?? null]));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}

async function firstEnd(namespaces: Namespaces, emulator: Emulator | undefined): Promise<string | null> {
  const ends = [
    namespaces.ended.then((how) => how === null ? null : `the process that holds its network ended (${how})`),
    ...(emulator === undefined ? [] : [
      emulator.ended.then((how) => how === null ? null : `its link emulator ended (${how})`),
    ]),
  ];
  return await Promise.race(ends);
}

/**
 * Networks on this one machine that nobody else sees: two hosts joined by two paths, or one host
 * alone. They need root or unprivileged user namespaces, and vanish with the process that made them.
 *
 * @module
 */
import { hold, type HoldOptions, type Namespaces } from "../lib/lab/namespaces.ts";
import type { ProcessOptions, ProcessResult, RunningProcess } from "../lib/io/process.ts";
import {
  loopbackScript,
  type Side,
  type SideAddresses,
  TWO_PATH_ADDRESSES,
  type TwoPathOptions,
  twoPathScript,
} from "./two_path_script.ts";

/** Two hosts, `client` and `server`, joined by two paths. */
export class TwoPathNetwork implements AsyncDisposable {
  /** The addresses of both hosts. */
  readonly addresses: Readonly<Record<Side, SideAddresses>> = TWO_PATH_ADDRESSES;
  /** The namespaces underneath. */
  readonly namespaces: Namespaces;

  /** Use {@linkcode twoPathNetwork}. */
  constructor(namespaces: Namespaces) {
    this.namespaces = namespaces;
  }

  /** The arguments that, put in front of a command, run it on a host. */
  prefix(side: Side): readonly string[] {
    return this.namespaces.prefix(side);
  }

  /** Runs a command on a host to its end; a code other than 0 is not an error. */
  run(side: Side, argv: readonly string[], options?: ProcessOptions): Promise<ProcessResult> {
    return this.namespaces.run(side, argv, options);
  }

  /** Runs a command on a host that has to succeed, for its standard output. */
  output(side: Side, argv: readonly string[], options?: ProcessOptions): Promise<string> {
    return this.namespaces.output(side, argv, options);
  }

  /** Starts a command on a host; it ends at the latest with the network. */
  spawn(side: Side, argv: readonly string[], options?: ProcessOptions): RunningProcess {
    return this.namespaces.spawn(side, argv, options);
  }

  /** Kills what runs in the network and removes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.namespaces[Symbol.asyncDispose]();
  }
}

/** One host with nothing but a loopback interface, for tests that change its settings. */
export class PrivateNetwork implements AsyncDisposable {
  /** The namespaces underneath. */
  readonly namespaces: Namespaces;

  /** Use {@linkcode privateNetwork}. */
  constructor(namespaces: Namespaces) {
    this.namespaces = namespaces;
  }

  /** The arguments that, put in front of a command, run it on the host. */
  prefix(): readonly string[] {
    return this.namespaces.prefix();
  }

  /** Runs a command on the host to its end; a code other than 0 is not an error. */
  run(argv: readonly string[], options?: ProcessOptions): Promise<ProcessResult> {
    return this.namespaces.run(undefined, argv, options);
  }

  /** Runs a command on the host that has to succeed, for its standard output. */
  output(argv: readonly string[], options?: ProcessOptions): Promise<string> {
    return this.namespaces.output(undefined, argv, options);
  }

  /** Starts a command on the host; it ends at the latest with the network. */
  spawn(argv: readonly string[], options?: ProcessOptions): RunningProcess {
    return this.namespaces.spawn(undefined, argv, options);
  }

  /** Kills what runs in the network and removes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.namespaces[Symbol.asyncDispose]();
  }
}

/**
 * Makes two hosts joined by two paths.
 *
 * @param options Rates, MPTCP settings, and how to make the namespaces.
 * @returns The network; dispose of it.
 * @throws {Error} If namespaces cannot be made here, or a command failed.
 */
export async function twoPathNetwork(options: TwoPathOptions & HoldOptions = {}): Promise<TwoPathNetwork> {
  return new TwoPathNetwork(await hold(twoPathScript(options), options));
}

/**
 * Makes one host with nothing but a loopback interface.
 *
 * @param options How to make the namespaces.
 * @returns The network; dispose of it.
 * @throws {Error} If namespaces cannot be made here, or a command failed.
 */
export async function privateNetwork(options: HoldOptions = {}): Promise<PrivateNetwork> {
  return new PrivateNetwork(await hold(loopbackScript(), options));
}

import { type Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import type { PathOptions } from "../../../lib/lab/mod.ts";
import { integer } from "../../common_options.ts";
import { parseLabName } from "../../lab/lab_name.ts";
import { parsePathSpec } from "../../lab/path_spec.ts";
import { usage } from "../../usage.ts";

/**
 * The options that describe a network, and what runs on its server. An interface would not do for the types
 * of the parser of options.
 */
export type NetworkOptions = {
  readonly path?: readonly PathOptions[] | undefined;
  readonly router?: boolean | undefined;
  readonly ipv4?: true | undefined;
  readonly ipv6?: true | undefined;
  readonly mptcp?: "subflow" | "signal" | "fullmesh" | "none" | undefined;
  readonly link?: "auto" | "veth" | "netem" | "emulated" | undefined;
  readonly seed?: number | undefined;
  readonly name?: string | undefined;
  readonly serve?: true | undefined;
  readonly server?: readonly string[] | undefined;
};

/** Adds the options that describe a network, and what runs on its server. */
export function withNetworkOptions<
  A extends unknown[],
  O extends Record<string, unknown>,
  G extends Record<string, unknown>,
>(command: Command<A, O, G>): Command<A, O & NetworkOptions, G> {
  return command
    .addOption(
      new Option(
        "-p, --path <path>",
        "a path: parts separated by commas, such as rate=20mbit delay=10ms jitter=2ms loss=1% burst=3 " +
          "queue=50ms mtu=1400 name=wifi nat backup ipv6=no link=veth; up-rate=5mbit and so on for one " +
          "direction; repeatable; a name that is there changes that path",
      ).argParser((text: string, earlier: readonly PathOptions[] | undefined) =>
        usage(() => [...earlier ?? [], parsePathSpec(text)])
      ),
    )
    .option("--router", "a router between the links and the server (default)")
    .option("--no-router", "the links end at the server; no middleboxes, no NAT")
    .option("--ipv4", "IPv4 alone")
    .option("--ipv6", "IPv6 alone")
    .addOption(
      new Option("--mptcp <mode>", "how MPTCP finds the further paths (default: subflow)").choices(
        ["subflow", "signal", "fullmesh", "none"] as const,
      ),
    )
    .addOption(
      new Option("--link <kind>", "what carries the paths (default: auto)").choices(
        ["auto", "veth", "netem", "emulated"] as const,
      ),
    )
    .option("--seed <n>", "seed of losses and jitter (default: by chance, printed)", integer(0, 0xffff_ffff))
    .option("-n, --name <name>", "name of the lab (default: that of the preset or file)", labName)
    .option("--serve", "run mpt serve on the server: mptcp and mpquic, port 4433")
    .addOption(
      new Option("--server <command>", "run this on the server first, until it listens; repeatable")
        .argParser(
          (text: string, earlier: readonly string[] | undefined) => [...earlier ?? [], commandText(text)],
        ),
    ) as unknown as Command<A, O & NetworkOptions, G>;
}

/** The option that says which lab is meant. */
export function labName(text: string): string {
  return usage(() => parseLabName(text));
}

function commandText(text: string): string {
  if (text.trim() !== "") return text;
  throw new InvalidArgumentError("It is empty; give a command of the shell, such as 'iperf3 -s'.");
}

/** Every transport at one port: who probes the lab's server sees all of them. */
const SERVE = "mpt serve --listen mptcp@[::]:4433 --listen mpquic@[::]:4433";

/** The commands that are to run on the server. */
export function serversOf({ serve, server = [] }: NetworkOptions): readonly string[] {
  return [...(serve ? [SERVE] : []), ...server];
}

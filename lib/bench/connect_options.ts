import type { Endpoint } from "../base/endpoint.ts";
import type { AddressFamily, Ip } from "../base/ip.ts";
import { localAddresses } from "../netlink/interfaces.ts";
import { interfaceOf } from "../netlink/interface_of.ts";
import type { AddressPair } from "../quic/mod.ts";
import type { TransportConnectOptions } from "../transport/connect.ts";
import type { QuicTransportOptions } from "../transport/quic.ts";
import type { BenchPath, BenchSettings } from "./options.ts";
import type { RunPlan } from "./plan.ts";

/** The options of the connects of a run. */
export function connectOptions(
  plan: RunPlan,
  settings: BenchSettings,
  signal: AbortSignal,
): TransportConnectOptions {
  return {
    timeoutMs: settings.connectTimeoutMs,
    signal,
    ...(plan.local === undefined ? {} : { localAddress: plan.local }),
    ...(plan.interface === undefined ? {} : { interface: plan.interface }),
    ...(settings.congestion === undefined ? {} : { congestion: settings.congestion }),
    ...(plan.transport === "mpquic" ? { quic: severalPaths(plan, settings) } : {}),
  };
}

/** Which paths mpquic opens: those of the plan, else one from each address of this host. */
function severalPaths({ remote, paths }: RunPlan, { scheduler }: BenchSettings): QuicTransportOptions {
  return {
    multipath: scheduler === undefined ? true : { scheduler },
    ...(paths.length === 0 ? {} : {
      paths: { policy: "explicit", pairs: paths.flatMap((path) => pairOf(path, remote)) },
    }),
  };
}

/** The addresses of a path; none for an interface without an address of the family. */
function pairOf(path: BenchPath, target: Endpoint): readonly AddressPair[] {
  const remote = path.remote?.withPort(path.remote.port ?? target.port!) ?? target;
  const to = { ip: remote.ip!, port: remote.port! };
  const status = path.status === undefined ? {} : { status: path.status };
  const from = path.local ?? addressOn(path.interface, to.ip.family);
  if (from === undefined) return [];
  const name = path.interface ?? interfaceOf(from) ?? "";
  return [{ local: { ip: from, interface: name, ...status }, remote: to }];
}

/** An address of an interface, one that is not of the link alone where there is one. */
export function addressOn(name: string | undefined, family: AddressFamily): Ip | undefined {
  if (name === undefined) return undefined;
  const own = localAddresses().filter((each) => each.interface === name && each.ip.family === family);
  return (own.find(({ ip }) => !ip.isLinkLocal) ?? own[0])?.ip;
}

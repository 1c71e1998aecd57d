import { type LabPlan, type PathPlan, startsElsewhere } from "./plan.ts";
import type { LinkEnd } from "./addresses.ts";

/** The kernel's highest value for the limits of MPTCP. */
const LIMIT = 8;

/** The lines that tell the path manager of both kernels which paths there are. */
export function mptcpLines(plan: LabPlan): readonly string[] {
  const limit = plan.mptcp === "none" ? 0 : LIMIT;
  return [
    ...["client", "server"].map((host) =>
      `ip -n ${host} mptcp limits set subflows ${limit} add_addr_accepted ${limit}`
    ),
    ...plan.paths.flatMap((path) => endpointLines(plan, path)),
  ];
}

function endpointLines(plan: LabPlan, path: PathPlan): readonly string[] {
  const { client, server } = path;
  const backup = path.backup ? " backup" : "";
  const first = path.index === 1;
  switch (plan.mptcp) {
    case "none":
      return [];
    case "subflow":
      // The first subflow needs no endpoint, except to say that it is a backup.
      return first && !path.backup ? [] : add(client, `subflow${backup}`);
    case "signal":
      return [
        ...(first && path.backup ? add(client, "subflow backup") : []),
        ...(announced(plan, path) ? add(server, `signal${backup}`) : []),
      ];
    case "fullmesh":
      return [
        ...add(client, `subflow fullmesh${backup}`),
        ...(announced(plan, path) ? add(server, `signal${backup}`) : []),
      ];
  }
}

/** Whoever is connected over the first path knows its address. */
function announced(plan: LabPlan, path: PathPlan): boolean {
  return path.index > 1 || startsElsewhere(plan.paths);
}

function add(end: LinkEnd, flags: string): readonly string[] {
  return [end.ipv4, end.ipv6].filter((address) => address !== null).map((address) =>
    `ip -n ${end.host} mptcp endpoint add ${address} dev ${end.device} ${flags}`
  );
}

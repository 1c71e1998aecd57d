/**
 * Makes an endpoint a backup as `mpt bench --try-fix` does, and leaves at once in the middle of the trial:
 * `leave_during_trial.ts ID`.
 *
 * @module
 */
import { tryCure } from "../../../lib/bench/try_cure.ts";
import { setEndpointBackup } from "../../../lib/mptcp/endpoint_backup.ts";

const id = Number(Deno.args[0]);
await tryCure(
  {
    direction: "download",
    path: { id: 1, local: "192.0.2.2:50001", remote: "198.51.100.1:443", interface: null },
    certainty: "likely",
    evidence: [],
    cure: { host: "this", endpoint_id: id, address: "192.0.2.2", command: "", undo: null },
    tried: null,
    not_tried: null,
  },
  {
    direction: "download",
    best_single_bps: 2,
    sum_of_singles_bps: 3,
    multipath_bps: 1,
    efficiency: 0.3,
    benefit: -0.5,
    singles: 2,
  },
  () => {
    const word = setEndpointBackup(id, true) ? "a backup in the middle" : "no backup in the middle";
    Deno.stdout.writeSync(new TextEncoder().encode(word));
    return Deno.exit(7);
  },
  undefined,
  () => {},
);

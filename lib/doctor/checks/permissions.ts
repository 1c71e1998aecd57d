import { ok, warn } from "../check.ts";
import { type Facts, type PermissionName, PERMISSIONS } from "../facts.ts";
import type { Check } from "../result.ts";

/** What cannot be done without a permission. */
const LOST: Readonly<Record<PermissionName, string>> = {
  net: "no connection can be made or accepted",
  ffi: "there is no MPTCP, and TCP connections tell little about their path",
  sys: "results do not say on which kernel they were made",
  env: "NO_COLOR and TERM are not heeded",
  write: "results cannot be saved with -o",
};

/** What Deno lets this program do. */
export function permissionChecks({ permissions }: Facts): readonly Check[] {
  return PERMISSIONS.map((name) => {
    const code = `permission-${name}` as const;
    const flag = `--allow-${name}`;
    switch (permissions[name]) {
      case "granted":
        return ok(code, `Deno grants ${flag}.`, "granted");
      case "partial":
        return ok(code, `Deno grants ${flag} for some things only; for others, ${LOST[name]}.`, "partial");
      case "missing":
        return warn(code, `Without ${flag}, ${LOST[name]}.`, "missing", flag);
    }
  });
}

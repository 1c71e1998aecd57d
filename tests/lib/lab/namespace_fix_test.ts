import assert from "node:assert/strict";
import { namespaceFix } from "../../../lib/lab/namespace_fix.ts";

Deno.test("namespaceFix() names the setting that forbids namespaces", () => {
  assert.match(namespaceFix("unshare: unshare failed: No space left on device"), /user\.max_user_namespaces/);
  for (
    const reason of [
      "unshare: unshare failed: Operation not permitted",
      "unshare: write failed /proc/self/uid_map: Operation not permitted",
      "unshare: cannot open /proc/self/setgroups: Permission denied",
    ]
  ) assert.match(namespaceFix(reason), /unprivileged_userns_clone=1 .*apparmor_restrict.*CAP_SYS_ADMIN/);
  assert.equal(namespaceFix("unshare: unshare failed: Invalid argument"), "run as root");
});

import assert from "node:assert/strict";
import { systemConfig } from "../../../lib/dns/system_config.ts";
import { DnsName } from "../../../lib/dns/wire/name.ts";
import { localAddressesOf } from "../../../lib/dns/config/hosts_file.ts";
import { output, ROOT } from "../../support/command.ts";

Deno.test("systemConfig() has a server and knows localhost, whatever the files say", async () => {
  const { conf, hosts } = await systemConfig();
  assert.ok(conf.servers.length > 0);
  assert.ok((localAddressesOf(hosts, DnsName.parse("localhost")) ?? []).length > 0);
});

Deno.test("systemConfig() names the permission that is missing", async () => {
  const script = `import { systemConfig } from "${ROOT}/lib/dns/system_config.ts";
    const error = await systemConfig().catch((each) => each);
    console.log(error.code, error.fix);`;
  const text = await output([Deno.execPath(), "run", "--quiet", "--no-prompt", "-"], {
    stdin: script,
    cwd: ROOT,
  });
  assert.match(text, /^ERR_PERMISSION --allow-read=\/etc\/(resolv\.conf|hosts)$/m);
});

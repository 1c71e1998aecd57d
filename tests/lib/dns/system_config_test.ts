import assert from "node:assert/strict";
import { resolverOptions, systemConfig } from "../../../lib/dns/system_config.ts";
import { DnsName } from "../../../lib/dns/wire/name.ts";
import { localAddressesOf, parseHosts } from "../../../lib/dns/config/hosts_file.ts";
import { parseResolvConf } from "../../../lib/dns/config/resolv_conf.ts";
import { output, ROOT } from "../../support/command.ts";

Deno.test("systemConfig() has a server and knows localhost, whatever the files say", async () => {
  const { conf, hosts } = await systemConfig();
  assert.ok(conf.servers.length > 0);
  assert.ok((localAddressesOf(hosts, DnsName.parse("localhost")) ?? []).length > 0);
});

Deno.test("systemConfig() names the permission that is missing", async () => {
  const script = `import { resolverOptions, systemConfig } from "${ROOT}/lib/dns/system_config.ts";
    const error = await systemConfig().catch((each) => each);
    console.log(error.code, error.fix);`;
  const text = await output([Deno.execPath(), "run", "--quiet", "--no-prompt", "-"], {
    stdin: script,
    cwd: ROOT,
  });
  assert.match(text, /^ERR_PERMISSION --allow-read=\/etc\/(resolv\.conf|hosts)$/m);
});

Deno.test("resolverOptions() asks the servers of the file, those over IPv6 first", () => {
  const conf = parseResolvConf(
    "nameserver 192.0.2.53\nnameserver 2001:db8::53\noptions timeout:3 attempts:4 use-vc\n",
  );
  const { servers, timeoutMs, attempts, useTcp } = resolverOptions({ conf, hosts: parseHosts("") });
  assert.deepEqual(servers.map(({ address }) => address), ["[2001:db8::53]:53", "192.0.2.53:53"]);
  assert.deepEqual([timeoutMs, attempts, useTcp], [3000, 4, true]);
});

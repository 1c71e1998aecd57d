import assert from "node:assert/strict";
import type { DeviceStep } from "../../../../lib/lab/emulator/protocol.ts";
import { refusalError } from "../../../../lib/lab/emulator/refusal.ts";

const CASES: readonly (readonly [DeviceStep, string, RegExp, RegExp | null])[] = [
  ["open", "EACCES", /this user may not open \/dev\/net\/tun/, /chmod 0666 \/dev\/net\/tun/],
  ["open", "EPERM", /this user may not open \/dev\/net\/tun/, /run as root/],
  ["open", "ENOENT", /there is no \/dev\/net\/tun/, /modprobe tun.*mknod -m 0666 \/dev\/net\/tun c 10 200/],
  ["open", "ENODEV", /no TUN driver/, /modprobe tun/],
  ["open", "ENXIO", /no TUN driver/, /modprobe tun/],
  ["open", "EMFILE", /\/dev\/net\/tun could not be opened \(EMFILE\)/, null],
  ["make", "EPERM", /CAP_NET_ADMIN is missing/, /user namespaces/],
  ["make", "ENOMEM", /the kernel made no TUN device \(ENOMEM\)/, null],
];

for (const [step, errno, reason, fix] of CASES) {
  Deno.test(`refusalError("${step}", "${errno}") names the feature, the device and what mends it`, () => {
    const error = refusalError(step, errno);
    assert.equal(error.code, "ERR_NOT_SUPPORTED");
    assert.match(error.message, /^Cannot emulate a link: /);
    assert.match(error.message, reason);
    assert.deepEqual(error.data, { feature: "emulated link", path: "/dev/net/tun", errno });
    if (fix === null) assert.equal(error.fix, undefined);
    else assert.match(error.fix ?? "", fix);
  });
}

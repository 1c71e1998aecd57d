import assert from "node:assert/strict";
import { checkDeviceNames } from "../../../../lib/lab/emulator/device_names.ts";

function check(...devices: readonly string[]): void {
  checkDeviceNames(devices.map((device) => ({ namespace: "client", device })));
}

Deno.test("checkDeviceNames() takes names of up to 15 bytes, and one name in two namespaces", () => {
  check("a", "path1", "path-2_x.y", "123456789012345");
  checkDeviceNames([{ namespace: "client", device: "path1" }, { namespace: "server", device: "path1" }]);
});

const REFUSED: Readonly<Record<string, RegExp>> = {
  "": /name a device "": it is empty/,
  "1234567890123456": /it has 16 bytes, and the kernel allows 15/,
  "ääääääää": /it has 16 bytes/,
  "a b": /it has other characters/,
  "a/b": /it has other characters/,
  "..": /it has other characters/,
  "-n": /it has other characters/,
  "mpt%d": /it has other characters/,
  "a\nlink": /name a device "a\\nlink"/,
};

for (const [name, message] of Object.entries(REFUSED)) {
  Deno.test(`checkDeviceNames() refuses ${JSON.stringify(name)}, and says what would do`, () => {
    assert.throws(() => check(name), { code: "ERR_INVALID_VALUE", message, fix: /1 to 15 letters/ });
  });
}

Deno.test("checkDeviceNames() refuses two devices of one name in a namespace", () => {
  assert.throws(() => check("path1", "path2", "path1"), { message: /client has two devices of this name/ });
});

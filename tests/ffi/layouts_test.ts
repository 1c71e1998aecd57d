import assert from "node:assert/strict";
import { readStruct } from "../../ffi/layouts/layout.ts";
import { SOCKADDR_IN6_LAYOUT, SOCKADDR_IN_LAYOUT } from "../../ffi/layouts/sockaddr.ts";
import { requires } from "../support/requires.ts";
import { btfProgram, compareLayouts, headerProgram, LAYOUTS } from "./layout_programs.ts";

Deno.test({
  name: "every layout agrees with the system's headers, as far as they have its members",
  ...requires("tool:gcc"),
  fn: async () => {
    const { compared, lacking } = await compareLayouts(headerProgram);
    // What a system's headers lack, newer kernels have; the sockaddr and the requests are everywhere.
    const settled = ["sockaddr_in", "sockaddr_in6", "inet_diag_req_v2", "inet_diag_msg"];
    assert.deepEqual(lacking.filter((name) => settled.includes(name.split(".")[0]!)), []);
    assert(compared.size >= settled.length);
    if (lacking.length > 0) await tell(`the system's headers lack ${lacking.join(", ")}`);
  },
});

Deno.test({
  name: "every layout agrees with the kernel that runs",
  ...requires("tool:gcc", "tool:bpftool"),
  fn: async () => {
    const { compared, lacking } = await compareLayouts(btfProgram);
    // User space calls the storage of an address by another name; inside the kernel there is no difference.
    assert.deepEqual(lacking, []);
    assert.equal(compared.size, LAYOUTS.length);
  },
});

Deno.test("no two members of a layout overlap, and none is outside", () => {
  for (const { name, size, fields } of LAYOUTS) {
    const members = Object.values(fields).toSorted((a, b) => a.offset - b.offset);
    let end = 0;
    for (const { c, offset, size: bytes } of members) {
      assert(offset >= end, `${name}.${c} overlaps`);
      end = offset + bytes;
    }
    assert(end <= size, `${name} is too small`);
  }
});

Deno.test("readStruct() leaves out the members that a shorter struct of an older kernel does not have", () => {
  const bytes = new Uint8Array(SOCKADDR_IN6_LAYOUT.size).fill(1);
  const view = new DataView(bytes.buffer);
  assert.deepEqual(readStruct(SOCKADDR_IN6_LAYOUT, view, 0, 28), {
    family: 0x0101,
    port: 0x0101,
    flowInfo: 0x01010101,
    scopeId: 0x01010101,
  });
  assert.deepEqual(readStruct(SOCKADDR_IN6_LAYOUT, view, 0, 27), {
    family: 0x0101,
    port: 0x0101,
    flowInfo: 0x01010101,
  });
  assert.deepEqual(readStruct(SOCKADDR_IN6_LAYOUT, view, 0, 0), {});
});

Deno.test("readStruct() never reads beyond its buffer", () => {
  for (let length = 0; length < SOCKADDR_IN_LAYOUT.size; length++) {
    const view = new DataView(new ArrayBuffer(length));
    const read = readStruct(SOCKADDR_IN_LAYOUT, view, 0, SOCKADDR_IN_LAYOUT.size);
    assert.equal("port" in read, length >= 4);
  }
});

async function tell(text: string): Promise<void> {
  await Deno.stderr.write(new TextEncoder().encode(`${text}\n`));
}

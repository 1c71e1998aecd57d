import assert from "node:assert/strict";
import fc from "fast-check";
import { LocalIdTable } from "../../../../lib/quic/connection/local_id_table.ts";
import { PathIds } from "../../../../lib/quic/connection/path_ids.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";

const make = (): never => {
  throw new Error("no id is made");
};

Deno.test("an id is found with its path as long as it is there, also beside one that begins like it", () => {
  // Few different bytes, so that many ids begin alike
  const bytes = fc.uint8Array({ minLength: 8, maxLength: 8, max: 1 });
  const steps = fc.array(fc.tuple(bytes, fc.integer({ min: 0, max: 3 }), fc.boolean()), { maxLength: 60 });
  fc.assert(fc.property(steps, (all) => {
    const table = new LocalIdTable();
    const model = new Map<string, number>();
    for (const [id, pathId, add] of all) {
      const connectionId = ConnectionId.from(id);
      const key = String(connectionId);
      if (add && !model.has(key)) {
        model.set(key, pathId);
        table.add(connectionId, new PathIds(pathId, null, 4, make));
      } else if (!add) {
        model.delete(key);
        table.remove(connectionId);
      }
      const slab = Uint8Array.of(9, ...id, 9);
      assert.equal(table.find(slab, 1, 9)?.ids.pathId, model.get(key));
    }
    assert.deepEqual([...table].map(String).sort(), [...model.keys()].sort());
  }));
});

Deno.test("ids of another length are none of ours", () => {
  const table = new LocalIdTable();
  table.add(ConnectionId.from(new Uint8Array(8)), new PathIds(0, null, 4, make));
  assert.equal(table.find(new Uint8Array(20), 0, 7), undefined);
  assert.equal(table.find(new Uint8Array(20), 0, 9), undefined);
});

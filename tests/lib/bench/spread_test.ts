import assert from "node:assert/strict";
import type { PathInfo } from "../../../lib/base/path.ts";
import { spreadPaths } from "../../../lib/bench/spread.ts";
import { livePath } from "./fixtures.ts";

function path(id: number, name: string, local: string, remote: string): PathInfo {
  return livePath(id, local, remote, { interface: name });
}

function spread(...paths: readonly PathInfo[]): readonly number[] {
  return spreadPaths(paths, (each) => each.interface!).map(({ id }) => id);
}

const FIRST = path(0, "wifi", "192.0.2.1:1", "198.51.100.1:443");

Deno.test("spreadPaths() takes one path an interface, to another address of the server where there is one", () => {
  const mesh = [
    FIRST,
    path(1, "wifi", "192.0.2.1:2", "198.51.100.2:443"),
    path(2, "lte", "203.0.113.1:1", "198.51.100.1:443"),
    path(3, "lte", "203.0.113.1:2", "198.51.100.2:443"),
  ];
  assert.deepEqual(spread(...mesh), [0, 3]);
  assert.deepEqual(spread(...mesh.slice(0, 3)), [0, 2, 1]);
});

Deno.test("spreadPaths() counts two families over one interface once, and takes the other where it is the only one", () => {
  const six = path(1, "wifi", "[2001:db8::1]:1", "[2001:db8::9]:443");
  assert.deepEqual(spread(FIRST, six), [0]);
  const lte = path(2, "lte", "[2001:db8:1::1]:1", "[2001:db8::9]:443");
  assert.deepEqual(spread(FIRST, six, lte), [0, 2]);
});

Deno.test("spreadPaths() takes every address of a server that a host with one interface reaches", () => {
  const second = path(1, "wifi", "192.0.2.1:2", "198.51.100.2:443");
  assert.deepEqual(spread(FIRST, second), [0, 1]);
  // An address of this host beside it makes no further way
  assert.deepEqual(spread(FIRST, path(2, "wifi", "192.0.2.7:2", "198.51.100.1:443")), [0]);
  assert.deepEqual(spread(), []);
});

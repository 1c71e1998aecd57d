import { type PathJson, pathToJson } from "../../base/path_json.ts";
import { interfaceOf } from "../../netlink/interface_of.ts";
import type { QuicConnection } from "../../quic/driver/api.ts";

/** The paths of a connection, each with the interface that it leaves by. */
export function pathsOf(connection: Pick<QuicConnection, "paths">): readonly PathJson[] {
  return connection.paths().map((path) => {
    const name = path.interface ?? interfaceOf(path.local.ip);
    return pathToJson(name === undefined ? path : { ...path, interface: name });
  });
}

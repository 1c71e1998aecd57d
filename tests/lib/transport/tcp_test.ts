import { connect, listen } from "../../../lib/transport/connect.ts";
import { withoutFfi } from "../../support/requires.ts";
import { complianceSuite } from "./compliance.ts";

complianceSuite("tcp", {
  connect: (ip, port, options) => connect("tcp", ip, port, options),
  listen: (ip, port, options) => listen("tcp", ip, port, options),
  needs: [],
  // Without --allow-ffi this is the transport over Deno.connect.
  resets: !withoutFfi(),
  socketOptions: !withoutFfi(),
});

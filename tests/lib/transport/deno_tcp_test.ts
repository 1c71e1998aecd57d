import { connectDenoTcp, listenDenoTcp } from "../../../lib/transport/deno_tcp.ts";
import { complianceSuite } from "./compliance.ts";

complianceSuite("tcp over Deno.connect", {
  connect: (ip, port, options = {}) => connectDenoTcp(ip, port, options),
  listen: (ip, port, options = {}) => listenDenoTcp(ip, port, options),
  needs: [],
  resets: false,
  socketOptions: false,
});

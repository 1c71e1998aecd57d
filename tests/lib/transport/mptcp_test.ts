import { connect, listen } from "../../../lib/transport/connect.ts";
import { complianceSuite } from "./compliance.ts";

complianceSuite("mptcp", {
  connect: (ip, port, options) => connect("mptcp", ip, port, options),
  listen: (ip, port, options) => listen("mptcp", ip, port, options),
  needs: ["mptcp"],
});

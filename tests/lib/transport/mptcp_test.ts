import { complianceSuite } from "./compliance.ts";
import { MPTCP } from "./transports.ts";

complianceSuite("mptcp", MPTCP);

import { complianceSuite } from "./compliance.ts";
import { NODE_QUIC } from "./transports.ts";

complianceSuite("quic over node:dgram with node:crypto", NODE_QUIC, { short: true });

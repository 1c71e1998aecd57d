import { complianceSuite } from "./compliance.ts";
import { QUIC } from "./transports.ts";

complianceSuite("quic", QUIC);

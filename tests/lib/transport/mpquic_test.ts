import { complianceSuite } from "./compliance.ts";
import { MPQUIC } from "./transports.ts";

complianceSuite("mpquic", MPQUIC);

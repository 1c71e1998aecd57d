import { complianceSuite } from "./compliance.ts";
import { TCP } from "./transports.ts";

complianceSuite("tcp", TCP);

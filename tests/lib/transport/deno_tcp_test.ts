import { complianceSuite } from "./compliance.ts";
import { DENO_TCP } from "./transports.ts";

complianceSuite("tcp over Deno.connect", DENO_TCP);

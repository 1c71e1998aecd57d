/**
 * What the commands of `mpt lab` do, apart from what they say of themselves.
 *
 * @module
 */
export { formatMiddlebox, parseMiddlebox } from "../../lib/lab/mod.ts";
export {
  renderChange,
  renderLabDown,
  renderPresets,
  renderScript,
  renderStep,
} from "../render/lab_changes.ts";
export { renderLabs } from "../render/lab_status.ts";
export { renderLabUp } from "../render/lab_up.ts";
export { changeLab } from "./changes.ts";
export { labDown } from "./down.ts";
export { execInLab } from "./exec.ts";
export { ownerMain } from "./owner_main.ts";
export { labPresets } from "./presets.ts";
export { runInLab } from "./run_in_lab.ts";
export { labScript } from "./script.ts";
export { openLab } from "./select.ts";
export { labStatus } from "./status.ts";
export { labUp } from "./up.ts";

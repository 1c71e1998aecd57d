import { field, type Layout } from "./layout.ts";

/** `struct sched_param`. */
export const SCHED_PARAM_LAYOUT: Layout<"priority"> = {
  name: "sched_param",
  size: 4,
  fields: { priority: field("i32", 0, "sched_priority") },
};

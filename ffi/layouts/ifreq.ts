import { bytesField, field, type Layout } from "./layout.ts";

/** `struct ifreq`: the name of an interface, and what is asked of it. */
export const IFREQ_LAYOUT: Layout<"name" | "flags"> = {
  name: "ifreq",
  size: 40,
  fields: {
    name: bytesField(0, 16, "ifr_ifrn.ifrn_name"),
    flags: field("u16", 16, "ifr_ifru.ifru_flags"),
  },
};

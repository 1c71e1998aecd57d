import { bytesField, field, type Layout } from "./layout.ts";

/** `struct sockaddr_in`. */
export const SOCKADDR_IN_LAYOUT: Layout<"family" | "port" | "address"> = {
  name: "sockaddr_in",
  size: 16,
  fields: {
    family: field("u16", 0, "sin_family"),
    port: field("be16", 2, "sin_port"),
    address: bytesField(4, 4, "sin_addr"),
  },
};

/** `struct sockaddr_in6`. */
export const SOCKADDR_IN6_LAYOUT: Layout<"family" | "port" | "flowInfo" | "address" | "scopeId"> = {
  name: "sockaddr_in6",
  size: 28,
  fields: {
    family: field("u16", 0, "sin6_family"),
    port: field("be16", 2, "sin6_port"),
    flowInfo: field("u32", 4, "sin6_flowinfo"),
    address: bytesField(8, 16, "sin6_addr"),
    scopeId: field("u32", 24, "sin6_scope_id"),
  },
};

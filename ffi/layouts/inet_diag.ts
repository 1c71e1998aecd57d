import { bytesField, field, type Layout } from "./layout.ts";

/** `struct inet_diag_req_v2` of <linux/inet_diag.h>, the body of a sock_diag request. */
export const INET_DIAG_REQ_LAYOUT: Layout<
  | "family"
  | "protocol"
  | "ext"
  | "states"
  | "sourcePort"
  | "destinationPort"
  | "source"
  | "destination"
  | "interface"
  | "cookie"
> = {
  name: "inet_diag_req_v2",
  size: 56,
  fields: {
    family: field("u8", 0, "sdiag_family"),
    protocol: field("u8", 1, "sdiag_protocol"),
    ext: field("u8", 2, "idiag_ext"),
    states: field("u32", 4, "idiag_states"),
    sourcePort: field("be16", 8, "id.idiag_sport"),
    destinationPort: field("be16", 10, "id.idiag_dport"),
    source: bytesField(12, 16, "id.idiag_src"),
    destination: bytesField(28, 16, "id.idiag_dst"),
    interface: field("u32", 44, "id.idiag_if"),
    cookie: bytesField(48, 8, "id.idiag_cookie"),
  },
};

/** `struct inet_diag_msg`, the head of each answer. */
export const INET_DIAG_MSG_LAYOUT: Layout<
  | "family"
  | "state"
  | "sourcePort"
  | "destinationPort"
  | "source"
  | "destination"
  | "interface"
  | "cookie"
  | "rqueue"
  | "wqueue"
  | "uid"
  | "inode"
> = {
  name: "inet_diag_msg",
  size: 72,
  fields: {
    family: field("u8", 0, "idiag_family"),
    state: field("u8", 1, "idiag_state"),
    sourcePort: field("be16", 4, "id.idiag_sport"),
    destinationPort: field("be16", 6, "id.idiag_dport"),
    source: bytesField(8, 16, "id.idiag_src"),
    destination: bytesField(24, 16, "id.idiag_dst"),
    interface: field("u32", 40, "id.idiag_if"),
    cookie: bytesField(44, 8, "id.idiag_cookie"),
    rqueue: field("u32", 56, "idiag_rqueue"),
    wqueue: field("u32", 60, "idiag_wqueue"),
    uid: field("u32", 64, "idiag_uid"),
    inode: field("u32", 68, "idiag_inode"),
  },
};

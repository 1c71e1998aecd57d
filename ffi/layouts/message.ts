import { bytesField, field, type Layout } from "./layout.ts";

/** `struct mmsghdr`: a `struct msghdr`, which sendmsg() takes alone, and how much of it was used. */
export const MMSGHDR_LAYOUT: Layout<
  "name" | "nameLength" | "iovec" | "iovecs" | "control" | "controlLength" | "flags" | "length"
> = {
  name: "mmsghdr",
  size: 64,
  fields: {
    name: field("u64", 0, "msg_hdr.msg_name"),
    nameLength: field("u32", 8, "msg_hdr.msg_namelen"),
    iovec: field("u64", 16, "msg_hdr.msg_iov"),
    iovecs: field("u64", 24, "msg_hdr.msg_iovlen"),
    control: field("u64", 32, "msg_hdr.msg_control"),
    controlLength: field("u64", 40, "msg_hdr.msg_controllen"),
    flags: field("u32", 48, "msg_hdr.msg_flags"),
    length: field("u32", 56, "msg_len"),
  },
};

/** `struct cmsghdr`, in front of the data of one control message. */
export const CMSGHDR_LAYOUT: Layout<"length" | "level" | "type"> = {
  name: "cmsghdr",
  size: 16,
  fields: {
    length: field("u64", 0, "cmsg_len"),
    level: field("i32", 8, "cmsg_level"),
    type: field("i32", 12, "cmsg_type"),
  },
};

/** `struct in_pktinfo`: which address and interface a datagram came to, or is to leave from. */
export const IN_PKTINFO_LAYOUT: Layout<"interface" | "local" | "destination"> = {
  name: "in_pktinfo",
  size: 12,
  fields: {
    interface: field("i32", 0, "ipi_ifindex"),
    local: bytesField(4, 4, "ipi_spec_dst"),
    destination: bytesField(8, 4, "ipi_addr"),
  },
};

/** `struct in6_pktinfo`. */
export const IN6_PKTINFO_LAYOUT: Layout<"address" | "interface"> = {
  name: "in6_pktinfo",
  size: 20,
  fields: {
    address: bytesField(0, 16, "ipi6_addr"),
    interface: field("u32", 16, "ipi6_ifindex"),
  },
};

import { AttributeWriter } from "./attribute.ts";
import { encodeMessage, NLM_F_REQUEST } from "./message.ts";

/** `NLM_F_ACK`: the kernel answers also when all went well. */
const NLM_F_ACK = 0x4;

/** `NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE`. */
const CT_DELETE = 1 << 8 | 2;

/** `sizeof(struct nfgenmsg)`: family (0: every family), version, resource id. */
const HEADER = 4;

/** `CTA_MARK` and `CTA_MARK_MASK`, both in network order. */
const CTA_MARK = 8;
const CTA_MARK_MASK = 21;

/**
 * The request that makes the kernel forget every tracked connection with a mark, and the NAT mapping with
 * it. The answer is an acknowledgement.
 *
 * @param mark The mark, not 0: that is the mark of every connection that nobody marked.
 */
export function encodeForgetMarked(mark: number): Uint8Array<ArrayBuffer> {
  const attributes = new AttributeWriter()
    .bytes(CTA_MARK, networkOrder(mark))
    .bytes(CTA_MARK_MASK, networkOrder(0xffff_ffff))
    .finish();
  const body = new Uint8Array(HEADER + attributes.length);
  body.set(attributes, HEADER);
  return encodeMessage({ type: CT_DELETE, flags: NLM_F_REQUEST | NLM_F_ACK, sequence: 1, body });
}

function networkOrder(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, false);
  return bytes;
}

import { concatBytes } from "../apdu/bytes.ts";
import { decodeTlvs, encodeTlv, findTlv } from "../apdu/tlv.ts";

/** Data of CHANGE (old and new) and UNBLOCK (PUK and new PIN): `80 len proof 81 len fresh`. */
export interface SecretPair {
  readonly proof: Uint8Array;
  readonly fresh: Uint8Array;
}

export const encodeSecretPair = ({ proof, fresh }: SecretPair): Uint8Array =>
  concatBytes(encodeTlv(0x80, proof), encodeTlv(0x81, fresh));

/** @returns undefined where either is missing; lengths are not checked */
export const decodeSecretPair = (data: Uint8Array): SecretPair | undefined => {
  const tlvs = decodeTlvs(data);
  const proof = tlvs && findTlv(tlvs, 0x80);
  const fresh = tlvs && findTlv(tlvs, 0x81);
  return proof && fresh && { proof, fresh };
};

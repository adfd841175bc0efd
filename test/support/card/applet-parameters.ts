import { concatBytes, u16, u32 } from "../../../card/apdu/bytes.ts";
import { encodeTlv } from "../../../card/apdu/tlv.ts";
import { AID } from "../../../card/commands/select.ts";
import { PIN, PUK, text } from "./virtual.ts";

/** What is fixed when the applet is installed, as `card/applet/README.md` has it. */
export interface AppletOptions {
  readonly headerCount?: number | undefined;
  readonly peerCount?: number | undefined;
  readonly blockCount?: number | undefined;
  readonly initialCsn?: number | undefined;
  readonly isTransportPin?: boolean | undefined;
  /** The usual one of the tests where absent. */
  readonly pin?: string | undefined;
}

const TAG = {
  pin: 0x80,
  puk: 0x81,
  flags: 0x82,
  headers: 0x83,
  peers: 0x84,
  blocks: 0x85,
  csn: 0x86,
};
const OWN_PIN = 0x01;

/** What install() of the applet gets: `length AID length control length parameters`. Java Card API, Applet.install. */
export const encodeInstallParameters = (options: AppletOptions): Uint8Array => {
  const parameters = encodeParameters(options);
  return concatBytes(
    Uint8Array.of(AID.length),
    AID,
    Uint8Array.of(0, parameters.length),
    parameters,
  );
};

const encodeParameters = (options: AppletOptions): Uint8Array => {
  const flags = options.isTransportPin === true ? 0 : OWN_PIN;
  return concatBytes(
    encodeTlv(TAG.pin, text(options.pin ?? PIN)),
    encodeTlv(TAG.puk, text(PUK)),
    encodeTlv(TAG.flags, Uint8Array.of(flags)),
    optional(TAG.headers, options.headerCount, u16),
    optional(TAG.peers, options.peerCount, (count) => Uint8Array.of(count)),
    optional(TAG.blocks, options.blockCount, u16),
    optional(TAG.csn, options.initialCsn, u32),
  );
};

const optional = (
  tag: number,
  value: number | undefined,
  encode: (value: number) => Uint8Array,
): Uint8Array => (value === undefined ? new Uint8Array() : encodeTlv(tag, encode(value)));

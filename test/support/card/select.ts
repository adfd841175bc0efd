import { AID } from "../../../card/commands/select.ts";

/** The command that begins a session. */
export const SELECT = Uint8Array.of(0x00, 0xa4, 0x04, 0x00, AID.length, ...AID, 0x00);

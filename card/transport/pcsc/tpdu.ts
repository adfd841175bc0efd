/** SCARD_PROTOCOL_T0. Source: pcsclite.h of PCSC-Lite 1.9. */
const T0 = 1;
const HEAD_BYTES = 4;

/**
 * What PC/SC wants for a command. T=1 takes commands as they are. T=0 always has a fifth byte, P3, and no Le behind data:
 * the card says `61XX`. An extended command, or one without right form, stays as it is.
 * @param protocol as SCardConnect gives it
 * @see ISO 7816-3, 12.2
 */
export const toTpdu = (command: Uint8Array, protocol: number): Uint8Array => {
  if (protocol !== T0) return command;
  if (command.length === HEAD_BYTES) return Uint8Array.of(...command, 0);
  const endOfData = HEAD_BYTES + 1 + (command[HEAD_BYTES] ?? 0);
  const isWithLe = endOfData > HEAD_BYTES + 1 && command.length === endOfData + 1;
  return isWithLe ? command.subarray(0, endOfData) : command;
};

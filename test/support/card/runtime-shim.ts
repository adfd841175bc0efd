import { toHex } from "../../../card/apdu/bytes.ts";
import { decodeCommand } from "../../../card/apdu/command-apdu.ts";
import { AID } from "../../../card/commands/select.ts";
import type { Transport } from "../../../card/transport/transport.ts";

const SELECT = [0x00, 0xa4, 0x04, 0x00] as const;
const OK = "9000";

/**
 * While no applet is selected a card's own system answers, each maker's with its own status words: here they are
 * those of PROTOCOL.md. Bytes that are no command are refused before they come to a card. What the applet answers
 * passes as it is.
 * @throws Error where the system takes such a command for done
 */
export const withProtocolsRuntime = (transport: Transport): Transport => {
  let isSelected = false;
  return {
    transmit: async (command, signal) => {
      if (!decodeCommand(command)) return Uint8Array.of(0x67, 0x00);
      const answer = await transport.transmit(command, signal);
      const isOk = toHex(answer.slice(-2)) === OK;
      if (isSelectOfOurs(command) && isOk) isSelected = true;
      if (isSelected) return answer;
      if (isOk) throw new Error("the card's system did something");
      return systemAnswer(command);
    },
    reset: async () => {
      isSelected = false;
      await transport.reset();
    },
    close: () => transport.close(),
  };
};

const isSelect = (command: Uint8Array): boolean => SELECT.every((byte, at) => command[at] === byte);

const isSelectOfOurs = (command: Uint8Array): boolean =>
  isSelect(command) && toHex(decodeCommand(command)?.data ?? new Uint8Array()) === toHex(AID);

const systemAnswer = (command: Uint8Array): Uint8Array =>
  isSelect(command) ? Uint8Array.of(0x6a, 0x82) : Uint8Array.of(0x6e, 0x00);

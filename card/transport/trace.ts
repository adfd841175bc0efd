import { toHex } from "../apdu/bytes.ts";
import { CHAINING_BIT, decodeCommand } from "../apdu/command-apdu.ts";
import { decodeResponse } from "../apdu/response-apdu.ts";
import { lookUp } from "../commands/table.ts";
import type { CommandName, CommandSpec } from "../commands/table.ts";
import type { Transport } from "./transport.ts";

/** One exchange. Hexadecimal data stands here only where it is neither PIN nor content nor, unless asked for, an object. */
export interface TraceLine {
  /** `unknown` for what is not in the table: its data is never shown. */
  readonly name: CommandName | "unknown";
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  readonly isSegment: boolean;
  /** Bytes of data. */
  readonly commandLength: number;
  readonly responseLength: number;
  /** Absent where the transport failed. */
  readonly sw?: number;
  readonly commandData?: string;
  readonly responseData?: string;
}

export interface TraceOptions {
  /** Show synchronization objects and peer tags. They open a fast sync to whoever knows them: for tests only. */
  readonly showObjects?: boolean;
}

/** @returns a transport that tells `sink` of each exchange after it has ended, also of one that failed */
export const traced = (
  transport: Transport,
  sink: (line: TraceLine) => void,
  options: TraceOptions = {},
): Transport => ({
  transmit: async (command, signal) => {
    try {
      const response = await transport.transmit(command, signal);
      sink(toTraceLine(command, response, options));
      return response;
    } catch (error) {
      sink(toTraceLine(command, undefined, options));
      throw error;
    }
  },
  reset: () => transport.reset(),
  close: () => transport.close(),
});

const toTraceLine = (
  commandBytes: Uint8Array,
  responseBytes: Uint8Array | undefined,
  options: TraceOptions,
): TraceLine => {
  const { cla, ins, p1, p2, data } = decodeCommand(commandBytes) ?? NOT_A_COMMAND;
  const response = responseBytes && decodeResponse(responseBytes);
  const found = lookUp(cla & ~CHAINING_BIT, ins, p1, p2);
  const isShown = found.type === "command" && maySee(found.spec, options);
  return {
    name: found.type === "command" ? found.name : "unknown",
    ins,
    p1,
    p2,
    isSegment: (cla & CHAINING_BIT) !== 0,
    commandLength: data.length,
    responseLength: response?.data.length ?? 0,
    ...(response && { sw: response.sw }),
    ...(isShown && { commandData: toHex(data) }),
    ...(isShown && response && { responseData: toHex(response.data) }),
  };
};

/** CLA FF is no command's: nothing of such bytes is shown. */
const NOT_A_COMMAND = { cla: 0xff, ins: 0, p1: 0, p2: 0, data: new Uint8Array() };

const maySee = ({ shows }: CommandSpec, { showObjects }: TraceOptions): boolean =>
  shows === "all" || (shows === "objects" && showObjects === true);

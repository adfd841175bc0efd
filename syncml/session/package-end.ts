import type { Command, Item } from "../model/message.ts";
import { ALERT_CODES } from "../spec/alert-codes.ts";
import { ITEM_COMMANDS } from "./refuse-all.ts";
import type { Turn } from "./turn.ts";

/** Nothing but statuses and Alert 222. */
export const hasNothingToSay = ({ message: { commands } }: Turn): boolean =>
  commands.every((command) => command.type === "status" || isNextMessage(command));

/** The peer has nothing to say and asks for what is there. */
export const isMereRequest = (turn: Turn): boolean =>
  turn.message.commands.some(isNextMessage) && hasNothingToSay(turn);

/** 221 asks for the result of what was answered late: it lies in our next message too. */
const isNextMessage = (command: Command): boolean =>
  command.type === "alert" &&
  (command.code === ALERT_CODES.nextMessage || command.code === ALERT_CODES.result);

/**
 * Final is believed where nothing contradicts it.
 * Quirk(Funambol clients): it stands in each of several messages of package 3. An item that is cut in this very message
 * goes on in the next one, and so do items of which the peer has announced more than came (NumberOfChanges). Where none
 * comes then, the package was at its end.
 */
export function isPackageEnd({ message, state }: Turn): boolean {
  const items = message.commands.flatMap(itemsIn);
  if (state.isEndDoubted && items.length === 0) return true;
  if (!message.isFinal || state.phase !== "changes" || items.length === 0) return message.isFinal;
  if (items.at(-1)?.moreData === true && state.chunkIn !== undefined) return false;
  return state.datastores.every(
    ({ stage, announced, received }) => stage !== "open" || announced <= received,
  );
}

/** @returns the items in a Sync and in what it contains, in document order; none for other commands */
export function itemsIn(command: Command): readonly Item[] {
  if ("commands" in command) return command.commands.flatMap(itemsIn);
  return ITEM_COMMANDS.has(command.type) && "items" in command ? command.items : [];
}

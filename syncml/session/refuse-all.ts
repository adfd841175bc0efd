import type { Command, Item, MapCommand, SyncCommand } from "../model/message.ts";
import { owe, refsOfItem, type Turn } from "./turn.ts";

/**
 * Owes the same Status for a command and, with `inner`, for everything in it. A command with several items has a Status
 * for each; Statuses are never answered.
 */
export function refuseAll(
  turn: Turn,
  commands: readonly Command[],
  code: number,
  inner = code,
): void {
  for (const command of commands) {
    if (command.type === "status") continue;
    refuse(turn, command, code);
    if (command.type === "sync" || command.type === "atomic" || command.type === "sequence")
      refuseAll(turn, command.commands, inner);
  }
}

function refuse(turn: Turn, command: Command, code: number): void {
  const items = itemsOf(command);
  if (items.length === 0) owe(turn, command, code, isNamed(command) ? refsOfItem(command) : {});
  for (const item of items) owe(turn, command, code, refsOfItem(item));
}

const isNamed = (command: Command): command is SyncCommand | MapCommand =>
  command.type === "sync" || command.type === "map";

const itemsOf = (command: Command): readonly Item[] =>
  ITEM_COMMANDS.has(command.type) && "items" in command ? command.items : [];

/** Each item of these has its own Status. */
export const ITEM_COMMANDS: ReadonlySet<Command["type"]> = new Set([
  "add",
  "replace",
  "copy",
  "move",
  "delete",
]);

import type { Command } from "../model/message.ts";
import { owe, type Turn } from "./turn.ts";

/** Owes the same Status for a command and for everything in it. Statuses and Results are never answered. */
export function refuseAll(
  turn: Turn,
  commands: readonly Command[],
  code: number,
  inner = code,
): void {
  for (const command of commands) {
    if (command.type === "status" || command.type === "results") continue;
    owe(turn, command, code);
    if (command.type === "sync" || command.type === "atomic" || command.type === "sequence")
      refuseAll(turn, command.commands, inner);
  }
}

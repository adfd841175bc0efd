import { toHex } from "../../../../card/apdu/bytes.ts";
import { COMMANDS } from "../../../../card/commands/table.ts";
import { DATA_OBJECT } from "../../../../card/commands/data-objects.ts";
import type { Transport } from "../../../../card/transport/transport.ts";
import { toCommands } from "./commands.ts";
import { Memory } from "./memory.ts";
import type { Step } from "./steps.ts";

/** One of two cards, and what a host remembers of it. */
export interface Twin {
  readonly transport: Transport;
  readonly memory: Memory;
}

export const toTwin = (transport: Transport): Twin => ({ transport, memory: new Memory() });

/** What a card did: the commands as they were sent, and answers that its twin must give, too. */
interface Played {
  readonly command: string;
  readonly answer: string;
}

/** Does one step on one card. @throws what the transport throws */
export const play = async ({ transport, memory }: Twin, step: Step): Promise<readonly Played[]> => {
  if (step.do === "reset" || step.do === "relogin") await transport.reset();
  const played: Played[] = [];
  for (const command of toCommands(step, memory)) {
    const answer = await transport.transmit(command);
    played.push({ command: toHex(command), answer: describeAnswer(memory, command, answer) });
    if (isOk(answer)) memory.learn(step, answer.slice(0, -2));
  }
  return played;
};

const isOk = (answer: Uint8Array): boolean => toHex(answer.slice(-2)) === "9000";

/** Random numbers get names; the build id is each implementation's own, its length, too. */
const describeAnswer = (memory: Memory, command: Uint8Array, answer: Uint8Array): string => {
  const [cla, ins, p1 = 0, p2] = command;
  const isGetData = cla === 0x00 && ins === COMMANDS.getData.ins;
  const isWrongLe = answer.at(-2) === WRONG_LE;
  if (isGetData && p2 === DATA_OBJECT.build && (isOk(answer) || isWrongLe)) return "build id";
  if (!isOk(answer)) return toHex(answer);
  const data = answer.slice(0, -2);
  if (cla === 0x80 && ins === COMMANDS.startSync.ins) return memory.learnObjects(p1, data);
  return isGetData && p2 === DATA_OBJECT.identity ? memory.learnIdentity(data) : toHex(answer);
};

const WRONG_LE = 0x6c;
const SHOWN_PAST = 15;

/**
 * Does the same on two cards of the same shape. @returns how many commands were answered alike
 * @throws Error at the first difference, with the commands that led to it
 */
export const playTwins = async (
  first: Twin,
  second: Twin,
  steps: readonly Step[],
): Promise<number> => {
  const past: string[] = [];
  for (const step of steps) {
    if (step.do === "reset" || step.do === "relogin") past.push("reset");
    const mine = await play(first, step);
    const theirs = await play(second, step);
    mine.forEach(({ command, answer }, at) => {
      past.push(`${command} -> ${answer}`);
      const others = theirs[at]?.answer ?? "nothing";
      if (others === answer) return;
      throw new Error(`${past.slice(-SHOWN_PAST).join("\n")}\nbut the other card: ${others}`);
    });
  }
  return past.length;
};

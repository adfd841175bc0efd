import { createInterface, type Interface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { BridgeError } from "../errors.ts";
import type { CliContext } from "./context.ts";

/**
 * Asks before something is destroyed.
 * @param isAgreed `--yes` was given
 * @throws BridgeError BRIDGE_USAGE where nobody can be asked, BRIDGE_REFUSED if the answer is not yes
 */
export async function confirm(
  context: CliContext,
  question: string,
  isAgreed: boolean,
): Promise<void> {
  if (isAgreed) return;
  if (context.stdin.isTTY !== true) {
    throw new BridgeError("BRIDGE_USAGE", `${question} Nobody can be asked here: give --yes.`);
  }
  const terminal = createInterface({ input: context.stdin, output: context.stderr });
  const answer = await answerOn(terminal, `${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new BridgeError("BRIDGE_REFUSED", "Nothing is done.");
}

/**
 * Asks for a secret without showing it.
 * @param prompt such as `PIN`
 * @throws BridgeError BRIDGE_USAGE where nobody can be asked
 */
export async function askSecret(context: CliContext, prompt: string): Promise<string> {
  if (context.stdin.isTTY !== true) {
    throw new BridgeError("BRIDGE_USAGE", `Nobody can be asked for the ${prompt} here: use stdin.`);
  }
  const terminal = createInterface({ input: context.stdin, output: silent(), terminal: true });
  // Only now does the terminal show nothing: whoever answers a prompt at once is not seen either.
  context.stderr.write(`${prompt}: `);
  const answer = await answerOn(terminal, "");
  context.stderr.write("\n");
  return answer;
}

/** Control-C and the end of input are answers, too. @throws BridgeError BRIDGE_REFUSED for them */
async function answerOn(terminal: Interface, prompt: string): Promise<string> {
  const given = new AbortController();
  const giveUp = (): void => {
    given.abort();
  };
  terminal.once("SIGINT", giveUp).once("close", giveUp);
  try {
    return await terminal.question(prompt, { signal: given.signal });
  } catch (cause) {
    throw new BridgeError("BRIDGE_REFUSED", "Nothing is done.", { cause });
  } finally {
    terminal.close();
  }
}

const silent = (): Writable =>
  new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });

/** @returns the lines of stdin, without a last one that is empty */
export async function readLines(context: CliContext): Promise<readonly string[]> {
  return (await readPassword(context)).split(/\r?\n/);
}

/** @returns all of stdin without its last line break */
export async function readPassword(context: CliContext): Promise<string> {
  return (await text(context.stdin)).replace(/\r?\n$/, "");
}

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cardsync, temporaryFolder } from "../support/cli.ts";

const MAIN = resolve(import.meta.dirname, "../../src/main.ts");
const hasScript = spawnSync("which", ["script"]).status === 0;

let folder: ReturnType<typeof temporaryFolder>;
let data: string;
beforeEach(async () => {
  folder = temporaryFolder();
  data = join(folder.path, "data");
  await cardsync(["card", "create", "--data", data]);
});
afterEach(() => {
  folder.remove();
});

const pin = (): string =>
  /^PIN (.+)$/m.exec(readFileSync(join(data, "cards/card-1.pin"), "utf8"))?.[1] ?? "";

/** Types each answer as soon as its prompt is seen. @returns what the terminal showed, and the exit code */
async function onTerminal(
  args: readonly string[],
  answers: readonly (readonly [prompt: string, answer: string])[],
): Promise<{ readonly shown: string; readonly code: number | null }> {
  const command = [process.execPath, "--import", "tsx", MAIN, ...args, "--data", data].join(" ");
  const terminal: ChildProcessWithoutNullStreams = spawn("script", ["-qefc", command, "/dev/null"]);
  let shown = "";
  let seen = 0;
  const left = [...answers];
  terminal.stdout.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
    const [prompt, answer] = left[0] ?? [];
    if (prompt === undefined || !shown.slice(seen).includes(prompt)) return;
    left.shift();
    seen = shown.length;
    terminal.stdin.write(answer ?? "");
  });
  const code = await new Promise<number | null>((done) => terminal.once("close", done));
  return { shown, code };
}

/** Secrets that are asked for on a terminal; `script` (of bsdutils) makes one. */
describe.skipIf(!hasScript)("on a terminal", { timeout: 60_000 }, () => {
  it("a PIN is asked for without being shown, and the new one twice", async () => {
    const before = pin();
    const { shown, code } = await onTerminal(
      ["card", "pin", "change"],
      [
        ["PIN: ", `${before}\r`],
        ["New PIN: ", "24681357\r"],
        ["New PIN again: ", "24681357\r"],
      ],
    );
    expect(code).toBe(0);
    expect(shown).toContain("The PIN is changed.");
    expect(shown).not.toContain(before);
    expect(shown).not.toContain("24681357");
    expect(pin()).toBe("24681357");
  });

  it("two new PINs that differ change nothing", async () => {
    const { shown, code } = await onTerminal(
      ["card", "pin", "change"],
      [
        ["PIN: ", `${pin()}\r`],
        ["New PIN: ", "24681357\r"],
        ["New PIN again: ", "24681358\r"],
      ],
    );
    expect([code, shown.includes("The two are not the same.")]).toEqual([2, true]);
    expect(pin()).not.toBe("24681357");
  });

  it.each([
    ["a PIN", ["card", "pin", "change"], "PIN: "],
    ["consent", ["card", "wipe"], "[y/N]"],
  ] as const)("Control-C where %s is asked for: nothing is done", async (_, args, prompt) => {
    const { shown, code } = await onTerminal(args, [[prompt, "\u0003"]]);
    expect([code, shown.includes("Nothing is done.")]).toEqual([1, true]);
  });

  it("what destroys asks first", async () => {
    const { code } = await onTerminal(["card", "wipe"], [["[y/N]", "n\r"]]);
    expect(code).toBe(1);
  });
});

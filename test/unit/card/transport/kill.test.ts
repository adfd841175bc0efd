import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createVirtualCard, openVirtualCard, PimCard } from "../../../../card/index.ts";
import { CONTACTS } from "../../../support/card/virtual.ts";

const folder = mkdtempSync(join(tmpdir(), "cardsync-kill-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const CHILD = new URL("../../../support/card/kill-child.ts", import.meta.url).pathname;

/** Lets a process write and kills it in the midst of that. @returns the ids that it was told of */
const writeUntilKilled = async (path: string, lines: number): Promise<readonly number[]> => {
  const child = spawn(process.execPath, ["--import", "tsx", CHILD, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    output += text;
    if (output.split("\n").length > lines) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.once("close", resolve));
  return output.split("\n").slice(0, -1).map(Number);
};

test("kill -9 loses nothing that was answered and tears nothing", async () => {
  const path = join(folder, "a.card");
  await createVirtualCard(path, { sizeKb: 1024, pin: "1234", puk: "12345678" });
  const answered: number[] = [];
  for (const lines of [3, 40]) {
    const ids = await writeUntilKilled(path, lines);
    // Every third one is deleted again, perhaps after its id was told and before the end.
    answered.push(...ids.filter((_, serial) => serial % 3 !== 0));
    const card = await PimCard.open(await openVirtualCard(path));
    await card.verify("1234");
    const live = new Set<number>();
    for await (const { id, content } of card.readImage(CONTACTS)) {
      expect(new TextDecoder().decode(content)).toMatch(/^\d+:x+$/);
      expect(content.length).toBe(300);
      live.add(id);
    }
    expect(answered.filter((id) => !live.has(id))).toEqual([]);
    await card.close();
  }
  expect(answered.length).toBeGreaterThan(25);
}, 30_000);

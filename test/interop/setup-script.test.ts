import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { cardsync, serve, type Service, temporaryFolder } from "../support/cli.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const SCRIPT = join(ROOT, "samples/syncevolution-setup.sh");
const isInstalled = ["syncevolution", "gcc"].every(
  (program) => spawnSync("which", [program]).status === 0,
);

const folder = temporaryFolder();
let service: Service | undefined;
afterEach(async () => {
  await service?.stop();
  folder.remove();
});

const synchronize = (url: string, password: string, place: string): Promise<number | null> =>
  new Promise((done) => {
    const script = spawn(SCRIPT, [url, "me", password, place], { stdio: "ignore" });
    script.once("close", done);
  });

describe.skipIf(!isInstalled)("samples/syncevolution-setup.sh (needs syncevolution, gcc)", () => {
  it("does for a new user what the README says", { timeout: 120_000 }, async () => {
    const data = join(folder.path, "data");
    const demo = join(folder.path, "demo");
    service = await serve(data);
    const password = /^ {2}Password +(\S+)$/m.exec(service.stdout())?.[1] ?? "";
    const contacts = join(ROOT, "samples/items/contacts");
    await cardsync(["items", "import", "contacts", contacts, "--data", data]);
    expect(await synchronize(service.url, password, demo)).toBe(0);
    const files = readdirSync(join(demo, "contacts"));
    const list = await cardsync(["items", "list", "contacts", "--json", "--data", data]);
    expect(files).toHaveLength((JSON.parse(list.stdout) as unknown[]).length);
    expect(readFileSync(join(demo, "contacts", files[0] ?? ""), "utf8")).toContain("BEGIN:VCARD");

    writeFileSync(join(demo, "notes", "shopping"), "Milk\nÄpfel\n");
    expect(await synchronize(service.url, password, demo)).toBe(0);
    const notes = await cardsync(["items", "list", "notes", "--json", "--data", data]);
    expect(JSON.parse(notes.stdout)).toMatchObject([{ title: "Milk" }]);

    expect(await synchronize(service.url, "wrong", demo)).not.toBe(0);
  });
});

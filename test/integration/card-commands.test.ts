import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createVirtualCard, openVirtualCard, PimCard } from "../../card/index.ts";
import type { CardInfo } from "../../src/control/operations.ts";
import { cardsync, type Finished, serve, temporaryFolder } from "../support/cli.ts";

const VCARD = (name: string): string =>
  `BEGIN:VCARD\r\nVERSION:3.0\r\nN:${name};;;;\r\nFN:${name}\r\nEND:VCARD\r\n`;
const UUID = /^[0-9a-f]{16}$/;

let folder: ReturnType<typeof temporaryFolder>;
let data: string;
beforeEach(() => {
  folder = temporaryFolder();
  data = join(folder.path, "data");
});
afterEach(() => {
  folder.remove();
});

const run = (...args: string[]): Promise<Finished> => cardsync([...args, "--data", data]);

/** A command that takes secrets, a line each. */
const runWith = (lines: readonly string[], ...args: string[]): Promise<Finished> =>
  cardsync([...args, "--data", data], { stdin: `${lines.join("\n")}\n` });

const json = async <T>(...args: string[]): Promise<T> => {
  const { code, stdout, stderr } = await run(...args, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as T;
};

const info = (...args: string[]): Promise<CardInfo> => json("card", "info", ...args);

const secret = (what: "PIN" | "PUK"): string =>
  new RegExp(`^${what} (.+)$`, "m").exec(
    readFileSync(join(data, "cards", "card-1.pin"), "utf8"),
  )?.[1] ?? "";

const pin = (lines: readonly string[], ...args: string[]): Promise<Finished> =>
  runWith(lines, "card", "pin", ...args, "--pin-stdin");

async function importContacts(...names: readonly string[]): Promise<void> {
  const file = join(folder.path, "people.vcf");
  writeFileSync(file, names.map(VCARD).join(""));
  expect((await run("items", "import", "contacts", file)).code).toBe(0);
}

/** On another terminal, which does not know the right one. */
async function mistypeByOthers(wrong: string): Promise<void> {
  const transport = await openVirtualCard(join(data, "cards", "card-1.card"));
  await (await PimCard.open(transport)).verify(wrong);
  await transport.close();
}

/** Nothing that a command says may hold a secret. */
function expectSilent(finished: Finished, ...secrets: readonly string[]): void {
  for (const each of secrets) expect(finished.stdout + finished.stderr).not.toContain(each);
}

describe("PIN and PUK", () => {
  it("a new card is written only once its owner has set its PIN", async () => {
    const cards = join(data, "cards");
    mkdirSync(cards, { recursive: true });
    const given = { pin: "0000", puk: "99999999" };
    await createVirtualCard(join(cards, "card-1.card"), {
      ...given,
      sizeKb: 64,
      isTransportPin: true,
    });
    writeFileSync(join(cards, "card-1.pin"), "PIN 0000\nPUK 99999999\n", { mode: 0o600 });
    const refused = await run("items", "list", "notes");
    expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining("card pin set")]);
    const wrong = await pin(["1111", "271828"], "set");
    expect([wrong.code, wrong.stderr]).toEqual([6, "cardsync: The PIN is wrong. Tries left: 2.\n"]);
    expect((await pin(["0000", "271828"], "change")).code).toBe(2);
    const done = await pin(["0000", "271828"], "set");
    expect(done.code).toBe(0);
    expectSilent(done, "0000", "271828");
    expect(secret("PIN")).toBe("271828");
    await importContacts("Ada");
    expect(await info()).toMatchObject({ pinTriesLeft: 3, pukTriesLeft: 10 });
  });

  it("change, with the old one, and stays in the file beside a virtual card", async () => {
    const { uuid } = await info();
    const old = secret("PIN");
    expect((await pin([old, "12"], "change")).code).toBe(2);
    expect((await pin([old], "change")).code).toBe(2);
    expect((await pin([old, "271828"], "change", "card-1")).code).toBe(0);
    expect([secret("PIN"), (await info()).uuid]).toEqual(["271828", uuid]);
    const puk = secret("PUK");
    expect((await pin([puk, "31415926"], "puk")).code).toBe(0);
    expect([secret("PIN"), secret("PUK")]).toEqual(["271828", "31415926"]);
    expect((await pin(["31415926", "161803"], "unblock")).code).toBe(0);
    expect([secret("PIN"), (await info()).uuid]).toEqual(["161803", uuid]);
  });

  it("a wrong one is counted, the last try is a person's, and the PUK helps a blocked card", async () => {
    await info();
    const right = secret("PIN");
    const wrong = (...more: string[]): Promise<Finished> =>
      pin(["11111", "271828"], "change", ...more);
    expect((await wrong()).stderr).toContain("Tries left: 2.");
    expect(await info()).toMatchObject({ pinTriesLeft: 3 });
    await mistypeByOthers("11111");
    expect((await wrong()).stderr).toContain("Tries left: 1.");
    const kept = await wrong();
    expect([kept.code, kept.stderr]).toEqual([6, expect.stringContaining("--last-try")]);
    const listed = await run("card", "list");
    expect(listed.stdout).toContain("locked, 1 tries left");
    const blocked = await wrong("--last-try");
    expect([blocked.code, blocked.stderr]).toEqual([6, expect.stringContaining("blocked")]);
    expect((await run("card", "info")).stderr).toContain("card pin unblock");
    expect((await pin([right, "271828"], "change")).stderr).toContain("blocked");
    const wrongPuk = await pin(["00000", "271828"], "unblock");
    expect(wrongPuk.stderr).toBe("cardsync: The PUK is wrong. Tries left: 9.\n");
    const done = await pin([secret("PUK"), "271828"], "unblock");
    expect(done.code).toBe(0);
    expectSilent(done, secret("PUK"), "271828");
    expect(await info()).toMatchObject({ pinTriesLeft: 3, pukTriesLeft: 10 });
    expect(secret("PIN")).toBe("271828");
  });

  it("are those of the card that is named, also where another one's name begins so", async () => {
    for (let count = 0; count < 10; count++) await run("card", "create", "--size", "16");
    const unclear = await pin([secret("PIN"), "271828"], "change");
    expect([unclear.code, unclear.stderr]).toEqual([2, expect.stringContaining("card-10")]);
    expect((await pin([secret("PIN"), "271828"], "change", "card-1")).code).toBe(0);
    expect(secret("PIN")).toBe("271828");
  });

  it("are never asked for where nobody can answer, and never taken from arguments", async () => {
    await info();
    const unasked = await run("card", "pin", "change");
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("stdin")]);
    const help = (await run("card", "pin", "change", "--help")).stdout;
    expect(help).toContain("--pin-stdin");
    expect(help).not.toMatch(/--(pin|new|old|puk)[ =]/);
  });
});

describe("beside a running service", { timeout: 60_000 }, () => {
  it("PIN, label and wipe are changed under it, and it goes on", async () => {
    await importContacts("Ada");
    const before = await info();
    const service = await serve(data);
    try {
      const old = secret("PIN");
      expect((await pin(["11111", "271828"], "change")).stderr).toContain("Tries left: 2.");
      expect((await info()).pinTriesLeft).toBe(3);
      expect((await pin([old, "271828"], "change")).code).toBe(0);
      expect(secret("PIN")).toBe("271828");
      expect((await run("card", "label", "ada")).code).toBe(0);
      expect(await info()).toMatchObject({ label: "ada", uuid: before.uuid });
      expect((await run("card", "wipe", "--yes")).code).toBe(0);
      const after = await info();
      expect([after.uuid === before.uuid, after.label]).toEqual([false, "ada"]);
      await importContacts("Grace");
      expect((await run("items", "list", "contacts")).stdout).toContain("Grace");
    } finally {
      expect(await service.stop()).toBe(0);
    }
    expectSilent({ code: 0, stdout: service.stdout(), stderr: service.stderr() }, "271828");
    expect((await info()).label).toBe("ada");
  });
});

describe("a card as a whole", () => {
  it("label: one that URLs can use, and that no other card has", async () => {
    await run("card", "create", "--size", "64", "--label", "ada");
    await run("card", "create", "--size", "64", "--label", "grace");
    expect((await run("card", "label", "grace", "--card", "ada")).code).toBe(1);
    expect((await run("card", "label", "a/b", "--card", "ada")).code).toBe(2);
    expect((await run("card", "label", "x".repeat(32), "--card", "ada")).code).toBe(2);
    expect((await run("card", "label", "lovelace", "--card", "ada")).code).toBe(0);
    expect((await run("card", "label", "lovelace", "--card", "lovelace")).code).toBe(0);
    expect((await info("--card", "lovelace")).uuid).toMatch(UUID);
  });

  it("wipe: says what is lost, asks, and leaves users bound to the same card", async () => {
    await importContacts("Ada", "Grace");
    const { uuid } = await info();
    const add = ["user", "add", "ada", "--password-stdin"];
    expect((await runWith(["secret word"], ...add)).code).toBe(0);
    expect((await run("user", "card", "ada", uuid)).code).toBe(0);
    const dry = await run("card", "wipe", "--dry-run");
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining("2 contacts")]);
    expect((await run("card", "wipe")).code).toBe(2);
    expect((await info()).uuid).toBe(uuid);
    expect((await run("card", "wipe", "--yes")).code).toBe(0);
    const wiped = await info();
    expect(wiped.uuid).toMatch(UUID);
    expect([wiped.uuid === uuid, wiped.label]).toEqual([false, "card-1"]);
    expect(wiped.databases.every(({ live }) => live === 0)).toBe(true);
    expect(await json("user", "list")).toMatchObject([{ name: "ada", card: wiped.uuid }]);
  });

  it("peers and forget: nobody is known to a new card", async () => {
    await info();
    expect(await json("card", "peers")).toEqual([]);
    expect((await run("card", "forget", "phone-1")).code).toBe(2);
    const nobody = await run("card", "forget", "phone-1", "--yes");
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("card peers")]);
  });

  it("doctor: finds nothing on a sound card", async () => {
    await importContacts("Ada");
    expect(await run("card", "doctor")).toEqual({
      code: 0,
      stdout: "",
      stderr: "The card is sound.\n",
    });
    expect(await json("card", "info")).toMatchObject({ pinTriesLeft: 3 });
  });
});

describe("a backup", () => {
  const PHRASE = "a long pass phrase";
  const backup = (...args: string[]): Promise<Finished> =>
    runWith([PHRASE], "card", "backup", file(), "--passphrase-stdin", ...args);
  const restore = (...args: string[]): Promise<Finished> =>
    runWith([PHRASE], "card", "restore", file(), "--passphrase-stdin", ...args);
  const file = (): string => join(folder.path, "ada.backup");
  const titles = async (...args: string[]): Promise<readonly string[]> =>
    (await json<{ title: string }[]>("items", "list", "contacts", ...args)).map(
      ({ title }) => title,
    );

  it("is a private file that gives the card back", async () => {
    await importContacts("Ada", "Grace");
    expect(await backup()).toEqual({
      code: 0,
      stdout: "",
      stderr: `2 items in ${file()}\n`,
    });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(readFileSync(file()).includes("Grace")).toBe(false);
    expect((await backup()).code).toBe(1);
    await importContacts("Joan");
    const dry = await restore("--dry-run");
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringMatching(/^3 items .* 2 of/)]);
    expect((await restore()).code).toBe(2);
    expect(await titles()).toEqual(["Ada", "Grace", "Joan"]);
    const done = await restore("--yes");
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("2 items restored")]);
    expect(await titles()).toEqual(["Ada", "Grace"]);
    expect((await info()).label).toBe("card-1");
    expectSilent(done, PHRASE, "Ada");
    expect((await backup("--force")).code).toBe(0);
  });

  it("does nothing with a wrong pass phrase, another file, or a short pass phrase", async () => {
    await importContacts("Ada");
    const { uuid } = await info();
    const short = await runWith(["short"], "card", "backup", file(), "--passphrase-stdin");
    expect([short.code, existsSync(file())]).toEqual([2, false]);
    await backup();
    const args = ["card", "restore", file(), "--passphrase-stdin", "--yes"];
    const wrong = await runWith(["another pass phrase"], ...args);
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining("pass phrase is wrong"),
    ]);
    writeFileSync(file(), "BEGIN:VCARD".repeat(10));
    expect((await restore("--yes")).stderr).toContain("is no backup");
    rmSync(file());
    expect((await restore("--yes")).code).toBe(2);
    expect((await info()).uuid).toBe(uuid);
  });

  it("goes to another card, whose name it takes if that is free", async () => {
    await run("card", "create", "--size", "64", "--label", "ada");
    await importContacts("Ada", "Grace");
    await backup();
    await run("card", "create", "--size", "64", "--label", "spare");
    expect((await restore("--yes", "--card", "spare")).stderr).toContain('a card "ada" already');
    await run("card", "label", "old", "--card", "ada");
    expect((await restore("--yes", "--card", "spare")).code).toBe(0);
    expect(await titles("--card", "ada")).toEqual(["Ada", "Grace"]);
  });

  it("is made and given back beside a running service", { timeout: 60_000 }, async () => {
    await importContacts("Ada");
    const service = await serve(data);
    try {
      expect((await backup()).code).toBe(0);
      await importContacts("Grace");
      expect((await restore("--yes")).code).toBe(0);
      expect(await titles()).toEqual(["Ada"]);
      expect((await run("card", "doctor")).code).toBe(0);
    } finally {
      expect(await service.stop()).toBe(0);
    }
    expect(service.stderr()).not.toContain(PHRASE);
  });
});

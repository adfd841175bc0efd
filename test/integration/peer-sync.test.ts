import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OperationResults } from "../../src/control/operations.ts";
import { cardsync, type Finished, serve, type Service, temporaryFolder } from "../support/cli.ts";
import { vcard } from "../support/bridge-world.ts";

/** A card goes to another cardsync: two services, two data folders. */
let folder: ReturnType<typeof temporaryFolder>;
let services: Service[];
beforeEach(() => {
  folder = temporaryFolder();
  services = [];
});
afterEach(async () => {
  for (const service of services) await service.stop("SIGTERM");
  folder.remove();
});

const PASSWORD = "open-sesame";
const never = new Promise<void>(() => undefined);

const at =
  (name: string) =>
  (...args: readonly string[]): Promise<Finished> =>
    cardsync([...args, "--data", join(folder.path, name)], { stdin: `${PASSWORD}\n`, stop: never });
const ours = at("ours");
const theirs = at("theirs");

async function start(name: string): Promise<Service> {
  const service = await serve(join(folder.path, name));
  services.push(service);
  return service;
}

async function importTo(run: typeof ours, ...cards: readonly string[]): Promise<void> {
  const file = join(folder.path, "a.vcf");
  writeFileSync(file, cards.join(""));
  expect((await run("items", "import", "contacts", file)).code).toBe(0);
}

async function names(run: typeof ours): Promise<readonly string[]> {
  const { stdout } = await run("items", "list", "contacts", "--json");
  return (JSON.parse(stdout) as { title: string }[]).map(({ title }) => title).sort();
}

/** The other service runs, and ours knows it. */
async function known(): Promise<void> {
  expect((await theirs("card", "create")).code).toBe(0);
  expect((await theirs("user", "add", "ada", "--password-stdin")).code).toBe(0);
  const { url } = await start("theirs");
  expect((await ours("card", "create")).code).toBe(0);
  const who = ["--url", url, "--user", "ada", "--password-stdin", "--datastore", "contacts"];
  const added = await ours("peer", "add", "home", "--template", "cardsync", ...who);
  expect([added.code, added.stderr]).toEqual([0, ""]);
}

describe("sync PEER", { timeout: 60_000 }, () => {
  it("brings both sides in step, says what it did, and is in the history", async () => {
    await known();
    await importTo(ours, vcard("Anna", "1"));
    await importTo(theirs, vcard("Bert", "2"));
    const first = await ours("sync", "home");
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toMatch(/contacts +slow .* ok/);
    expect([await names(ours), await names(theirs)]).toEqual([
      ["Anna", "Bert"],
      ["Anna", "Bert"],
    ]);
    const second = await ours("sync", "home", "--json");
    const { datastores } = JSON.parse(second.stdout) as OperationResults["peerSync"];
    expect(datastores).toMatchObject([{ datastore: "contacts", type: "two-way", outcome: "ok" }]);
    expect((await ours("history")).stdout).toContain("two-way");
  });

  it("stops before it deletes more than half of a side, until a person agrees", async () => {
    await known();
    const people = Array.from({ length: 12 }, (_, nth) => `Person ${String(nth)}`);
    await importTo(ours, ...people.map((name) => vcard(name, "1")));
    expect((await ours("sync", "home")).code).toBe(0);
    const { stdout } = await theirs("items", "list", "contacts", "--json");
    const ids = (JSON.parse(stdout) as { id: number }[]).map(({ id }) => String(id));
    for (const id of ids)
      expect((await theirs("items", "delete", "contacts", id, "--yes")).code).toBe(0);
    const stopped = await ours("sync", "home");
    expect([stopped.code, stopped.stderr]).toEqual([4, expect.stringContaining("stopped")]);
    expect(await names(ours)).toHaveLength(12);
    expect((await ours("sync", "home", "--allow-mass-delete")).code).toBe(0);
    expect(await names(ours)).toEqual([]);
    const { stdout: listed } = await ours("history", "--json");
    const [newest] = JSON.parse(listed) as { id: number }[];
    expect((await ours("history", "undo", String(newest?.id), "--yes")).code).toBe(0);
    expect(await names(ours)).toHaveLength(12);
  });

  it("ends with its own exit codes: no such peer, no server, no card", async () => {
    expect((await ours("sync", "home")).code).toBe(1);
    await known();
    await services.pop()?.stop("SIGTERM");
    await ours(
      "peer",
      "edit",
      "home",
      "--url",
      "http://127.0.0.1:9/syncml",
      "--card",
      "00ff00ff00ff00ff",
    );
    const absent = await ours("sync", "home");
    expect([absent.code, absent.stderr]).toEqual([2, expect.stringContaining("Which card")]);
  });
});

describe("schedule PEER", { timeout: 60_000 }, () => {
  it("takes the card there by the clock, and says when it does so next", async () => {
    await known();
    await importTo(ours, vcard("Anna", "1"));
    expect((await ours("schedule", "home", "* * * * * *")).code).toBe(0);
    await start("ours");
    await vi.waitFor(
      async () => {
        expect(await names(theirs)).toEqual(["Anna"]);
      },
      { timeout: 20_000, interval: 300 },
    );
    const listed = await ours("schedule", "--json");
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { peer: "home", cron: "* * * * * *", failures: 0, pausedReason: null },
    ]);
    expect((await ours("schedule", "home", "--off")).code).toBe(0);
    expect((await ours("schedule")).stdout).toBe("");
  });

  it("takes a card that was changed there", async () => {
    await known();
    expect((await ours("schedule", "home", "--on-change")).code).toBe(0);
    await start("ours");
    await importTo(ours, vcard("Anna", "1"));
    await vi.waitFor(
      async () => {
        expect(await names(theirs)).toEqual(["Anna"]);
      },
      { timeout: 30_000, interval: 500 },
    );
  });

  it("refuses what is no time", async () => {
    await known();
    expect((await ours("schedule", "home", "nonsense")).code).toBe(2);
    expect((await ours("schedule", "home", "* * * * *", "--time-zone", "Mars/Olympus")).code).toBe(
      2,
    );
    expect((await ours("schedule", "home")).code).toBe(2);
    expect((await ours("schedule", "nobody", "* * * * *")).code).toBe(1);
  });
});

import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OperationResults } from "../../src/control/operations.ts";
import { cardsync, type Finished, temporaryFolder } from "../support/cli.ts";
import { vcard } from "../support/bridge-world.ts";
import { PEER_USER, PeerServer } from "./support/peer-server.ts";

let folder: ReturnType<typeof temporaryFolder>;
let peer: PeerServer;
beforeEach(async () => {
  folder = temporaryFolder();
  dataName = DATA;
  expect((await run("card", "create", "--size", "512")).code).toBe(0);
  const { uuid } = JSON.parse((await run("card", "info", "--json")).stdout) as { uuid: string };
  peer = await PeerServer.start(uuid);
});
afterEach(() => {
  folder.remove();
});

const DATA = "data";

/** Never asked to stop. */
const stop = new Promise<void>(() => undefined);

let dataName = DATA;
const run = (...args: readonly string[]): Promise<Finished> =>
  cardsync([...args, "--data", join(folder.path, dataName)], {
    stdin: `${PEER_USER.password}\n`,
    stop,
  });

async function addPeer(...more: readonly string[]): Promise<void> {
  const who = ["--url", peer.url, "--user", PEER_USER.name, "--password-stdin"];
  const added = await run(
    "peer",
    "add",
    "evo",
    ...who,
    "--datastore",
    "contacts=contacts",
    ...more,
  );
  expect([added.code, added.stderr]).toEqual([0, ""]);
}

type Result = OperationResults["peerSync"];

async function sync(...more: readonly string[]): Promise<Result["datastores"][number]> {
  const finished = await run("sync", "evo", "--json", ...more);
  expect([finished.code, finished.stderr]).toEqual([0, ""]);
  const [contacts] = (JSON.parse(finished.stdout) as Result).datastores;
  if (contacts === undefined) throw new Error(finished.stdout);
  return contacts;
}

async function importCards(...cards: readonly string[]): Promise<void> {
  const file = join(folder.path, "a.vcf");
  writeFileSync(file, cards.join(""));
  expect((await run("items", "import", "contacts", file)).code).toBe(0);
}

const nameOf = (text: string): string => /FN:([^\r\n]*)/.exec(text)?.[1] ?? "";

async function names(): Promise<readonly string[]> {
  const items = JSON.parse((await run("items", "list", "contacts", "--json")).stdout) as {
    title: string;
  }[];
  return items.map(({ title }) => title).sort();
}

async function expectInStep(...wanted: readonly string[]): Promise<void> {
  expect([await names(), peer.contacts().map(nameOf).sort()]).toEqual([wanted, wanted]);
}

const NONE = { added: 0, changed: 0, deleted: 0, failed: 0 };

describe.each([
  ["1.2", "wbxml"],
  ["1.2", "xml"],
  ["1.1", "wbxml"],
  ["1.0", "xml"],
])("SyncEvolution's server, SyncML %s in %s", (version, encoding) => {
  it("first sync, changes of both sides, and nothing to say", async () => {
    await addPeer("--version", version, "--encoding", encoding);
    await importCards(vcard("Anna", "1"), vcard("Bert", "1"));
    peer.put(vcard("Cora", "2"));
    expect(await sync()).toMatchObject({ outcome: "ok", type: "slow" });
    await expectInStep("Anna", "Bert", "Cora");
    await importCards(vcard("Dora", "1"));
    peer.put(vcard("Emil", "2"));
    peer.remove("FN:Anna");
    expect(await sync()).toMatchObject({ outcome: "ok", type: "two-way" });
    await expectInStep("Bert", "Cora", "Dora", "Emil");
    expect(await sync()).toMatchObject({ type: "two-way", sent: NONE, received: NONE });
  });
});

describe("SyncEvolution's server", () => {
  it("a card that is taken to another bridge goes on with a fast sync", async () => {
    await addPeer();
    await importCards(vcard("Anna", "1"));
    peer.put(vcard("Bert", "2"));
    expect(await sync()).toMatchObject({ outcome: "ok", type: "slow" });
    cpSync(join(folder.path, DATA, "cards"), join(folder.path, "other", "cards"), {
      recursive: true,
    });
    dataName = "other";
    await addPeer();
    await importCards(vcard("Cora", "1"));
    peer.put(vcard("Dora", "2"));
    const next = await sync();
    expect(next).toMatchObject({ outcome: "ok", type: "two-way" });
    expect([next.sent.added, next.received.added]).toEqual([1, 1]);
    await expectInStep("Anna", "Bert", "Cora", "Dora");
  });

  it("a wrong password is told, and nothing is exchanged", async () => {
    await addPeer();
    await importCards(vcard("Anna", "1"));
    const edited = await cardsync(
      ["peer", "edit", "evo", "--password-stdin", "--data", join(folder.path, DATA)],
      { stdin: "wrong\n" },
    );
    expect(edited.code).toBe(0);
    const refused = await run("sync", "evo");
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining("name and password"),
    ]);
    expect(peer.contacts()).toEqual([]);
  });

  it("one-way and refresh do what they say", async () => {
    await addPeer();
    await importCards(vcard("Anna", "1"));
    await sync();
    await importCards(vcard("Bert", "1"));
    peer.put(vcard("Cora", "2"));
    expect(await sync("--type", "one-way-to-peer")).toMatchObject({ outcome: "ok" });
    expect(await names()).toEqual(["Anna", "Bert"]);
    expect(peer.contacts().map(nameOf).sort()).toEqual(["Anna", "Bert", "Cora"]);
    expect(await sync("--type", "refresh-card")).toMatchObject({ outcome: "ok" });
    await expectInStep("Anna", "Bert", "Cora");
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CardOnServer } from "../../../src/bridge/client/card-on-server.ts";
import {
  buildDevInf,
  type ClientEnd,
  type ClientFailure,
  type ClientSessionOptions,
  type Encoding,
  type Post,
  runClientSession,
  type SyncmlVersion,
  type SyncType,
} from "../../../syncml/index.ts";
import { BridgeWorld, vcard } from "../../support/bridge-world.ts";

/** A card is taken to another service of ours by the messages themselves. */
let ours: BridgeWorld;
let theirs: BridgeWorld;
beforeEach(async () => {
  ours = await BridgeWorld.create();
  theirs = await BridgeWorld.create();
});
afterEach(async () => {
  await ours.destroy();
  await theirs.destroy();
});

const URL = "http://127.0.0.1/syncml";
const IDENTITY = { devId: "card-1", man: "cardsync", mod: "cardsync", swV: "1" };

interface Wish {
  readonly version?: SyncmlVersion;
  readonly encoding?: Encoding;
  readonly syncType?: SyncType;
  readonly password?: string;
  readonly maxMsgSizeBytes?: number;
  readonly remoteUri?: string;
  readonly post?: Post;
}

const post: Post = async ({ url, bytes, contentType }) => {
  const answer = await theirs.exchange(bytes, contentType, url);
  return { ...answer, contentType };
};

interface Ended {
  readonly end: ClientEnd;
  readonly results: ReturnType<CardOnServer["results"]>;
}

async function sync(wish: Wish = {}): Promise<Ended> {
  const local = ours.bridge.toServer({
    held: ours.held,
    url: URL,
    user: "me",
    policy: "newest",
    consent: { mayRefreshCard: false, mayDeleteMany: true },
  });
  const options: ClientSessionOptions = {
    url: URL,
    deviceId: ours.held.uuid,
    user: "me",
    password: wish.password ?? "secret",
    version: wish.version ?? "1.2",
    encoding: wish.encoding ?? "wbxml",
    maxMsgSizeBytes: wish.maxMsgSizeBytes ?? 64_000,
    maxObjSizeBytes: 1_000_000,
    datastores: [
      {
        name: "contacts",
        remoteUri: wish.remoteUri ?? "./contacts",
        syncType: wish.syncType ?? "twoWay",
      },
    ],
    devInf: (version) => buildDevInf(IDENTITY, [], version, { alerted: [], omitsCtCap: false }),
  };
  const count = { bytesSent: 0, bytesReceived: 0 };
  try {
    const ports = { post: wish.post ?? post, local, count };
    let end = await runClientSession(options, ports);
    if (end === "again") end = await runClientSession(options, ports);
    return { end, results: local.results() };
  } finally {
    await local.giveUp("the run is over");
  }
}

const importTo = (world: BridgeWorld, ...cards: readonly string[]): Promise<unknown> =>
  world.bridge.items.import(world.held, "contacts", [
    { name: "a.vcf", bytes: Buffer.from(cards.join(""), "utf8") },
  ]);

const keys = async (world: BridgeWorld): Promise<readonly string[]> =>
  (await world.contacts())
    .map(
      (text) =>
        `${/FN:([^\r\n]*)/.exec(text)?.[1] ?? ""} ${/TEL[^:]*:(\d*)/.exec(text)?.[1] ?? ""}`,
    )
    .sort();

async function remove(world: BridgeWorld, title: string): Promise<void> {
  const items = await world.bridge.items.list(world.held, "contacts");
  const id = items.find((item) => item.title === title)?.id ?? 0;
  await world.bridge.items.remove(world.held, "contacts", id);
}

async function expectEqual(wanted: readonly string[]): Promise<void> {
  expect([await keys(ours), await keys(theirs)]).toEqual([wanted, wanted]);
}

const LONG = `NOTE:${"a long note ".repeat(800)}\r\n`;

describe.each([
  ["1.2", "wbxml"],
  ["1.2", "xml"],
  ["1.1", "wbxml"],
  ["1.0", "xml"],
] as const)("the card goes to a server, SyncML %s in %s", (version, encoding) => {
  it("first sync, changes on both sides, and nothing to say", async () => {
    const wish = { version, encoding };
    await importTo(ours, vcard("Anna", "1"), vcard("Bert", "1"));
    await importTo(theirs, vcard("Cora", "2"), vcard("Dora", "2"));
    const first = await sync(wish);
    expect(first.results).toMatchObject([{ outcome: "ok", typeDone: "slow" }]);
    await expectEqual(["Anna 1", "Bert 1", "Cora 2", "Dora 2"]);
    await importTo(ours, vcard("Emil", "1"));
    await importTo(theirs, vcard("Fritz", "2"));
    await remove(ours, "Cora");
    await remove(theirs, "Anna");
    const second = await sync(wish);
    expect(second.results).toMatchObject([{ outcome: "ok", typeDone: "two-way" }]);
    await expectEqual(["Bert 1", "Dora 2", "Emil 1", "Fritz 2"]);
    const { results } = await sync(wish);
    expect(results[0]?.typeDone).toBe("two-way");
    const none = { added: 0, changed: 0, deleted: 0, failed: 0 };
    expect(results[0]).toMatchObject({ sent: none, received: none });
  });
});

describe("a session with a server", () => {
  it("carries items larger than a message in pieces, both ways", async () => {
    await importTo(ours, vcard("Anna", "1", LONG), vcard("Bert", "1"));
    await importTo(theirs, vcard("Cora", "2", LONG));
    await sync({ maxMsgSizeBytes: 4_000, encoding: "xml" });
    await expectEqual(["Anna 1", "Bert 1", "Cora 2"]);
    expect((await theirs.contacts()).filter((text) => text.includes("a long note"))).toHaveLength(
      2,
    );
    expect((await sync()).results[0]?.typeDone).toBe("two-way");
  });

  it("does one-way syncs and refreshes as they are asked for", async () => {
    await importTo(ours, vcard("Anna", "1"));
    await sync();
    await importTo(ours, vcard("Bert", "1"));
    await importTo(theirs, vcard("Cora", "2"));
    await sync({ syncType: "oneWayFromClient" });
    expect([await keys(ours), await keys(theirs)]).toEqual([
      ["Anna 1", "Bert 1"],
      ["Anna 1", "Bert 1", "Cora 2"],
    ]);
    await sync({ syncType: "refreshFromServer" });
    await expectEqual(["Anna 1", "Bert 1", "Cora 2"]);
    await remove(ours, "Cora");
    await sync({ syncType: "refreshFromClient" });
    await expectEqual(["Anna 1", "Bert 1"]);
    expect((await sync()).results[0]?.typeDone).toBe("two-way");
  });

  it("ends with a wrong password, having exchanged nothing", async () => {
    await importTo(ours, vcard("Anna", "1"));
    await expect(sync({ password: "wrong" })).rejects.toMatchObject({
      code: "auth",
    } satisfies Partial<ClientFailure>);
    expect(await keys(theirs)).toEqual([]);
    expect((await sync()).results[0]).toMatchObject({ outcome: "ok" });
    await expectEqual(["Anna 1"]);
  });

  it("comes in by MD5 where the server wants that", async () => {
    await theirs.setAuth("md5");
    await importTo(ours, vcard("Anna", "1"));
    expect((await sync()).end).toBe("done");
    expect((await sync()).end).toBe("done");
    await expectEqual(["Anna 1"]);
  });

  it("tells of a datastore that the server does not know", async () => {
    const { results } = await sync({ remoteUri: "./photos" });
    expect(results).toMatchObject([
      { outcome: "failed", reason: expect.stringContaining("404") as string },
    ]);
  });

  it.each([1, 2, 3])(
    "breaks off at message %i: the next sync is fast, nothing is lost or doubled",
    async (message) => {
      await importTo(ours, vcard("Anna", "1"));
      await sync();
      for (const what of ["request", "answer"] as const) {
        await importTo(ours, vcard(`Bert${what}`, "1"));
        await importTo(theirs, vcard(`Cora${what}`, "2"));
        theirs.resetMessages();
        theirs.fault = { message, what };
        await expect(sync()).rejects.toThrow();
        theirs.fault = undefined;
        expect((await sync()).results.at(-1)?.typeDone).toBe("two-way");
        expect(await keys(ours)).toEqual(await keys(theirs));
      }
      expect(await keys(ours)).toHaveLength(5);
    },
  );

  it("is not taken in by an answer that is none", async () => {
    const nonsense: Post = ({ contentType }) =>
      Promise.resolve({ httpStatus: 200, contentType, bytes: Buffer.from("<html>") });
    await expect(sync({ post: nonsense })).rejects.toMatchObject({ code: "server" });
    const gone: Post = () =>
      Promise.resolve({ httpStatus: 503, contentType: undefined, bytes: Buffer.alloc(0) });
    await expect(sync({ post: gone })).rejects.toMatchObject({ code: "server", isTemporary: true });
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { challenge } from "../../../../syncml/auth/credentials.ts";
import type { AuthScheme } from "../../../../syncml/auth/schemes.ts";
import { createSyncServer, type SyncServer, type SyncmlVersion } from "../../../../syncml/index.ts";
import { AuthClient, type AuthClientOptions, type Wire } from "../../../support/auth-client.ts";
import { MemoryAccounts, PASSWORD, USER } from "../../../support/memory-accounts.ts";
import { MemorySessions } from "../../../support/memory-sessions.ts";
import {
  alert,
  answersTo,
  change,
  contentsOf,
  FakeDatastores,
  fakeDevices,
  sync,
} from "../../../support/session-driver.ts";

const URL = "http://server/syncml";
const OWN = { name: "cardsync", password: "for the phone" };

/** A server over memory, and clients of it. */
class World {
  readonly accounts: MemoryAccounts;
  readonly datastores = new FakeDatastores({ card: {} });
  readonly sessions = new MemorySessions();
  readonly warnings: string[] = [];
  server: SyncServer;
  #round = 0;

  constructor(schemes: readonly AuthScheme[]) {
    this.accounts = new MemoryAccounts(schemes);
    this.server = this.restarted();
  }

  restarted(): SyncServer {
    const { accounts, datastores, sessions } = this;
    const warn = (_fields: object, text: string): void => void this.warnings.push(text);
    const log = { info: () => undefined, error: () => undefined, warn };
    this.server = createSyncServer(
      {
        ...{ accounts, datastores, sessions, log, devices: fakeDevices() },
        clock: { now: () => 1_000 },
        random: (n) => new Uint8Array(n).fill(++this.#round),
      },
      {
        ...{ devId: "d", man: "m", mod: "m", swV: "1" },
        ...{ maxMsgSizeBytes: 20_000, maxObjSizeBytes: 90_000 },
        ...{ maxSessions: 10, sessionTimeoutMs: 60_000 },
      },
    );
    return this.server;
  }

  client(options: Partial<AuthClientOptions> & Pick<AuthClientOptions, "auth">): AuthClient {
    const exchange: AuthClientOptions["exchange"] = (wire) => this.post(wire);
    return new AuthClient({
      exchange,
      url: URL,
      user: USER,
      password: PASSWORD,
      ...options,
    }).begin();
  }

  post(wire: Wire, remoteAddress = "10.0.0.1"): ReturnType<SyncServer["handle"]> {
    const { url, ...request } = wire;
    const token = url.split("?s=")[1];
    const where = { baseUrl: URL, remoteAddress, ...(token === undefined ? {} : { token }) };
    return this.server.handle({ ...request, ...where });
  }

  get opened(): number {
    return this.datastores.calls.filter((call) => call.startsWith("open")).length;
  }
}

const versions: readonly SyncmlVersion[] = ["1.0", "1.1", "1.2"];

describe.each(["xml", "wbxml"] as const)("in %s", (encoding) => {
  it.each(versions)("MD5 of SyncML %s lets in, and hands the next nonce on", async (version) => {
    const world = new World(["md5", "md5-1.0"]);
    const client = world.client({ auth: "md5", version, encoding });
    expect((await client.send([alert(200)]))[0]).toBe("SyncHdr 401");
    expect((await client.send([alert(200)]))[0]).toBe("SyncHdr 212");
    expect((await client.send([sync()]))[0]).toBe("SyncHdr 200");
    expect((await client.begin().send([alert(200)]))[0]).toBe("SyncHdr 212");
  });

  it("HMAC lets each message in by itself, and hands a nonce on with each", async () => {
    const world = new World(["hmac"]);
    const client = world.client({ auth: "hmac", encoding });
    expect((await client.send([alert(200)]))[0]).toBe("SyncHdr 401");
    expect(client.reply?.commands[0]).toMatchObject({
      chal: { meta: { type: "syncml:auth-MAC" } },
    });
    expect((await client.send([alert(200)]))[0]).toBe("SyncHdr 200");
    const { nonce } = client;
    expect(await client.send([sync([change("add", "1")])])).toContain("Add 200 1");
    expect(client.nonce).not.toEqual(nonce);
    expect((await client.begin().send([alert(200)]))[0]).toBe("SyncHdr 200");
  });
});

describe("an HMAC session", () => {
  let world: World;
  let client: AuthClient;
  beforeEach(async () => {
    world = new World(["hmac"]);
    client = world.client({ auth: "hmac" });
    await client.sendTrying([alert(200)]);
  });

  it("a message that was changed on its way opens nothing and changes nothing", async () => {
    const { server } = world;
    world.server = {
      ...server,
      handle: (request) => {
        const bytes = Buffer.from(
          Buffer.from(request.bytes).toString().replace("<Delete>", "<Delete >"),
        );
        return server.handle({ ...request, bytes });
      },
    };
    const gone = { type: "delete", cmdId: "21", items: [{ source: { locUri: "1" } }] } as const;
    expect((await client.send([sync([gone])]))[0]).toBe("SyncHdr 401");
    expect(client.reply?.header.respUri).toBeUndefined();
    expect(world.datastores.operations).toEqual([]);
    world.server = server;
    expect(await client.send([sync([change("add", "2")])])).toContain("Add 200 2");
    expect(world.datastores.operations).toMatchObject([{ luid: "2" }]);
  });

  it("a stranger with its address and token ends it not, however often", async () => {
    const stranger = world.client({ auth: "basic" });
    const forged = new AuthClient({
      exchange: (wire) => world.post({ ...wire, url: client.reply?.header.respUri ?? "" }),
      ...{ url: URL, user: USER, password: PASSWORD, auth: "basic" },
    }).begin();
    for (let each = 0; each < 5; each += 1) {
      expect((await stranger.send([sync([change("add", "9")])]))[0]).not.toBe("SyncHdr 200");
      await forged.send([sync([change("add", "9")])]);
    }
    expect(world.datastores.operations).toEqual([]);
    expect(await client.send([sync([change("add", "1")])])).toContain("Add 200 1");
  });

  it("a resend has the same bytes after a restart", async () => {
    expect(await client.send([sync([change("add", "1")])])).toContain("Add 200 1");
    const [wire, answer] = [client.wires.at(-1), client.answers.at(-1)];
    if (wire === undefined) throw new Error("nothing was sent");
    world.restarted();
    expect(Buffer.from((await world.post(wire)).bytes)).toEqual(Buffer.from(answer?.bytes ?? []));
  });
});

describe("threat 8: an overheard digest", () => {
  it.each(["md5", "hmac"] as const)(
    "of %s opens nothing after its session went on",
    async (auth) => {
      const world = new World(["md5", "hmac"]);
      const client = world.client({ auth });
      await client.sendTrying([alert(200)]);
      const overheard = client.wires.at(-1);
      await client.send([sync()]);
      const before = world.opened;
      if (overheard === undefined) throw new Error("nothing was sent");
      for (const from of ["10.0.0.1", "6.6.6.6"]) {
        const answer = client.take(await world.post(overheard, from));
        expect(answer[0]).toMatch(/^SyncHdr 40[17]/);
        const other = Buffer.from(overheard.bytes)
          .toString()
          .replace("<SessionID>1<", "<SessionID>7<");
        const anew = { ...overheard, bytes: Buffer.from(other) };
        expect(client.take(await world.post(anew, from))[0]).toMatch(/^SyncHdr 40[17]/);
      }
      expect(world.opened).toBe(before);
    },
  );

  it("a lost answer costs no further message: the digest is taken again, once", async () => {
    const world = new World(["md5"]);
    const client = world.client({ auth: "md5" });
    await client.send([alert(200)]);
    const { nonce } = client;
    await client.send([alert(200)]);
    client.nonce = nonce;
    expect((await client.begin().send([alert(200)]))[0]).toBe("SyncHdr 212");
    client.nonce = nonce;
    expect((await client.begin().send([alert(200)]))[0]).toBe("SyncHdr 401");
    expect((await client.send([alert(200)]))[0]).toBe("SyncHdr 212");
  });
});

describe("a device asks who we are", () => {
  const asking = (
    client: AuthClient,
    type: "basic" | "md5" | "hmac",
    code = 407,
  ): ReturnType<AuthClient["headerStatus"]> =>
    client.headerStatus(code, challenge(type, type === "basic" ? undefined : client.serverNonce));

  it.each([
    ["basic", "1.2"],
    ["md5", "1.2"],
    ["md5", "1.0"],
    ["hmac", "1.2"],
  ] as const)(
    "by %s in %s: what it refused is said again, with our credentials",
    async (type, version) => {
      const world = new World(["basic"]);
      world.accounts.own = OWN;
      const client = world.client({ auth: "basic", version });
      client.demand = { type, ...OWN };
      await client.send([alert(200)]);
      expect(client.isServerRight()).toBeUndefined();
      const refused = client.last();
      await client.send([asking(client, type)]);
      expect(client.isServerRight()).toBe(true);
      expect(contentsOf(client.last())).toEqual(contentsOf(refused));
      const taken = answersTo(client.last(), { header: 212 });
      expect(await client.send([...taken, sync([change("add", "1")])])).toContain("Add 200 1");
      expect(world.opened).toBe(1);
    },
  );

  it("a stale nonce costs one more message; credentials that it does not take end the session", async () => {
    const world = new World(["basic"]);
    world.accounts.own = OWN;
    const client = world.client({ auth: "basic" });
    client.demand = { type: "md5", ...OWN };
    await client.send([alert(200)]);
    await client.send([asking(client, "md5")]);
    client.serverNonce = Buffer.from("second");
    await client.send([asking(client, "md5", 401)]);
    expect(client.isServerRight()).toBe(true);
    await client.send([asking(client, "md5", 401)]);
    expect(world.datastores.calls).toContain("abandon card: the peer refused our message with 401");
  });

  it("for HMAC it has one on each answer, with its nonce for that; a resend has the same", async () => {
    const world = new World(["basic"]);
    world.accounts.own = OWN;
    const client = world.client({ auth: "basic" });
    client.demand = { type: "hmac", ...OWN };
    await client.send([alert(200)]);
    await client.send([asking(client, "hmac")]);
    expect(client.isServerRight()).toBe(true);
    client.serverNonce = Buffer.from("second");
    const [, ...rest] = answersTo(client.last());
    await client.send([asking(client, "hmac", 200), ...rest, sync()]);
    expect(client.isServerRight()).toBe(true);
    const wire = client.wires.at(-1);
    world.restarted();
    if (wire !== undefined) client.take(await world.post(wire));
    expect(client.isServerRight()).toBe(true);
  });

  it("to a client that sends HMAC we answer with HMAC unasked", async () => {
    const world = new World(["hmac"]);
    world.accounts.own = OWN;
    const client = world.client({ auth: "hmac" });
    client.demand = { type: "hmac", ...OWN };
    client.serverNonce = Buffer.alloc(0);
    await client.send([alert(200)]);
    expect(client.isServerRight()).toBeUndefined();
    await client.send([alert(200)]);
    expect(client.isServerRight()).toBe(true);
  });

  it("without credentials the log says so; a peer that only asks is served, one that refuses is not", async () => {
    const world = new World(["basic"]);
    const client = world.client({ auth: "basic" });
    await client.send([alert(200)]);
    expect(await client.send([asking(client, "md5", 200), sync([change("add", "1")])])).toContain(
      "Add 200 1",
    );
    expect(world.warnings).toEqual(["a device asks who we are, and no credentials are set for it"]);
    await client.begin().send([alert(200)]);
    await client.send([asking(client, "md5")]);
    expect(world.datastores.calls).toContain("abandon card: the peer refused our message with 407");
  });
});

it.each([
  ["VerDTD", "<VerDTD>1.2<", "<VerDTD>2.0<", 505],
  ["VerProto", ">SyncML/1.2<", ">SyncML/1.3<", 513],
])(
  "an unknown %s is answered, in what was written; a session under way goes on",
  async (_name, right, wrong, code) => {
    const world = new World(["basic"]);
    const client = world.client({ auth: "basic" });
    await client.send([alert(200)]);
    const known = client.wires.at(-1);
    const bytes = Buffer.from(
      Buffer.from(known?.bytes ?? [])
        .toString()
        .replace(right, wrong)
        .replace("<MsgID>1<", "<MsgID>2<"),
    );
    const answer = await world.post({ bytes, contentType: known?.contentType ?? "", url: URL });
    expect(client.take(answer)).toEqual([`SyncHdr ${String(code)}`, `Alert ${String(code)}`]);
    expect(client.last()).toMatchObject({ version: "1.2", isFinal: true });
    expect(world.opened).toBe(1);
    expect(await client.send([sync([change("add", "1")])])).toContain("Add 200 1");
  },
);

import { connect, type Socket } from "node:net";
import { request } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { LIMITS } from "../../src/config/limits.ts";
import { md5Digest, md5DigestOf10, md5Secret } from "../../syncml/auth/credentials.ts";
import { alert, change, nextMessage, sync } from "../support/session-driver.ts";
import { BODY_BYTES, ThreatWorld, WBXML, XML } from "../support/threat-world.ts";

// The threats of the project's reference on stacks, by their numbers. Threats 7 and 8 have more tests beside what meets
// them: guess-throttle.test.ts, auth-sessions.test.ts; 1, 2, 4 and 19 in the tests of the codecs.

let world: ThreatWorld;

/** One service for the tests of one threat. */
function oneWorld(): void {
  beforeAll(async () => {
    world = await ThreatWorld.create();
  });
  afterAll(async () => {
    await world.remove();
  });
}

const contacts = alert(201, "./contacts");
const changesOf = (...commands: Parameters<typeof sync>[0] & object): ReturnType<typeof sync> =>
  sync(commands, "./contacts");
const card = (name: string): string =>
  `BEGIN:VCARD\r\nVERSION:2.1\r\nN:${name}\r\nFN:${name}\r\nEND:VCARD\r\n`;

/** A message of nobody, with a prolog before it and something in its body. */
const message = (prolog: string, body: string): string =>
  `${prolog}<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>SyncML/1.2</VerProto>
<SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>x</LocURI></Target><Source><LocURI>phone</LocURI></Source></SyncHdr>
<SyncBody>${body}<Final/></SyncBody></SyncML>`;

/** Whoever attacks, an honest client is served all the same. */
async function expectServed(): Promise<void> {
  const [header] = await world.client({ deviceId: "honest" }).send([alert(201, "./none")]);
  expect(header).toBe("SyncHdr 212");
}

describe("threat 1: entities and DTDs", () => {
  oneWorld();
  const laughs = Array.from({ length: 9 }, (_, at) => {
    const inner = at === 0 ? "lol" : `&l${String(at - 1)};`.repeat(10);
    return `<!ENTITY l${String(at)} "${inner}">`;
  }).join("");
  it.each([
    ["a billion laughs", message(`<!DOCTYPE SyncML [${laughs}]>`, "&l8;")],
    ["a file", message(`<!DOCTYPE SyncML [<!ENTITY f SYSTEM "file:///etc/passwd">]>`, "&f;")],
    [
      "a parameter entity",
      message(`<!DOCTYPE SyncML [<!ENTITY % p SYSTEM "http://127.0.0.1:1/">%p;]>`, ""),
    ],
    ["a late DOCTYPE", message("", `<!DOCTYPE SyncML [<!ENTITY a "b">]>&a;`)],
    ["a second DOCTYPE", message("<!DOCTYPE SyncML><!DOCTYPE SyncML>", "")],
    ["an entity of nobody", message("", "<Alert><CmdID>1</CmdID><Data>&who;</Data></Alert>")],
  ])("%s: 400", async (_name, text) => {
    const answer = await world.post(text);
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain("root:");
    await expectServed();
  });

  it("as many numeric references as a message may have are read, and no more than that", async () => {
    const put = (count: number): string =>
      message("", `<Put><CmdID>1</CmdID><Item><Data>${"&#65;".repeat(count)}</Data></Item></Put>`);
    expect((await world.post(put(50_000))).status).toBe(200);
    expect((await world.post(put(1_000_000))).status).toBe(413);
  });
});

describe("threat 2: nesting", () => {
  oneWorld();
  it.each([33, 10_000, 25_000])("%i elements deep: 400", async (depth) => {
    expect((await world.post(message("", "<Sequence>".repeat(depth)))).status).toBe(400);
    const closed = `${"<a>".repeat(depth)}${"</a>".repeat(depth)}`;
    expect((await world.post(message("", closed))).status).toBe(400);
    await expectServed();
  });
});

describe("threat 3: sizes", () => {
  oneWorld();
  it("one byte over the limit of bodies: 413, told by its length or counted", async () => {
    expect((await world.post(Buffer.alloc(BODY_BYTES + 1, 0x20))).status).toBe(413);
    const chunked = await new Promise<number | undefined>((done) => {
      const headers = { "Content-Type": XML, "Transfer-Encoding": "chunked" };
      const post = request(world.url, { method: "POST", headers }, (answer) => {
        answer.resume();
        done(answer.statusCode);
      });
      post.on("error", () => {
        done(413);
      });
      for (let sent = 0; sent <= BODY_BYTES; sent += 10_000) post.write(Buffer.alloc(10_000, 0x20));
      post.end();
    });
    expect(chunked).toBe(413);
  });

  it("an item that is as large as we announce is looked at, and one byte more is not", async () => {
    const client = world.client();
    await client.send([contacts]);
    const { maxObjSize = 0 } = client.last().header.meta ?? {};
    expect(maxObjSize).toBe(LIMITS.maxObjSizeBytes);
    const sized = (luid: string, size: number): ReturnType<typeof change> =>
      change("add", luid, { size, moreData: true, text: "BEGIN:VCARD" });
    expect(await client.send([changesOf(sized("1", maxObjSize))])).toContain("Add 213 1");
    expect(await client.send([changesOf(sized("2", maxObjSize + 2))])).toContain("Add 416 2");
  });

  it.each([
    ["no size at all", {}, "Add 411 1"],
    ["smaller than it is", { size: 3 }, "Add 424 1"],
    ["larger than it is", { size: 300 }, "Add 424 1"],
  ])("a size that lies, %s", async (_name, size, status) => {
    const client = world.client();
    await client.send([contacts]);
    const first = change("add", "1", { ...size, moreData: true, text: card("Eva").slice(0, 20) });
    const begun = await client.send([changesOf(first)]);
    const rest = change("add", "1", { text: card("Eva").slice(20) });
    const ended = await client.send([changesOf(rest)]);
    expect([...begun, ...ended]).toContain(status);
    expect(await world.open.operations.itemsList({ database: "contacts" })).toEqual([]);
  });

  it("a thousand chunks that never end are bounded, and gone with their session", async () => {
    const client = world.client();
    await client.send([contacts]);
    let status = "";
    for (let each = 0; each < 1000 && !status.includes("413"); each += 1) {
      const text = "x".repeat(100_000);
      const statuses = await client.send([
        changesOf(change("add", "1", { moreData: true, text, size: LIMITS.maxObjSizeBytes })),
      ]);
      status = statuses.at(-1) ?? "";
    }
    expect(status).toBe("Add 413 1");
    await client.begin().send([contacts]);
    expect(world.logged).not.toContain("could not be worked on");
  });
});

describe("threat 4: WBXML bombs", () => {
  oneWorld();
  const head = [0x02, 0xa4, 0x01, 0x6a];
  const body = [0x6d, 0x6c];
  const bombs: Readonly<Record<string, readonly number[]>> = {
    "a table longer than the body": [...head, 0x8f, 0xff, 0xff, 0xff, 0x7f, ...body],
    "a length of six bytes": [...head, 0x8f, 0xff, 0xff, 0xff, 0xff, 0x7f, ...body],
    "a string beyond the table": [...head, 0x01, 0x00, ...body, 0x83, 0x40],
    "opaque data beyond the end": [...head, 0x00, ...body, 0xc3, 0x8f, 0xff, 0xff, 0x7f],
    "a page of nobody": [...head, 0x00, 0x00, 0x63, ...body],
    "no end": [...head, 0x00, ...Array.from({ length: 200_000 }, () => 0x6d)],
  };
  it.each(Object.entries(bombs))("%s: 400", async (_name, bytes) => {
    expect((await world.post(Uint8Array.from(bytes), WBXML)).status).toBe(400);
  });

  it("one long string named again and again: 413", async () => {
    const table = Buffer.alloc(100_000, 0x41);
    table[table.length - 1] = 0;
    const size = [0x86, 0x8d, 0x20];
    const uses = Array.from({ length: 60_000 }, () => [0x83, 0x00]).flat();
    const bytes = Buffer.concat([
      Buffer.from([...head, ...size]),
      table,
      Buffer.from([...body, ...uses]),
    ]);
    expect((await world.post(bytes, WBXML)).status).toBe(413);
    await expectServed();
  });
});

describe("threat 7: guessing", () => {
  oneWorld();
  it("tells nobody which users there are", async () => {
    const [known, unknown] = await Promise.all(
      ["ada", "nobody"].map(async (user) => {
        const client = world.client({ user, password: "guess", deviceId: `${user}s-phone` });
        await client.send([contacts]);
        return Buffer.from(client.answers[0]?.bytes ?? [])
          .toString()
          .replaceAll(`${user}s-`, "");
      }),
    );
    expect(known).toBe(unknown);
  });

  it("in a flood does not hold the owner's device up", async () => {
    const owner = world.client();
    await owner.send([contacts]);
    const guesses = Array.from({ length: 20 }, (_, at) => {
      const guess = world.client({
        password: `guess-${String(at)}`,
        deviceId: `evil-${String(at)}`,
      });
      return guess.send([contacts]).then(([status]) => status);
    });
    let answered = 0;
    for (const each of guesses) void each.then(() => (answered += 1));
    await guesses[0];
    expect((await owner.begin().send([contacts]))[0]).toBe("SyncHdr 212");
    const before = answered;
    expect(before).toBeLessThan(guesses.length);
    for (const status of await Promise.all(guesses))
      expect(status).toMatch(/^SyncHdr 401|^HTTP 503/);
  });
});

describe("threat 8: replay", () => {
  oneWorld();
  it("an overheard digest opens nothing, also after a restart", async () => {
    const client = world.client({ auth: "md5" });
    await client.sendTrying([contacts]);
    const overheard = client.wires.at(-1);
    expect((await client.send([changesOf()]))[0]).toBe("SyncHdr 200");
    await world.stop();
    await world.start();
    if (overheard === undefined) throw new Error("nothing was sent");
    const text = Buffer.from(overheard.bytes).toString().replace("<SessionID>1<", "<SessionID>9<");
    const again = await world.post(text);
    expect(again.text).toContain("<Data>401</Data>");
    const { url } = world;
    const own = world.client({ auth: "md5", url });
    own.nonce = client.nonce;
    expect((await own.send([contacts]))[0]).toBe("SyncHdr 212");
  });
});

describe("threat 11: sessions of others", () => {
  oneWorld();
  it("no token of a peer's making opens one", async () => {
    const { url } = world;
    for (const token of ["AAAAAAAAAAAAAAAAAAAAAA", "../x", "1", ""]) {
      const answer = await world.post(
        message("", ""),
        XML,
        `${url}?s=${encodeURIComponent(token)}`,
      );
      expect(answer.status).toBe(404);
    }
    const many = await world.post(message("", ""), XML, `${url}?s=${"A".repeat(500)}`);
    expect(many.status).toBe(400);
  });

  it("a token is worth nothing to another device, nor beside another session", async () => {
    await world.addUser("eve");
    const ada = world.client();
    await ada.send([contacts]);
    const stolen = ada.last().header.respUri ?? "";
    const eve = world.client({ user: "eve", deviceId: "eves", url: stolen });
    expect(await eve.send([contacts])).toEqual(["HTTP 404"]);
    expect(new URL(stolen).search).toMatch(/^\?s=[\w-]{22}$/);
    expect((await ada.send([changesOf(change("add", "1", { text: card("Eva") }))])).at(-1)).toBe(
      "Add 201 1",
    );
  });

  it("RespURI is ours, whatever the peer writes", async () => {
    const client = world.client();
    await client.send([contacts]);
    expect(client.last().header.respUri?.startsWith(`${world.url}?s=`)).toBe(true);
  });
});

describe("threat 12: LocURIs", () => {
  oneWorld();
  const names = [
    "../../etc/passwd",
    "./contacts\u0001",
    "./contacts/../tasks",
    "contacts'; drop table users; --",
    "__proto__",
    "file:///etc/passwd",
    "x".repeat(100_000),
  ];
  it.each(names.map((name) => [name.slice(0, 40), name]))(
    "datastore %s: 404",
    async (_short, name) => {
      const client = world.client({ encoding: "wbxml" });
      const statuses = await client.send([alert(201, name)]);
      expect(statuses[1]?.slice(0, 9)).toBe("Alert 404");
      expect(await world.open.operations.userList({})).toHaveLength(1);
      await expectServed();
    },
  );

  it.each(names.slice(0, 6))("LUID %s is a key and nothing else", async (name) => {
    const client = world.client({ encoding: "wbxml" });
    await client.send([contacts]);
    const added = await client.send([
      changesOf(change("add", name, { text: card(`Eva of ${name.replace(/\W/g, "")}`) })),
    ]);
    expect(added).toContain(`Add 201 ${name}`);
  });

  it("a NUL in a path, a card label that climbs: 404 or 400", async () => {
    for (const path of ["/syncml/%00", "/syncml/..%2f..%2fetc%2fpasswd", "/syncml/%2e%2e/x"]) {
      const answer = await world.post(message("", ""), XML, world.listener.url + path);
      expect([200, 400, 404]).toContain(answer.status);
      expect(answer.text).not.toContain("root:");
    }
  });

  it("a device id of a megabyte: 413", async () => {
    const client = world.client({ deviceId: "d".repeat(2000) });
    expect(await client.send([contacts])).toEqual(["HTTP 413"]);
  });
});

describe("threat 15: credentials", () => {
  oneWorld();
  it("none is in the log or unsealed on the disk, whatever scheme is used", async () => {
    const { password } = world;
    const own = { name: "cardsync", password: "canary-of-our-own" };
    await world.addUser("bob", ["basic", "md5", "md5-1.0", "hmac"]);
    await world.open.operations.userIdentify({ name: "bob", own });
    const secrets = [
      password,
      own.password,
      md5Secret("bob", password),
      md5Secret("ada", password),
    ];
    for (const [auth, version] of [
      ["basic", "1.2"],
      ["md5", "1.2"],
      ["md5", "1.0"],
      ["hmac", "1.2"],
    ] as const) {
      const client = world.client({
        auth,
        version,
        user: "bob",
        deviceId: `bobs-${auth}-${version}`,
      });
      expect((await client.sendTrying([contacts]))[0]).toMatch(/^SyncHdr 2/);
      const { nonce } = client;
      secrets.push(
        md5Digest(md5Secret("bob", password), nonce),
        md5DigestOf10("bob", password, nonce),
      );
      if (client.wires.at(-1)?.hmac !== undefined)
        secrets.push(/mac=(\S+)/.exec(client.wires.at(-1)?.hmac ?? "")?.[1] ?? "none");
    }
    await world.client({ user: "bob", password: "canary-guess" }).send([contacts]);
    expect(world.logged).toContain("syncml message");
    const kept = world.kept();
    for (const secret of [...secrets, "canary-guess"]) {
      for (const text of [
        secret,
        Buffer.from(secret).toString("base64"),
        Buffer.from(secret).toString("hex"),
      ]) {
        expect(world.logged).not.toContain(text);
        expect(kept).not.toContain(text);
      }
    }
  });
});

describe("threat 18: slow and many clients", () => {
  oneWorld();
  const open: Socket[] = [];
  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy();
  });

  it("a hundred connections that say half a request do not keep others out", async () => {
    const port = Number(new URL(world.listener.url).port);
    for (let each = 0; each < 100; each += 1) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write("POST /syncml HTTP/1.1\r\nHost: x\r\nContent-Le");
      open.push(socket);
    }
    await expectServed();
  });

  it("a peer that only ever asks for more is sent away", async () => {
    const client = world.client();
    await client.send([contacts]);
    await client.send([changesOf()]);
    let status = "";
    for (let each = 0; each < 100 && !status.startsWith("HTTP"); each += 1)
      status = (await client.send([nextMessage]))[0] ?? "";
    expect(status).toBe("HTTP 404");
  });
});

describe("threat 18: many sessions", () => {
  oneWorld();

  it("as many sessions as there may be are served, and further ones are told to come later", async () => {
    const sessions = Array.from({ length: LIMITS.sessions + 5 }, (_, at) =>
      world.client({ deviceId: `device-${String(at)}` }).send([alert(201, "./nothing")]),
    );
    const statuses = (await Promise.all(sessions)).map(([first]) => first);
    expect(statuses.filter((each) => each === "SyncHdr 212")).toHaveLength(LIMITS.sessions);
    expect(statuses.filter((each) => each === "HTTP 503")).toHaveLength(5);
  });
});

describe("threat 19: names of JavaScript's own", () => {
  oneWorld();
  const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];
  const plain = (): Record<string, unknown> => ({});

  it.each(names)("%s as element and attribute is nobody's, or refused", async (name) => {
    const nested = `<${name}><polluted>1</polluted></${name}>`;
    const attribute = `<Alert ${name}="1"><CmdID>1</CmdID></Alert>`;
    for (const text of [nested, attribute, `<Put><CmdID>1</CmdID>${nested}</Put>`])
      expect([200, 400]).toContain((await world.post(message("", text))).status);
    expect(plain()["polluted"]).toBeUndefined();
    await expectServed();
  });

  it.each(names)("%s as device, user, datastore, LUID and vCard parameter", async (name) => {
    expect((await world.client({ user: name }).send([contacts]))[0]).toBe("SyncHdr 401");
    expect((await world.client({ deviceId: name }).send([alert(201, name)])).slice(0, 2)).toEqual([
      "SyncHdr 212",
      `Alert 404 ${name} ./pb`,
    ]);
    const client = world.client();
    await client.send([contacts]);
    const text = card(`Eva ${name}`).replace("FN:", `${name};${name}=${name}:x\r\nFN;${name}=1:`);
    const added = await client.send([changesOf(change("add", name, { text }))]);
    expect(added).toContain(`Add 201 ${name}`);
    expect(plain()["polluted"]).toBeUndefined();
  });
});

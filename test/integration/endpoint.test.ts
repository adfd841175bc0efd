import { join } from "node:path";
import { pino } from "pino";
import request from "supertest";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OpenFolder } from "../../src/cli/context.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createApp } from "../../src/http/app.ts";
import { openFolder } from "../../src/open-folder.ts";
import { type FolderLock, tryLockFolder } from "../../src/store/folder-lock.ts";
import { temporaryFolder } from "../support/cli.ts";

const XML = "application/vnd.syncml+xml";
const BODY_BYTES = 1024 * 1024;
const log = pino({ level: "silent" });

let folder: ReturnType<typeof temporaryFolder>;
let lock: FolderLock | undefined;
let open: OpenFolder;
let app: ReturnType<typeof createApp>;
beforeEach(async () => {
  folder = temporaryFolder();
  const dataDir = join(folder.path, "data");
  lock = tryLockFolder(dataDir);
  const loaded = loadConfig({ environment: {}, dataDir, flags: [] });
  open = await openFolder(loaded, { makesCard: true, log });
  app = createApp({
    sync: open.sync,
    log,
    trustProxy: [],
    bodyBytes: BODY_BYTES,
    requestsPerMinute: 1000,
  });
});
afterEach(async () => {
  await open.close();
  lock?.release();
  folder.remove();
});

const post = (body: string, contentType = XML, path = "/syncml"): request.Test =>
  request(app).post(path).set("Content-Type", contentType).buffer(true).parse(asText).send(body);

/** supertest knows no SyncML type: the body is taken as it comes. */
const asText: Parameters<request.Test["parse"]>[0] = (response, done) => {
  let text = "";
  response.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
  response.on("end", () => {
    done(null, text);
  });
};

/** Package 1 of a client that wants a slow sync of `datastore`. */
const packageOne = (options: { datastore: string; cred?: string }): string => {
  const data = Buffer.from(options.cred ?? "").toString("base64");
  const cred =
    options.cred === undefined
      ? ""
      : `<Cred><Meta><Type xmlns="syncml:metinf">syncml:auth-basic</Type></Meta><Data>${data}</Data></Cred>`;
  return `<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>SyncML/1.2</VerProto>
<SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>http://x/syncml</LocURI></Target>
<Source><LocURI>phone</LocURI></Source>${cred}</SyncHdr><SyncBody>
<Alert><CmdID>1</CmdID><Data>201</Data><Item><Target><LocURI>${options.datastore}</LocURI></Target>
<Source><LocURI>./c</LocURI></Source><Meta><Anchor xmlns="syncml:metinf"><Next>1</Next></Anchor></Meta>
</Item></Alert><Final/></SyncBody></SyncML>`;
};

/** The Data of each Status, in order. */
const statuses = (text: string): string[] =>
  [...text.matchAll(/<Status>.*?<Data>(\d+)<\/Data>.*?<\/Status>/gs)].map(([, code]) => code ?? "");

const bodyOf = (reply: { readonly body: unknown }): string => String(reply.body);

describe("HTTP statuses of the whole service", () => {
  const signedIn = packageOne({ datastore: "contacts", cred: "me:x" });
  it.each([
    { what: "a body that is no XML", body: "hello", status: 400 },
    { what: "a cut message", body: signedIn.slice(0, -20), status: 400 },
    { what: "an empty body", body: "", status: 400 },
    { what: "another content type", body: signedIn, contentType: "text/plain", status: 415 },
    { what: "a DTD subset", body: `<!DOCTYPE SyncML [<!ENTITY a "b">]>${signedIn}`, status: 400 },
  ])("$what: $status", async ({ body, contentType, status }) => {
    expect((await post(body, contentType)).status).toBe(status);
  });

  it("a message above the limit: 413", async () => {
    expect((await post(" ".repeat(BODY_BYTES + 1))).status).toBe(413);
  });

  it("an address of no session: 404", async () => {
    expect((await post(signedIn, XML, "/syncml?s=AAAAAAAAAAAAAAAAAAAAAA")).status).toBe(404);
  });
});

describe("SyncML statuses of the whole service", () => {
  it("missing credentials 407, wrong ones 401, each with a challenge", async () => {
    await open.createFirstUser();
    const missing = bodyOf(await post(packageOne({ datastore: "contacts" })));
    expect(statuses(missing)[0]).toBe("407");
    expect(missing).toContain("<Chal>");
    const wrong = bodyOf(await post(packageOne({ datastore: "contacts", cred: "me:guess" })));
    expect(statuses(wrong)[0]).toBe("401");
    expect(wrong).toContain("<Chal>");
  });

  it("the first user's password opens contacts, and no datastore that is not there", async () => {
    const user = await open.createFirstUser();
    const cred = `me:${user?.password ?? ""}`;
    const opened = bodyOf(await post(packageOne({ datastore: "./contacts", cred })));
    expect(statuses(opened).slice(0, 2)).toEqual(["212", "200"]);
    expect(opened).toContain("/syncml?s=");
    const unknown = packageOne({ datastore: "recipes", cred }).replace(
      "<SessionID>1<",
      "<SessionID>2<",
    );
    expect(statuses(bodyOf(await post(unknown)))).toEqual(["212", "404"]);
  });
});

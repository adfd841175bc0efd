import { gzipSync } from "node:zlib";
import { pino } from "pino";
import request from "supertest";
import { describe, expect, it } from "vitest";
import { BridgeError } from "../../../../src/errors.ts";
import { type AppParts, createApp } from "../../../../src/http/app.ts";
import type { SyncRequest } from "../../../../src/http/sync-route.ts";

const XML = "application/vnd.syncml+xml";
const BODY_BYTES = 20_000;

/** The endpoint over a server that remembers what it was given and answers it back. */
function endpoint(parts: Partial<AppParts> = {}): {
  app: ReturnType<typeof createApp>;
  seen: SyncRequest[];
  logged: string[];
} {
  const seen: SyncRequest[] = [];
  const logged: string[] = [];
  const app = createApp({
    sync: {
      handle(each) {
        seen.push(each);
        return Promise.resolve({ httpStatus: 200, contentType: XML, bytes: each.bytes });
      },
    },
    log: pino({ level: "debug" }, { write: (line: string) => logged.push(line) }),
    trustProxy: [],
    bodyBytes: BODY_BYTES,
    requestsPerMinute: 1000,
    ...parts,
  });
  return { app, seen, logged };
}

const answering = (httpStatus: number): AppParts["sync"] => ({
  handle: () => Promise.resolve({ httpStatus, contentType: "text/plain", bytes: new Uint8Array() }),
});

describe("POST /syncml", () => {
  it("hands the bytes over and the reply back, untouched", async () => {
    const { app, seen } = endpoint();
    const body = Buffer.from([0, 255, 13, 10, 128]);
    const reply = await request(app)
      .post("/syncml?s=abc")
      .set("Host", "sync.example.org:8080")
      .set("Content-Type", "application/vnd.syncml+wbxml; charset=UTF-8")
      .send(body)
      .buffer(true);
    expect(reply.status).toBe(200);
    expect(reply.headers["content-type"]).toBe(XML);
    expect(reply.headers["cache-control"]).toBe("no-store");
    expect(Number(reply.headers["content-length"])).toBe(body.length);
    expect(seen).toEqual([
      {
        bytes: body,
        contentType: "application/vnd.syncml+wbxml; charset=UTF-8",
        token: "abc",
        baseUrl: "http://sync.example.org:8080/syncml",
        remoteAddress: expect.stringContaining("127.0.0.1") as unknown,
      },
    ]);
  });

  it("takes the card's label from the path", async () => {
    const { app, seen } = endpoint();
    await request(app).post("/syncml/my%20card/").set("Content-Type", XML).send("x");
    expect(seen[0]).toMatchObject({
      cardLabel: "my card",
      baseUrl: expect.stringMatching(/\/syncml\/my%20card$/) as unknown,
    });
  });

  it.each([
    ["/syncml/~nokia-7210c", { alias: "nokia-7210c" }],
    ["/syncml/my%20card/~scts", { cardLabel: "my card", alias: "scts" }],
    ["/syncml/~scts/my%20card", { cardLabel: "my card", alias: "scts" }],
  ])(
    "takes the name of a make of devices from %s, and keeps it in RespURI",
    async (path, parts) => {
      const { app, seen } = endpoint();
      await request(app).post(path).set("Content-Type", XML).send("x");
      expect(seen[0]).toMatchObject(parts);
      expect(seen[0]?.baseUrl.endsWith(path)).toBe(true);
    },
  );

  it("knows no card within a card", async () => {
    const { app, seen } = endpoint();
    const answer = await request(app).post("/syncml/a/b").set("Content-Type", XML).send("x");
    expect([answer.status, seen.length]).toEqual([404, 0]);
  });

  it("gives the configured address to peers behind a proxy", async () => {
    const { app, seen } = endpoint({ baseUrl: "https://sync.example.org/" });
    await request(app).post("/syncml").set("Content-Type", XML).send("x");
    expect(seen[0]?.baseUrl).toBe("https://sync.example.org/syncml");
  });

  it("believes X-Forwarded headers only from proxies that it was told of", async () => {
    const forward = async (trustProxy: readonly string[]): Promise<SyncRequest | undefined> => {
      const { app, seen } = endpoint({ trustProxy });
      await request(app)
        .post("/syncml")
        .set("X-Forwarded-For", "203.0.113.9")
        .set("X-Forwarded-Proto", "https")
        .set("Content-Type", XML)
        .send("x");
      return seen[0];
    };
    expect((await forward([]))?.remoteAddress).not.toBe("203.0.113.9");
    expect((await forward([]))?.baseUrl).toMatch(/^http:/);
    expect((await forward(["loopback"]))?.remoteAddress).toBe("203.0.113.9");
    expect((await forward(["loopback"]))?.baseUrl).toMatch(/^https:/);
  });

  it("passes an empty body on, for the server to refuse", async () => {
    const { app, seen } = endpoint();
    await request(app).post("/syncml").set("Content-Type", XML);
    expect(seen[0]?.bytes).toHaveLength(0);
  });

  it("inflates gzip, but never past the limit", async () => {
    const { app, seen } = endpoint();
    const post = (body: Buffer, encoding: string): request.Test =>
      request(app)
        .post("/syncml")
        .set("Content-Type", XML)
        .set("Content-Encoding", encoding)
        .send(body);
    expect((await post(gzipSync("hello"), "gzip")).status).toBe(200);
    expect(Buffer.from(seen[0]?.bytes ?? []).toString()).toBe("hello");
    expect((await post(gzipSync(Buffer.alloc(10_000_000)), "gzip")).status).toBe(413);
    expect((await post(Buffer.from("no gzip"), "gzip")).status).toBe(400);
    expect((await post(Buffer.from("hello"), "lzma")).status).toBe(415);
    expect(seen).toHaveLength(1);
  });

  it("refuses one byte more than the limit", async () => {
    const { app, seen } = endpoint();
    const post = (length: number): request.Test =>
      request(app).post("/syncml").set("Content-Type", XML).send(Buffer.alloc(length, 32));
    expect((await post(BODY_BYTES)).status).toBe(200);
    expect((await post(BODY_BYTES + 1)).status).toBe(413);
    expect(seen).toHaveLength(1);
  });

  it.each([
    ["/syncml?s=a&s=b", 400],
    [`/syncml?s=${"a".repeat(201)}`, 400],
    [`/syncml/${"a".repeat(201)}`, 400],
    ["/syncml/%ff", 400],
    ["/syncml/a/b", 404],
    ["/SYNCML2", 404],
  ])("answers POST %s with %i", async (path, status) => {
    const { app, seen } = endpoint();
    expect((await request(app).post(path).set("Content-Type", XML).send("x")).status).toBe(status);
    expect(seen).toEqual([]);
  });

  it("refuses a Host header that could not be an address", async () => {
    const { app } = endpoint();
    const reply = await request(app).post("/syncml").set("Host", "a<b>").send("x");
    expect(reply.status).toBe(400);
  });

  it.each([400, 404, 413, 415, 503])("hands on the server's own %i", async (status) => {
    const { app } = endpoint({ sync: answering(status) });
    const reply = await request(app).post("/syncml").set("Content-Type", XML).send("x");
    expect(reply.status).toBe(status);
    expect(reply.headers["retry-after"]).toBe(status === 503 ? "10" : undefined);
  });

  it("tells a peer nothing of what went wrong inside", async () => {
    const failing = (error: Error): AppParts["sync"] => ({ handle: () => Promise.reject(error) });
    const broken = endpoint({ sync: failing(new Error("secret path /x")) });
    const reply = await request(broken.app).post("/syncml").set("Content-Type", XML).send("x");
    expect(reply.status).toBe(500);
    expect(reply.text).not.toContain("secret");
    expect(broken.logged.join("")).toContain("secret path");
    const busy = endpoint({ sync: failing(new BridgeError("BRIDGE_BUSY", "x")) });
    const later = await request(busy.app).post("/syncml").set("Content-Type", XML).send("x");
    expect(later.status).toBe(503);
    expect(later.headers["retry-after"]).toBeDefined();
  });
});

describe("what people see", () => {
  it.each(["/", "/syncml", "/syncml/card"])("GET %s says what this is", async (path) => {
    const { app } = endpoint();
    const reply = await request(app).get(path).set("Host", "localhost:8080");
    expect(reply.status).toBe(200);
    expect(reply.type).toBe("text/html");
    expect(reply.text).toContain("http://localhost:8080/syncml");
    expect(reply.text).toContain("calendar");
    expect(reply.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(reply.headers["x-powered-by"]).toBeUndefined();
  });

  it("escapes what stands in the configured address", async () => {
    const { app } = endpoint({ baseUrl: "http://x/<script>" });
    expect((await request(app).get("/")).text).not.toContain("<script>");
  });

  it("answers other methods 405 and other paths 404", async () => {
    const { app } = endpoint();
    const put = await request(app).put("/syncml");
    expect([put.status, put.headers["allow"]]).toEqual([405, "GET, HEAD, POST"]);
    expect((await request(app).get("/etc/passwd")).status).toBe(404);
  });

  it("has /livez for supervisors", async () => {
    expect((await request(endpoint().app).get("/livez")).text).toBe("ok\n");
  });
});

describe("what one address may do", () => {
  it("is bounded in a minute, without a word to the server", async () => {
    const { app, seen } = endpoint({ requestsPerMinute: 3 });
    const statuses: number[] = [];
    for (let each = 0; each < 5; each += 1) {
      statuses.push((await request(app).post("/syncml").set("Content-Type", XML).send("x")).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect(seen).toHaveLength(3);
    expect((await request(app).get("/livez")).status).toBe(200);
  });

  it("is logged without token, header or body", async () => {
    const { app, logged } = endpoint();
    await request(app)
      .post("/syncml?s=TOKEN")
      .set("Authorization", "Basic CANARY")
      .set("Content-Type", XML)
      .send("BODY");
    const text = logged.join("");
    expect(text).toContain("/syncml");
    expect(text).not.toMatch(/TOKEN|CANARY|BODY/);
  });
});

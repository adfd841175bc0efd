import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { LIMITS } from "../../../../src/config/limits.ts";
import { httpPost } from "../../../../src/peers/http-post.ts";

type Answer = (body: Buffer, response: ServerResponse, request: IncomingMessage) => void;

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** @returns where it listens */
async function serve(answer: Answer): Promise<string> {
  server = createServer((request, response) => {
    void buffer(request).then((body) => {
      answer(body, response, request);
    });
  });
  await new Promise<void>((done) => server?.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
}

const post = httpPost({ pausesMs: [1, 1] });
const request = (url: string): Parameters<typeof post>[0] => ({
  url,
  bytes: Buffer.from("message"),
  contentType: "application/vnd.syncml+xml",
});

describe("a message by HTTP", () => {
  it("is answered with status, type and bytes, also where they come zipped", async () => {
    const url = await serve((body, response, { headers }) => {
      response.writeHead(200, {
        "content-type": headers["content-type"],
        "content-encoding": "gzip",
      });
      response.end(gzipSync(body));
    });
    const answer = await post(request(url), undefined);
    expect([answer.httpStatus, answer.contentType]).toEqual([200, "application/vnd.syncml+xml"]);
    expect(Buffer.from(answer.bytes).toString()).toBe("message");
  });

  it("is sent again, the same bytes, where no answer comes", async () => {
    const bodies: string[] = [];
    const url = await serve((body, response) => {
      bodies.push(body.toString());
      if (bodies.length < 3) response.destroy();
      else response.end("answer");
    });
    await post(request(url), undefined);
    expect(bodies).toEqual(["message", "message", "message"]);
  });

  it("is given up after some tries", async () => {
    let tries = 0;
    const url = await serve((_, response) => {
      tries += 1;
      response.destroy();
    });
    await expect(post(request(url), undefined)).rejects.toMatchObject({ code: "network" });
    expect(tries).toBe(3);
  });

  it("is not sent again to a server that answers too much, or with an error", async () => {
    let tries = 0;
    const url = await serve((_, response) => {
      tries += 1;
      response.end(Buffer.alloc(LIMITS.peerAnswerBytes + 1));
    });
    await expect(post(request(url), undefined)).rejects.toMatchObject({ code: "network" });
    expect(tries).toBe(1);
  });

  it("is not followed where it is sent elsewhere", async () => {
    const url = await serve((_, response) => {
      response.writeHead(307, { location: "http://elsewhere.example/" });
      response.end();
    });
    expect((await post(request(url), undefined)).httpStatus).toBe(307);
  });

  it("ends where it is stopped", async () => {
    const url = await serve(() => undefined);
    const stop = new AbortController();
    const answer = post(request(url), stop.signal);
    stop.abort();
    await expect(answer).rejects.toMatchObject({ code: "stopped" });
  });
});

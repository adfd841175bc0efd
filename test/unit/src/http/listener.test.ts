import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import express from "express";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { get as httpsGet } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { signal } from "../../../support/signal.ts";
import { listen, type Listener } from "../../../../src/http/listener.ts";

const here = { host: "127.0.0.1", port: 0, connections: 4, connectionsPerAddress: 4 };

/** A server whose only answer waits for `release`. */
async function slowServer(): Promise<{
  listener: Listener;
  arrived: Promise<void>;
  release: () => void;
}> {
  const app = express();
  const [arrived, arrive] = signal();
  const [released, release] = signal();
  app.get("/", async (_request, response) => {
    arrive();
    await released;
    response.send("done");
  });
  return { listener: await listen(app, here), arrived, release };
}

describe("listen", () => {
  it("says where it listens", async () => {
    const listener = await listen(express(), here);
    expect(listener.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await listener.close();
  });

  it("says clearly that a port is taken", async () => {
    const first = await listen(express(), here);
    const port = Number(new URL(first.url).port);
    await expect(listen(express(), { ...here, port })).rejects.toMatchObject({
      code: "BRIDGE_BUSY",
      userMessage: expect.stringContaining(String(port)) as unknown,
    });
    await first.close();
  });

  it("refuses a certificate that is none", async () => {
    const tls = { cert: "/nonexistent", key: "/nonexistent" };
    await expect(listen(express(), { ...here, tls })).rejects.toMatchObject({
      code: "BRIDGE_CONFIG",
    });
  });

  it.skipIf(spawnSync("openssl", ["version"]).status !== 0)("speaks TLS", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cardsync-tls-"));
    const tls = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
    const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"];
    execFileSync("openssl", [...request, "-out", tls.cert, "-keyout", tls.key], {
      stdio: "ignore",
    });
    const app = express();
    app.get("/", (each, response) => response.send(each.protocol));
    const listener = await listen(app, { ...here, tls });
    expect(listener.url).toMatch(/^https:/);
    const answer = await new Promise<string>((resolve, reject) => {
      httpsGet(listener.url, { rejectUnauthorized: false, agent: false }, (response) => {
        response.once("data", (data: Buffer) => {
          resolve(data.toString());
        });
      }).on("error", reject);
    });
    expect(answer).toBe("https");
    await listener.close();
    rmSync(folder, { recursive: true });
  });

  it("lets a running answer end before it closes, and takes no new one", async () => {
    const { listener, arrived, release } = await slowServer();
    const answer = fetch(listener.url);
    await arrived;
    const closed = listener.close();
    await expect(fetch(listener.url)).rejects.toThrow();
    release();
    expect(await (await answer).text()).toBe("done");
    await closed;
  });

  it("does not wait for connections that are only kept alive", async () => {
    const app = express();
    app.get("/", (_request, response) => response.send("x"));
    const listener = await listen(app, here);
    await (await fetch(listener.url)).text();
    const start = performance.now();
    await listener.close();
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it("holds so many connections and no more", async () => {
    const listener = await listen(express(), here);
    const port = Number(new URL(listener.url).port);
    const sockets = Array.from({ length: 8 }, () => connect(port, "127.0.0.1"));
    const dropped = await new Promise<number>((resolve) => {
      let count = 0;
      for (const socket of sockets) {
        socket.on("error", () => undefined);
        socket.on("close", () => {
          count += 1;
          if (count === 4) resolve(count);
        });
      }
    });
    expect(dropped).toBe(4);
    for (const socket of sockets) socket.destroy();
    await listener.close();
  });

  /** Connects from an address of loopback; resolves with what the server says, "" where it closes at once. */
  const ask = (port: number, localAddress: string, isKept: boolean): Promise<string> =>
    new Promise((done) => {
      const socket = connect({ port, host: "127.0.0.1", localAddress });
      const end = isKept ? "" : "Connection: close\r\n";
      socket.on("error", () => undefined);
      socket.once("data", (data) => {
        done(data.toString().slice(0, 12));
      });
      socket.once("close", () => {
        done("");
      });
      socket.write(`GET / HTTP/1.1\r\nHost: x\r\n${end}\r\n`);
    });

  it("threat 18: one address takes no more than its share, and has it again once they are closed", async () => {
    const listener = await listen(express(), { ...here, connectionsPerAddress: 1 });
    const port = Number(new URL(listener.url).port);
    const held = connect(port, "127.0.0.1");
    await new Promise((opened) => held.once("connect", opened));
    expect(await ask(port, "127.0.0.1", false)).toBe("");
    expect(await ask(port, "127.0.0.2", false)).toBe("HTTP/1.1 404");
    held.destroy();
    await expect.poll(() => ask(port, "127.0.0.1", false)).toBe("HTTP/1.1 404");
    await listener.close();
  });

  it("lets a trusted proxy open as many as there may be", async () => {
    const app = express();
    app.set("trust proxy", ["loopback"]);
    const listener = await listen(app, { ...here, connectionsPerAddress: 1 });
    const port = Number(new URL(listener.url).port);
    const answers = [ask(port, "127.0.0.1", true), ask(port, "127.0.0.1", true)];
    expect(await Promise.all(answers)).toEqual(["HTTP/1.1 404", "HTTP/1.1 404"]);
    await listener.close();
  });

  it("threat 18: closes a connection whose headers do not come", async () => {
    const listener = await listen(express(), { ...here, headersTimeoutMs: 100 });
    const said = await new Promise<string>((done) => {
      const socket = connect(Number(new URL(listener.url).port), "127.0.0.1");
      let text = "";
      socket.on("data", (data) => (text += data.toString()));
      socket.on("close", () => {
        done(text);
      });
      socket.write("POST /syncml HTTP/1.1\r\nHost: x\r\nContent-Le");
    });
    expect(said).toContain("408");
    await listener.close();
  });

  it("refuses headers that are too large", async () => {
    const listener = await listen(express(), here);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      httpRequest(listener.url, { headers: { "X-Large": "x".repeat(20_000) } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
    expect(status).toBe(431);
    await listener.close();
  });
});

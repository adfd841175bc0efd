import { createServer, request as sendRequest, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** A server's answer on its way to the client. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  /** Fewer bytes than the body has: the connection breaks after them. */
  readonly cutAfterBytes?: number;
}

/**
 * What happens to one message instead of simply being passed on.
 * @param forward passes it on and waits for the answer; may be called again
 * @returns the answer that the client gets, or undefined where its connection breaks
 */
export type Fault = (forward: () => Promise<Answer>) => Promise<Answer | undefined>;

export const loseRequest: Fault = () => Promise.resolve(undefined);

export const loseAnswer: Fault = async (forward) => {
  await forward();
  return undefined;
};

export const cutAnswer: Fault = async (forward) => {
  const answer = await forward();
  return { ...answer, cutAfterBytes: Math.floor(answer.body.length / 2) };
};

/**
 * The request arrives twice, as after a time-out; the client gets the second answer.
 * @param between happens after the first one was answered
 */
export const doubleRequest =
  (between: () => Promise<unknown> = () => Promise.resolve()): Fault =>
  async (forward) => {
    const first = await forward();
    await between();
    const second = await forward();
    if (first.body.equals(second.body)) return second;
    return { ...second, status: 500, body: Buffer.from("not the same answer") };
  };

export const before =
  (action: () => Promise<unknown>): Fault =>
  async (forward) => {
    await action();
    return forward();
  };

/** The message was worked on, then `action` happens, and the answer is lost. */
export const afterwards =
  (action: () => Promise<unknown>): Fault =>
  async (forward) => {
    await forward();
    await action();
    return undefined;
  };

/** One exchange that passed. */
export interface Passed {
  readonly requestBytes: number;
  readonly answerBytes: number;
  /** From the request's end to the answer's end, ms: what the server took. */
  readonly serverMs: number;
}

/** Stands between client and server, counts messages and does to one of them what networks do. */
export class Proxy {
  readonly #server: Server;
  readonly #targetPort: () => number;
  readonly #faults = new Map<number, Fault>();
  #seen = 0;
  #passed: Passed[] = [];

  private constructor(targetPort: () => number) {
    this.#targetPort = targetPort;
    this.#server = createServer((request, response) => {
      this.#carry(request)
        .then((answer) => {
          if (answer === undefined) {
            response.destroy();
            return;
          }
          response.writeHead(answer.status, answer.headers);
          if (answer.cutAfterBytes === undefined) response.end(answer.body);
          else
            response.write(answer.body.subarray(0, answer.cutAfterBytes), () => response.destroy());
        })
        .catch(() => response.destroy());
    });
  }

  /** @param targetPort asked for each message: it changes when the server is started again */
  static async create(targetPort: () => number): Promise<Proxy> {
    const proxy = new Proxy(targetPort);
    await new Promise<void>((listening) => proxy.#server.listen(0, "127.0.0.1", listening));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Messages that came from the client since the last {@link restart}. */
  get messages(): number {
    return this.#seen;
  }

  get passed(): readonly Passed[] {
    return this.#passed;
  }

  /** Counts from 1 again and forgets faults that did not come about. */
  restart(): void {
    this.#seen = 0;
    this.#passed = [];
    this.#faults.clear();
  }

  /** Lets `fault` happen to the n-th message from the last {@link restart}, from 1 on; once. */
  at(message: number, fault: Fault): void {
    this.#faults.set(message, fault);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #carry(request: IncomingMessage): Promise<Answer | undefined> {
    const body = await buffer(request);
    this.#seen += 1;
    const forward = (): Promise<Answer> => this.#forward(request, body);
    const fault = this.#faults.get(this.#seen);
    return fault === undefined ? forward() : fault(forward);
  }

  #forward(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const started = performance.now();
    return new Promise((done, failed) => {
      const { method, url, headers } = request;
      const onward = { host: "127.0.0.1", port: this.#targetPort(), method, path: url, headers };
      const forwarded = sendRequest(onward, (response) => {
        buffer(response).then((answer) => {
          this.#passed.push({
            requestBytes: body.length,
            answerBytes: answer.length,
            serverMs: performance.now() - started,
          });
          done({ status: response.statusCode ?? 502, headers: response.headers, body: answer });
        }, failed);
      });
      forwarded.once("error", failed);
      forwarded.end(body);
    });
  }
}

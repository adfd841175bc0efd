import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** One message that passed through, and its answer. */
export interface Passed {
  readonly bytes: number;
  /** Time in which the service had the whole request and we did not have its whole answer, ms. */
  readonly serviceMs: number;
}

export interface CountingProxy {
  readonly port: number;
  /** @returns what has passed since it was asked last */
  take(): readonly Passed[];
  close(): Promise<void>;
}

/** Stands between client and service on the loopback address and measures what only the service takes. */
export async function openCountingProxy(targetPort: number): Promise<CountingProxy> {
  const agent = new Agent({ keepAlive: true });
  let passed: Passed[] = [];
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing, { agent, targetPort })
      .then((message) => passed.push(message))
      .catch((error: unknown) => outgoing.destroy(error as Error));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const taken = passed;
      passed = [];
      return taken;
    },
    close() {
      agent.destroy();
      server.closeAllConnections();
      return new Promise((done) =>
        server.close(() => {
          done();
        }),
      );
    },
  };
}

async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { agent, targetPort }: { readonly agent: Agent; readonly targetPort: number },
): Promise<Passed> {
  const body = await buffer(incoming);
  const startedMs = performance.now();
  const answer = await new Promise<IncomingMessage>((found, failed) => {
    const { method, url, headers } = incoming;
    request({ agent, host: "127.0.0.1", port: targetPort, method, path: url, headers }, found)
      .on("error", failed)
      .end(body);
  });
  const answerBody = await buffer(answer);
  const serviceMs = performance.now() - startedMs;
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(answerBody);
  return { bytes: body.length + answerBody.length, serviceMs };
}

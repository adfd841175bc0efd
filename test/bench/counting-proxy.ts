import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** What passed through since the last look. */
export interface Passed {
  readonly messages: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Time in which the service had a whole request and we did not have its whole answer, ms. */
  readonly serviceMs: number;
}

export interface CountingProxy {
  readonly port: number;
  /** Counts from zero again. */
  take(): Passed;
  close(): Promise<void>;
}

const NOTHING: Passed = { messages: 0, bytesIn: 0, bytesOut: 0, serviceMs: 0 };

/** Stands between client and service on the loopback address and measures what only the service takes. */
export async function openCountingProxy(targetPort: number): Promise<CountingProxy> {
  const agent = new Agent({ keepAlive: true });
  let passed = NOTHING;
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing, { agent, targetPort })
      .then((more) => {
        passed = sum(passed, more);
      })
      .catch((error: unknown) => outgoing.destroy(error as Error));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const taken = passed;
      passed = NOTHING;
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
  return { messages: 1, bytesIn: body.length, bytesOut: answerBody.length, serviceMs };
}

const sum = (a: Passed, b: Passed): Passed => ({
  messages: a.messages + b.messages,
  bytesIn: a.bytesIn + b.bytesIn,
  bytesOut: a.bytesOut + b.bytesOut,
  serviceMs: a.serviceMs + b.serviceMs,
});

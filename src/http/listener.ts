import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { isIPv6, type Socket } from "node:net";
import type { Express } from "express";
import { LIMITS } from "../config/limits.ts";
import { BridgeError } from "../errors.ts";

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Files in PEM; plain HTTP where absent. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly connections: number;
  /** Of one address at once; a proxy that `app` trusts may open more, since it speaks for many. */
  readonly connectionsPerAddress: number;
  /** Time for the headers of a request to arrive, ms. Default: {@link LIMITS}. */
  readonly headersTimeoutMs?: number;
}

/** A bound port. */
export interface Listener {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes no new request, lets running ones end (for a while), and closes every connection. */
  close(): Promise<void>;
}

const IDLE_CHECK_MS = 20;

/**
 * Serves `app`, with limits on what a slow or silent client can hold.
 * @throws BridgeError BRIDGE_CONFIG if the certificate cannot be used, BRIDGE_BUSY if the port cannot be taken
 */
export async function listen(app: Express, options: ListenOptions): Promise<Listener> {
  const server = createServer(app, options);
  server.maxConnections = options.connections;
  limitEachAddress(server, app, options.connectionsPerAddress);
  server.setTimeout(LIMITS.idleSocketMs);
  await bind(server, options);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  const host = isIPv6(options.host) ? `[${options.host}]` : options.host;
  const scheme = options.tls === undefined ? "http" : "https";
  return { url: `${scheme}://${host}:${String(port)}`, close: () => closeServer(server) };
}

function createServer(app: Express, { tls, headersTimeoutMs }: ListenOptions): Server {
  const headersTimeout = headersTimeoutMs ?? LIMITS.headersTimeoutMs;
  const limits = {
    maxHeaderSize: LIMITS.headerBytes,
    requestTimeout: LIMITS.requestTimeoutMs,
    headersTimeout,
    keepAliveTimeout: LIMITS.keepAliveTimeoutMs,
    connectionsCheckingInterval: headersTimeout / 2,
  };
  if (tls === undefined) return createHttpServer(limits, app);
  try {
    const files = { cert: readFileSync(tls.cert), key: readFileSync(tls.key) };
    return createHttpsServer({ ...limits, ...files, minVersion: "TLSv1.2" }, app);
  } catch (cause) {
    throw new BridgeError("BRIDGE_CONFIG", "The TLS certificate or key cannot be used.", { cause });
  }
}

/** Closes what one address opens beyond its share, before a byte of it is read, so that it cannot take every connection. */
function limitEachAddress(server: Server, app: Express, share: number): void {
  const isTrustedProxy = app.get("trust proxy fn") as (address: string, hop: number) => boolean;
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    if (isTrustedProxy(address, 0)) return;
    const count = (open.get(address) ?? 0) + 1;
    if (count > share) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}

function bind(server: Server, { host, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const place = `${host}:${String(port)}`;
      const hint = "is another program listening there? --port takes another one";
      reject(new BridgeError("BRIDGE_BUSY", `Cannot listen on ${place}: ${hint}.`, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // A kept-alive connection becomes idle only when its running answer has left.
    const idle = setInterval(() => {
      server.closeIdleConnections();
    }, IDLE_CHECK_MS);
    const deadline = setTimeout(() => {
      server.closeAllConnections();
    }, LIMITS.shutdownMs);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(deadline);
      resolve();
    });
    server.closeIdleConnections();
  });
}

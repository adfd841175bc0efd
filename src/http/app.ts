import express, { type Express, type Request } from "express";
import { rateLimit } from "express-rate-limit";
import helmet from "helmet";
import type { Logger } from "pino";
import { accessLog } from "./access-log.ts";
import { answerError, HttpError } from "./error-answer.ts";
import { STYLE_HASH, welcomePage } from "./page.ts";
import { type SyncHandler, syncRoute } from "./sync-route.ts";

/** What the HTTP side needs; the figures are the configuration's. */
export interface AppParts {
  readonly sync: SyncHandler;
  readonly log: Logger;
  /** Our address as peers see it, without the path; derived from each request where absent. */
  readonly baseUrl?: string;
  readonly trustProxy: readonly string[];
  readonly bodyBytes: number;
  readonly requestsPerMinute: number;
}

const MINUTE_MS = 60_000;

/** Each part is a card's label, or behind a tilde the name of a make of devices. */
const ENDPOINTS = ["/syncml", "/syncml/:card", "/syncml/:card/:alias"];

/** The endpoint: `POST /syncml`, `/syncml/CARD-LABEL`, `/syncml/~ALIAS` and both together for peers, a page for people, `/livez` for supervisors. */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", parts.trustProxy);
  app.set("query parser", "simple");
  app.use(accessLog(parts.log));
  app.get("/livez", (_request, response) => {
    response.type("text/plain").send("ok\n");
  });
  app.use(securityHeaders());
  app.use(limitRate(parts.requestsPerMinute));
  app.get(["/", ...ENDPOINTS], (request, response) => {
    response.type("html").send(welcomePage(`${ownOrigin(request, parts.baseUrl)}/syncml`));
  });
  app.post(
    ENDPOINTS,
    express.raw({ type: () => true, limit: parts.bodyBytes }),
    syncRoute(parts.sync, (request) => ownOrigin(request, parts.baseUrl)),
  );
  app.all(["/", ...ENDPOINTS], (_request, response) => {
    response.set("Allow", "GET, HEAD, POST");
    throw new HttpError(405, "Only GET and POST are understood here.");
  });
  app.use(() => {
    throw new HttpError(404, "There is nothing here; SyncML is spoken at /syncml.");
  });
  app.use(answerError(parts.log));
  return app;
}

function securityHeaders(): express.RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: [`'sha256-${STYLE_HASH}'`],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
  });
}

function limitRate(requestsPerMinute: number): express.RequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    limit: requestsPerMinute,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    handler: (_request, _response, next) => {
      next(new HttpError(429, "Too many requests; wait a minute."));
    },
  });
}

/** Scheme, host and port under which this peer reached us: what it can reach it can reach again. */
function ownOrigin(request: Request, baseUrl: string | undefined): string {
  if (baseUrl !== undefined) return baseUrl.replace(/\/+$/, "");
  const host = request.get("host") ?? "";
  if (!/^[\w.:[\]-]+$/.test(host)) throw new HttpError(400, "The Host header makes no sense.");
  return `${request.protocol}://${host}`;
}

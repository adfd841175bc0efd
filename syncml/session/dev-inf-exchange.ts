import type { DevInf } from "../model/dev-inf.ts";
import type { GetPutCommand, ResultsCommand } from "../model/message.ts";
import { buildDevInf, devInfUri } from "../devinf/build-dev-inf.ts";
import { perform, type Work } from "./effects.ts";
import { knowDevInf, owe, type Turn } from "./turn.ts";

const STATUS = { ok: 200, bad: 400, notFound: 404, notSupported: 406 } as const;

/** Of any version: it is answered with that of the session. */
const DEV_INF_URI = /^(\.\/)?devinf1[012]$/i;

const mediaTypeOf = (turn: Turn): string => `application/vnd.syncml-devinf+${turn.env.encoding}`;

/** The peer tells of itself: kept for this session and later ones. */
export function* takePut(turn: Turn, command: GetPutCommand): Work<void> {
  const devInf = devInfIn(command);
  if (devInf === undefined) {
    owe(turn, command, STATUS.notSupported);
    return;
  }
  yield* keep(turn, devInf);
  const sourceRef = command.items[0]?.source?.locUri;
  owe(turn, command, STATUS.ok, sourceRef === undefined ? {} : { sourceRef });
}

/** The answer to our own Get. */
export function* takeResults(turn: Turn, results: ResultsCommand): Work<void> {
  const devInf = devInfIn(results);
  if (devInf !== undefined) yield* keep(turn, devInf);
  owe(turn, results, devInf === undefined ? STATUS.notSupported : STATUS.ok);
}

/** The peer asks for our DevInf; nothing else can be got. Each item has its own Status. */
export function* answerGet(turn: Turn, command: GetPutCommand): Work<void> {
  for (const { target } of command.items) {
    const asked = target?.locUri ?? "";
    const isKnown = DEV_INF_URI.test(asked);
    owe(turn, command, isKnown ? STATUS.ok : STATUS.notFound, { targetRef: asked });
    if (isKnown) yield* reply(turn, command);
  }
  if (command.items.length === 0) owe(turn, command, STATUS.bad);
}

function* reply(turn: Turn, command: GetPutCommand): Work<void> {
  const { user, cardLabel, version } = turn.state;
  const stores = yield* perform({
    type: "describe",
    user: user ?? "",
    ...(cardLabel === undefined ? {} : { cardLabel }),
  });
  const { devInfAsAlerted, omitsCtCap } = turn.state.traits;
  const alerted = devInfAsAlerted ? alertedUris(turn) : [];
  const devInf = buildDevInf(turn.env.identity, stores, version, { alerted, omitsCtCap });
  turn.replies.push({
    type: "results",
    cmdId: "",
    msgRef: String(turn.message.header.msgId),
    cmdRef: command.cmdId,
    meta: { type: mediaTypeOf(turn) },
    items: [{ source: { locUri: devInfUri(version) }, data: { type: "devInf", devInf } }],
  });
}

/** Alerts stand behind the Get in most messages, so all of this message count, worked on or not. */
function alertedUris({ state, message }: Turn): readonly string[] {
  const before = state.datastores.map(({ uri }) => uri);
  const here = message.commands.flatMap((command) =>
    command.type === "alert" ? command.items.flatMap(({ target }) => target?.locUri ?? []) : [],
  );
  return [...before, ...here];
}

/** Asks a peer that has never told. */
export function askDevInf(turn: Turn): void {
  turn.replies.push({
    type: "get",
    cmdId: "",
    meta: { type: mediaTypeOf(turn) },
    items: [{ target: { locUri: devInfUri(turn.state.version) } }],
  });
}

function devInfIn({ items }: GetPutCommand | ResultsCommand): DevInf | undefined {
  for (const { data } of items) if (data?.type === "devInf") return data.devInf;
  return undefined;
}

function* keep(turn: Turn, devInf: DevInf): Work<void> {
  const { user, deviceId } = turn.state;
  knowDevInf(turn, devInf);
  if (user !== undefined) yield* perform({ type: "saveDevInf", user, deviceId, devInf });
}

/** @returns a DevInf that is smaller by the properties of its content types; undefined where it has none */
export function withoutCtCaps(results: ResultsCommand): ResultsCommand | undefined {
  const devInf = devInfIn(results);
  if (devInf === undefined) return undefined;
  const { ctCaps, ...rest } = devInf;
  const stores = devInf.datastores.map(({ ctCaps: _caps, ...store }) => store);
  const isSmall = ctCaps === undefined && devInf.datastores.every((each) => !("ctCaps" in each));
  if (isSmall) return undefined;
  const data = { type: "devInf", devInf: { ...rest, datastores: stores } } as const;
  return { ...results, items: results.items.map((item) => ({ ...item, data })) };
}

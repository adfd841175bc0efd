import type { DevInf } from "../model/dev-inf.ts";
import type { GetPutCommand, ResultsCommand } from "../model/message.ts";
import { buildDevInf, devInfUri } from "../devinf/build-dev-inf.ts";
import { perform, type Work } from "./effects.ts";
import { owe, type Turn } from "./turn.ts";

const STATUS = { ok: 200, notFound: 404, notSupported: 406 } as const;

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

/** The peer asks for our DevInf; nothing else can be got. */
export function* answerGet(turn: Turn, command: GetPutCommand): Work<void> {
  const asked = command.items[0]?.target?.locUri ?? "";
  const own = devInfUri(turn.state.version);
  if (!/^(\.\/)?devinf1[012]$/i.test(asked)) {
    owe(turn, command, STATUS.notFound, { targetRef: asked });
    return;
  }
  const { user, cardLabel, version } = turn.state;
  const stores = yield* perform({
    type: "describe",
    user: user ?? "",
    ...(cardLabel === undefined ? {} : { cardLabel }),
  });
  owe(turn, command, STATUS.ok, { targetRef: asked });
  const devInf = buildDevInf(turn.env.identity, stores, version);
  turn.replies.push({
    type: "results",
    cmdId: "",
    msgRef: String(turn.message.header.msgId),
    cmdRef: command.cmdId,
    meta: { type: mediaTypeOf(turn) },
    items: [{ source: { locUri: own }, data: { type: "devInf", devInf } }],
  });
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
  turn.state = { ...turn.state, devInf };
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

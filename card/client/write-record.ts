import { concatBytes } from "../apdu/bytes.ts";
import { SW } from "../apdu/status-word.ts";
import { crc16 } from "../commands/crc16.ts";
import { toCsn, toRecordId } from "../commands/ids.ts";
import type { DatabaseId } from "../commands/ids.ts";
import { MAX_RECORD_BYTES } from "../commands/limits.ts";
import { NOBODY_BIT } from "../commands/table.ts";
import { decodeWriteAnswer, encodeWriteHead } from "../commands/write-head.ts";
import { expectDecoded, malformed } from "./exchange.ts";
import type { Exchange } from "./exchange.ts";
import type { CreateOutcome, UpdateOutcome, WriteOptions, Written } from "./outcomes.ts";

/** One content to be written. */
export interface RecordWrite extends WriteOptions {
  readonly db: DatabaseId;
  /** 0 for a new record. */
  readonly id: number;
  readonly content: Uint8Array;
  /** Data of one command, bytes. */
  readonly segmentBytes: number;
}

/** @throws CardError CARD_MALFORMED where the card has stored something else */
export const createRecord = async (
  exchange: Exchange,
  write: RecordWrite,
): Promise<CreateOutcome> => {
  const outcome = await sendRecord(exchange, "create", write);
  if (outcome.type === "conflict" || outcome.type === "missing") {
    throw malformed("CREATE was refused as a change", "create");
  }
  return outcome;
};

/** UPDATE or REVIVE. @throws CardError CARD_MALFORMED where the card has stored something else */
export const sendRecord = async (
  exchange: Exchange,
  name: "create" | "update" | "revive",
  write: RecordWrite,
): Promise<UpdateOutcome> => {
  if (write.content.length > MAX_RECORD_BYTES) return { type: "full" };
  const p2 = { create: 0, update: 1, revive: 2 }[name] | (write.asNobody === true ? NOBODY_BIT : 0);
  const call = { p1: write.db, p2, data: toData(write) };
  const answer = await exchange.sendChain(name, call, write.segmentBytes);
  const { sw, data } = exchange.expectOk(name, answer, [SW.full, SW.conflict, SW.noRecord]);
  if (sw === SW.full) return { type: "full" };
  if (sw === SW.conflict) return { type: "conflict" };
  if (sw === SW.noRecord) return { type: "missing" };
  return toWritten(name, write, data);
};

const toData = ({ db, id, ifCsn, content }: RecordWrite): Uint8Array =>
  concatBytes(
    encodeWriteHead({ id, ifCsn: ifCsn ?? 0, type: db, totalLength: content.length }),
    content,
  );

const toWritten = (
  name: "create" | "update" | "revive",
  { id, content }: RecordWrite,
  data: Uint8Array,
): Written => {
  const answer = expectDecoded(name, decodeWriteAnswer(data));
  if (answer.crc16 !== crc16(content)) {
    throw malformed("the card has not stored what it was given", name);
  }
  return {
    type: "written",
    id: toRecordId(id === 0 ? answer.number : id),
    modCsn: toCsn(answer.number),
    crc16: answer.crc16,
  };
};

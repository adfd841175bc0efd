import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { DatabaseId } from "../../card/index.ts";
import type { Clock } from "../../syncml/index.ts";
import type { Cipher } from "../store/cipher.ts";
import type { KeptContents } from "../store/kept-contents.ts";
import type { Tables } from "../store/schema.ts";
import type { CardRecords, ListedVersion } from "./card-records.ts";
import type { CardShelf } from "./card-shelf.ts";
import type { DatastoreName } from "./databases.ts";
import type { HeldCard } from "./held-card.ts";
import type { Image } from "./image.ts";
import type { Images } from "./images.ts";
import type { UndoStep } from "./undo-plan.ts";

export interface UndoDeps {
  readonly db: Kysely<Tables>;
  readonly cipher: Cipher;
  readonly cards: CardShelf;
  readonly clock: Clock;
  readonly log: Logger;
  readonly images: Images;
  readonly kept: KeptContents;
}

/** The card's database as an undo works on it. */
export interface UndoPlace {
  readonly held: HeldCard;
  readonly database: DatabaseId;
  readonly datastore: DatastoreName;
  readonly records: CardRecords;
  readonly image: Image;
}

/** A step with what it needs. `former` is absent for deletions, and where it was not kept. */
export interface ReadyStep {
  readonly step: UndoStep;
  readonly former?: Uint8Array;
  readonly version?: ListedVersion;
}

/** `left alone`: it was changed since that sync. `not kept`: its former content was in memory only. */
export type UndoOutcome = "to be done" | "done" | "left alone" | "no room" | "not kept";

/** What a long undo has to do with who asked for it. */
export interface UndoWatch {
  /** Records so far, of so many. */
  readonly progress?: (done: number, total: number) => void;
  /** Asks it to stop soon: what is done stays, the rest is for the next time. */
  readonly signal?: AbortSignal;
}

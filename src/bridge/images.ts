import type { Kysely } from "kysely";
import type { CardUuid, DatabaseId } from "../../card/index.ts";
import type { Cipher } from "../store/cipher.ts";
import { dropCardImage } from "../store/image-store.ts";
import type { Tables } from "../store/schema.ts";
import type { HeldCard } from "./held-card.ts";
import { Image } from "./image.ts";

/** One image for each database of each card, shared by all that look at it. */
export class Images {
  readonly #db: Kysely<Tables>;
  readonly #keep: "disk" | "memory";
  readonly #images = new Map<string, Image>();

  constructor(db: Kysely<Tables>, keep: "disk" | "memory") {
    this.#db = db;
    this.#keep = keep;
  }

  of(held: HeldCard, database: DatabaseId, cipher: Cipher): Image {
    const key = { cardUuid: held.uuid, epoch: held.epoch, database };
    const name = `${key.cardUuid}/${key.epoch}/${String(database)}`;
    const image = this.#images.get(name) ?? new Image(this.#db, cipher, key, this.#keep);
    this.#images.set(name, image);
    return image;
  }
  /** Forgets all databases of a card. */
  async dropCard(cardUuid: CardUuid): Promise<void> {
    for (const name of this.#images.keys())
      if (name.startsWith(`${cardUuid}/`)) this.#images.delete(name);
    await dropCardImage(this.#db, cardUuid);
  }
}

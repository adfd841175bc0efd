import type { Kysely } from "kysely";
import type { Clock } from "../../syncml/index.ts";
import { LIMITS } from "../config/limits.ts";
import { BridgeError } from "../errors.ts";
import { type Peer, peerName, peerSettings, type PeerSettings, type PeerView } from "./peer.ts";
import type { Cipher } from "../store/cipher.ts";
import type { PeerRow } from "../store/peer-tables.ts";
import type { Tables } from "../store/schema.ts";

/** The servers that cards are taken to. Passwords are sealed. */
export class PeerStore {
  readonly #db: Kysely<Tables>;
  readonly #cipher: Cipher;
  readonly #clock: Clock;

  constructor(parts: {
    readonly db: Kysely<Tables>;
    readonly cipher: Cipher;
    readonly clock: Clock;
  }) {
    this.#db = parts.db;
    this.#cipher = parts.cipher;
    this.#clock = parts.clock;
  }

  /** @throws BridgeError BRIDGE_USAGE for what cannot be, BRIDGE_REFUSED if the name is taken or there are too many */
  async add(name: string, settings: PeerSettings, password: string): Promise<void> {
    const checked = { name: checkedName(name), settings: checkedSettings(settings) };
    if ((await this.#find(name)) !== undefined)
      throw new BridgeError("BRIDGE_REFUSED", `There is a peer "${name}" already.`);
    if ((await this.list()).length >= LIMITS.peers)
      throw new BridgeError("BRIDGE_REFUSED", `There are ${String(LIMITS.peers)} peers already.`);
    const row = {
      name: checked.name,
      settings: JSON.stringify(checked.settings),
      password: this.#seal(name, password),
      created_at_ms: this.#clock.now(),
    };
    await this.#db.insertInto("peers").values(row).execute();
  }

  /** @param password undefined: as before. @throws BridgeError BRIDGE_NOT_FOUND, BRIDGE_USAGE as {@link add} */
  async edit(
    name: string,
    changes: Partial<PeerSettings>,
    password: string | undefined,
  ): Promise<void> {
    const row = await this.#require(name);
    const settings = checkedSettings({ ...settingsOf(row), ...changes });
    const secret = password === undefined ? {} : { password: this.#seal(name, password) };
    const change = { settings: JSON.stringify(settings), ...secret };
    await this.#db.updateTable("peers").set(change).where("name", "=", name).execute();
  }

  /** Also its schedule. What the card remembers of the peer stays there. @throws BridgeError BRIDGE_NOT_FOUND */
  async remove(name: string): Promise<void> {
    await this.#require(name);
    await this.#db.deleteFrom("peers").where("name", "=", name).execute();
  }

  /** @returns with its password. @throws BridgeError BRIDGE_NOT_FOUND */
  async get(name: string): Promise<Peer> {
    const row = await this.#require(name);
    const password = Buffer.from(this.#cipher.open(row.password, placeOf(name))).toString("utf8");
    return { ...settingsOf(row), name, password };
  }

  /** @returns all, by name */
  async list(): Promise<readonly PeerView[]> {
    const rows = await this.#db.selectFrom("peers").selectAll().orderBy("name").execute();
    return rows.map((row) => ({
      ...settingsOf(row),
      name: row.name,
      createdAtMs: row.created_at_ms,
    }));
  }

  #seal(name: string, password: string): Uint8Array {
    const bytes = Buffer.from(password, "utf8");
    if (bytes.length > LIMITS.passwordBytes || /\p{Cc}/u.test(password))
      throw usage(`A password has at most ${String(LIMITS.passwordBytes)} bytes and is one line.`);
    return this.#cipher.seal(bytes, placeOf(name));
  }

  async #require(name: string): Promise<PeerRow> {
    const row = await this.#find(name);
    if (row !== undefined) return row;
    const hint = "`cardsync peer list` shows all.";
    throw new BridgeError("BRIDGE_NOT_FOUND", `There is no peer "${name}"; ${hint}`);
  }

  #find(name: string): Promise<PeerRow | undefined> {
    return this.#db.selectFrom("peers").selectAll().where("name", "=", name).executeTakeFirst();
  }
}

/** Binds a sealed password to its row, so that it is worth nothing in another peer's. */
const placeOf = (name: string): string => `peers.password:${name}`;

const settingsOf = ({ settings }: PeerRow): PeerSettings =>
  peerSettings.parse(JSON.parse(settings));

function checkedName(name: string): string {
  const result = peerName.safeParse(name);
  if (result.success) return result.data;
  const most = String(LIMITS.peerNameLength);
  throw usage(`A peer's name has 1 to ${most} letters, digits, dots, dashes and underscores.`);
}

function checkedSettings(settings: PeerSettings): PeerSettings {
  const result = peerSettings.safeParse(settings);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw usage(`The peer's ${issue?.path.join(".") ?? "settings"}: ${issue?.message ?? "wrong"}.`);
}

const usage = (sentence: string): BridgeError => new BridgeError("BRIDGE_USAGE", sentence);

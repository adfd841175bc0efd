import type { DatabaseBackup, DatabaseId } from "../../card/index.ts";

/** A card's contents as they travel: in Base64, oldest first. The command that writes the file encrypts them. */
export interface CardContents {
  readonly databases: {
    /** 1 contacts, 2 calendar, 3 tasks, 4 notes. */
    readonly database: number;
    readonly label: string;
    readonly records: string[];
  }[];
}

export const toContents = (databases: readonly DatabaseBackup[]): CardContents => ({
  databases: databases.map(({ id, label, records }) => ({
    database: id,
    label,
    records: records.map((record) => Buffer.from(record).toString("base64")),
  })),
});

export const fromContents = ({ databases }: CardContents): readonly DatabaseBackup[] =>
  databases.map(({ database, label, records }) => ({
    id: database as DatabaseId,
    label,
    records: records.map((record) => Buffer.from(record, "base64")),
  }));

import type { PeerSettings } from "./peer.ts";

/** What is known of a kind of server before it is asked. */
export interface PeerTemplate {
  readonly description: string;
  /** A real server of this kind was synchronized with. */
  readonly isTested: boolean;
  readonly settings: Pick<PeerSettings, "datastores" | "version" | "encoding">;
}

const anyway = { version: "auto", encoding: "auto" } as const;

/** Names of datastores are those of the servers' own manuals and configurations. */
export const PEER_TEMPLATES = {
  generic: {
    description: "any SyncML server; name its datastores by --datastore where they differ",
    isTested: true,
    settings: {
      ...anyway,
      datastores: { contacts: "contacts", calendar: "calendar", tasks: "tasks", notes: "notes" },
    },
  },
  syncevolution: {
    description: "SyncEvolution's HTTP server; its sources have the names that you gave them",
    isTested: true,
    settings: {
      ...anyway,
      datastores: {
        contacts: "addressbook",
        calendar: "calendar",
        tasks: "todo",
        notes: "memo",
      },
    },
  },
  horde: {
    description: "Horde Groupware 5, https://HOST/horde/rpc.php",
    isTested: false,
    settings: {
      ...anyway,
      datastores: { contacts: "contacts", calendar: "calendar", tasks: "tasks", notes: "notes" },
    },
  },
  funambol: {
    description: "Funambol server 8 to 10, http://HOST:8080/funambol/ds",
    isTested: false,
    settings: {
      ...anyway,
      datastores: { contacts: "card", calendar: "event", tasks: "task", notes: "note" },
    },
  },
  egroupware: {
    description: "eGroupware 1.8, https://HOST/egroupware/rpc.php",
    isTested: false,
    settings: {
      ...anyway,
      datastores: {
        contacts: "contacts",
        calendar: "calendar",
        tasks: "tasks",
        notes: "notes",
      },
    },
  },
  cardsync: {
    description: "another cardsync, https://HOST:PORT/syncml",
    isTested: true,
    settings: {
      ...anyway,
      datastores: { contacts: "contacts", calendar: "calendar", tasks: "tasks", notes: "notes" },
    },
  },
} as const satisfies Readonly<Record<string, PeerTemplate>>;

export type PeerTemplateName = keyof typeof PEER_TEMPLATES;
export const PEER_TEMPLATE_NAMES = Object.keys(PEER_TEMPLATES) as [
  PeerTemplateName,
  ...PeerTemplateName[],
];

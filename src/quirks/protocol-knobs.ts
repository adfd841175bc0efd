import { z } from "zod";

const flag = (text: string): z.ZodOptional<z.ZodBoolean> => z.boolean().optional().describe(text);

/** Knobs that change the conversation; named as in syncml's PeerTraits. */
export const protocolKnobs = {
  ignoresCtCap: flag("Its list of properties is wrong: it stores more than it lists."),
  ignoresMaxSizes: flag("The sizes in its list of properties are wrong."),
  omitsCtCap: flag("It gets our DevInf without lists of properties."),
  devInfAsAlerted: flag("Our DevInf names datastores as its Alerts do, CGI part included."),
  omitsRespUri: flag("It is not told a RespURI."),
  noReplaceInSlowSync: flag("In a slow sync it gets no Replace; the change comes a sync later."),
  omitsItemStatuses: flag("Items that were taken have no Status of their own."),
  impliesStatuses: flag("Changes and deletions without a Status at the end have succeeded."),
  copyIsAdd: flag("A Copy of it is an Add."),
  oneWayIsTwoWay: flag("A one-way sync that it asks for is a two-way one."),
  completesFromClient: flag("A sync from the client alone is answered with an empty Sync."),
  missingDeleteStatus: z
    .union([z.literal(200), z.literal(211), z.literal(404)])
    .optional()
    .describe("The Status for the deletion of what is not there; 211 where left out."),
  rejectsWith: z
    .int()
    .min(400)
    .max(599)
    .optional()
    .describe("The device is not served: every message has this Status."),
  maxMsgSize: z.int().min(1024).optional().describe("Its messages are no larger, bytes."),
  maxWorkMs: z
    .int()
    .min(1000)
    .optional()
    .describe("An answer leaves after so long with what is done, ms."),
} as const;

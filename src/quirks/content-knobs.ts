import iconv from "iconv-lite";
import { z } from "zod";
import type { ContentTraits } from "../pim/peer/content-traits.ts";

const flag = (text: string): z.ZodOptional<z.ZodBoolean> => z.boolean().optional().describe(text);

/** Knobs that change what an item looks like; named as in {@link ContentTraits}. */
export const contentKnobs = {
  contactType: z
    .enum(["text/vcard", "text/x-vcard"])
    .optional()
    .describe("Contacts leave as vCard 3.0 or 2.1, whatever its DevInf prefers."),
  inputCharset: z
    .string()
    .refine((name) => iconv.encodingExists(name), "is no charset that is known here")
    .optional()
    .describe("What its bytes are in that are not UTF-8 and say no charset."),
  noFolding: flag("One property is one line, however long."),
  omitsEmptyProperties: flag("It gets no property without a value."),
  emailInternet: flag("It takes an EMAIL only with the type INTERNET."),
  photoMimeType: flag("Types of photos are media types: image/jpeg for JPEG."),
  categoriesX: flag("Its categories begin with X-."),
} as const satisfies Record<keyof ContentTraits, z.ZodType>;

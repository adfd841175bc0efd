import { z } from "zod";
import { LIMITS } from "../config/limits.ts";
import { contentKnobs } from "./content-knobs.ts";
import { protocolKnobs } from "./protocol-knobs.ts";

const pattern = z.string().min(1).max(LIMITS.quirkPatternLength);

/** One pattern or several of which one must fit. */
const patterns = z.union([pattern, z.array(pattern).min(1).max(LIMITS.quirkPatterns)]);

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, "lower-case letters, digits and hyphens only")
  .max(LIMITS.quirkPatternLength);

const match = z
  .strictObject({
    manufacturer: patterns.optional().describe("Man of the DevInf."),
    model: patterns.optional().describe("Mod of the DevInf."),
    oem: patterns.optional().describe("OEM of the DevInf."),
    fwV: patterns.optional().describe("Version of the firmware."),
    swV: patterns.optional().describe("Version of the software."),
    hwV: patterns.optional().describe("Version of the hardware."),
    devId: patterns.optional().describe("The device's id, known from its first message on."),
    devTyp: patterns.optional().describe("DevTyp of the DevInf, such as phone or pda."),
    version: z.enum(["1.0", "1.1", "1.2"]).optional().describe("The SyncML version it speaks."),
    alias: patterns
      .optional()
      .describe("The name behind ~ in the URL: enough by itself, whatever the DevInf says."),
  })
  .refine((keys) => Object.keys(keys).length > 0, "says nothing to match; write devId: '*' for all")
  .describe("Whom the rule is for: each key that is there must fit. * and ? are wildcards.");

const rule = z.strictObject({
  name: name.describe("What `off`, lists and logs call it."),
  source: z.string().min(1).max(LIMITS.quirkSourceLength).describe("Where this is known from."),
  match,
  set: z
    .strictObject({ ...protocolKnobs, ...contentKnobs })
    .describe("What is different for those devices."),
  final: z.boolean().optional().describe("No rule behind this one is applied."),
});

/** A file of rules: the shipped one, and the user's own. */
export const quirkFileSchema = z.strictObject({
  off: z.array(name).default([]).describe("Names of shipped rules that are not to apply."),
  rules: z.array(rule).max(LIMITS.quirkRules).default([]).describe("Applied in order."),
});

/** One rule as it was written, and checked. */
export type QuirkRule = z.output<typeof rule>;

/** All knobs that a rule may set. */
export type Knobs = QuirkRule["set"];

/** The JSON Schema of a file of rules, as editors read it. */
export const quirksJsonSchema = (): unknown => z.toJSONSchema(quirkFileSchema, { io: "input" });

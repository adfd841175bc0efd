import fc from "fast-check";

/** Properties draw the same cases in every run, so that a red build can be repeated; FUZZ_SEED draws others. */
const SEED = Number(process.env["FUZZ_SEED"] ?? 20261123);

fc.configureGlobal({ seed: SEED });

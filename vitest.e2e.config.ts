import { defineConfig } from "vitest/config";

/** The real SyncEvolution against the built service: one scenario at a time, each in folders of its own. */
export default defineConfig({
  test: {
    name: "e2e",
    include: ["test/e2e/**/*.test.ts"],
    globalSetup: ["test/e2e/support/build.ts"],
    reporters: ["default", "./test/e2e/support/table-reporter.ts"],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});

import { defineConfig } from "vitest/config";

/** The fast suite: everything that needs no peer, and a one-minute smoke of those that are installed. */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**"],
    typecheck: { enabled: true, include: ["test/**/*.test-d.ts"] },
    setupFiles: ["test/support/fixed-seed.ts"],
    testTimeout: 20_000,
    // By default one core is left idle, which is half of two.
    maxWorkers: "100%",
  },
});

import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

const conditions = ["sallyport-source"];
const hunts = "test/hunts/**/*.test.ts";
/** Units of what runs in a process of its own: the C library is told there, before it is used, how it is to be called. */
const ownProcess = "packages/methods/src/os/pam/child/**/*.test.ts";
/** What the tests start. */
const started = {
  globalSetup: ["packages/sallyport/test/program.ts"],
  // Where they start the sources, as the pages of docs do: with what earlier starts have compiled, that takes half the time.
  env: {
    NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/sallyport-sources", import.meta.url)),
  },
};
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
};

export default defineConfig({
  test: {
    reporters: ["default", "./tools/ci-reporter.mjs"],
    // Most tests wait, for a server or for a time limit. Left alone, Vitest runs a file fewer than there are cores:
    // one, on a machine with two.
    maxWorkers: 3,
    // Of `npm run differential:coverage`: what generated cases alone reach of the language and the decision.
    coverage: {
      provider: "v8",
      include: ["packages/policy/src/**/*.ts"],
      exclude: [
        "**/*.test.ts",
        "**/index.ts",
        // Reading the disk, in slices of time.
        "packages/policy/src/node/**",
        // Words for people, which no server has to be compared with: what they say of the decision itself is.
        "packages/policy/src/explain/then.ts",
        "packages/policy/src/explain/because.ts",
        "packages/policy/src/hba/mask.ts",
        "packages/policy/src/place-json.ts",
        "packages/policy/src/problem.ts",
        // Forms in which people ask: a pasted FATAL, and JSON.
        "packages/policy/src/explain/fatal.ts",
        "packages/policy/src/explain/attempt-json.ts",
        // What `sallyport roles` wrote; options of the command line.
        "packages/policy/src/catalogue.ts",
        "packages/policy/src/profile.ts",
      ],
      reporter: ["text"],
      thresholds: { branches: 98 },
      reportsDirectory: "node_modules/.cache/coverage",
    },
    projects: [
      // Slow for a unit is what takes a second; the limit is for machines that do much else at the time.
      {
        ...shared,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "bench/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ownProcess],
          // A process for each file would cost more than most of these files: units have no state of the process.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        ...shared,
        test: { name: "unit-alone", include: [ownProcess], testTimeout: 30_000 },
      },
      {
        ...shared,
        test: {
          name: "servers",
          ...started,
          include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, hunts],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        // Minutes long, and about this machine: one at a time, and only when asked for (`npm run hunt`).
        test: {
          name: "hunts",
          ...started,
          include: [hunts],
          fileParallelism: false,
          testTimeout: 3_600_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});

import { defineConfig } from "vitest/config";

const conditions = ["sallyport-source"];
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
};

export default defineConfig({
  test: {
    reporters: ["default", "./tools/ci-reporter.mjs"],
    projects: [
      { ...shared, test: { name: "unit", include: ["packages/*/src/**/*.test.ts"] } },
      {
        ...shared,
        test: {
          name: "servers",
          include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});

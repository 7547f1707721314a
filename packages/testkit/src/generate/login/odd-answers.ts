import { anyBytes, lengthWord } from "./odd-bytes.ts";
import type { Random } from "../random.ts";

/** Answers to an authentication request that are none, or nearly one. `{...}` is filled in by the client. */
export function brokenBody(r: Random): string {
  return r.weighted<string>([
    [2, () => ""],
    [2, () => "\0"],
    [2, () => "no end"],
    [2, () => "in\0side\0"],
    [1, () => "\0\0"],
    [1, () => "SCRAM-SHA-256\0"],
    [1, () => `SCRAM-SHA-256\0${lengthWord(r.pick([-2, 0, 4, 1000]))}`],
    [1, () => `SCRAM-SHA-256\0${lengthWord(3)}n,,n=,r=x`],
    [1, () => `SCRAM-SHA-256\0${lengthWord(11)}n,,n=,r=x\0\0`],
    [3, () => anyBytes(r, 1 + r.below(60))],
    [1, () => "x".repeat(r.pick([1019, 1020, 1021, 1100, 5000]))],
  ]);
}

export function md5Answer(r: Random): string {
  return r.pick([
    "{answer}",
    "{answer} \0",
    "{answer}\0\0",
    " {answer}\0",
    "MD5{answer}\0",
    "md5\0",
    "md5d41d8cd98f00b204e9800998ecf8427e\0",
    "Bob-secret\0",
    "{ANSWER}\0",
  ]);
}

export function oddFirst(r: Random): string {
  return r.pick([
    "",
    "n",
    "n,",
    "n,,",
    "n,,n=",
    "n,,n=,r",
    "n,,n=,r=",
    "n,,n=,r=x,",
    "n,,n=,r=x,a",
    "n,,n=,r=x,a=1",
    "n,,n=,r=x,a=1,b=2",
    "n,,n=any=thing\u00ff,r=x",
    "n,,m=1,n=,r=x",
    "n,,r=x,n=",
    "n,,x=,r=x",
    "n,a=bob,n=,r=x",
    "n,b=1,n=,r=x",
    "y,,n=,r=x",
    "p=tls-unique,,n=,r=x",
    "p=tls-server-end-point,,n=,r=x",
    "x,,n=,r=x",
    "\u00e9,,n=,r=x",
    "nn,,n=,r=x",
    "n,,n=,r=a b",
    "n,,n=,r=a\u007f",
    "n,,n=,r=x\0",
    "n,,n=\0,r=x",
    `n,,n=,r=${"x".repeat(900)}`,
    `n,,n=,r=${"x".repeat(1100)}`,
    "N,,n=,r=x",
  ]);
}

export function oddFinal(r: Random): string {
  return r.pick([
    "",
    "c=biws",
    "c=biws,",
    "c=biws,r={nonce}",
    "c=biws,r={nonce},p=",
    "c=biws,r={nonce},p={proof},",
    "c=biws,r={nonce},p={proof},x=1",
    "c=biws,r={nonce},p={proof} ",
    "c=biws,r={nonce},p= {proof}",
    "c=biws,r={nonce},p={proof}=",
    "c=biws,r={nonce},p=AAAA",
    "c=biws,r={nonce},p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "c=biws,r={nonce},p=***",
    "c=biws,r={nonce},x=1,p={proof}",
    "c=biws,r={nonce},x=1,y=2,p={proof}",
    "c=biws,r={nonce},x,p={proof}",
    "c=biws,r={nonce},1=1,p={proof}",
    "c=biws,r={nonce}x,p={proof}",
    "c=biws,r=x{nonce},p={proof}",
    "c=biws,r=,p={proof}",
    "c=eSws,r={nonce},p={proof}",
    "c=,r={nonce},p={proof}",
    "c=biw,r={nonce},p={proof}",
    "c=BIWS,r={nonce},p={proof}",
    "r={nonce},c=biws,p={proof}",
    "c=biws,p={proof},r={nonce}",
    "c=biws,r={nonce},p={proof}\0",
    "c=biws,r={nonce},p={proof}\0x",
    "C=biws,r={nonce},p={proof}",
    `c=biws,r={nonce},x=${"x".repeat(1000)},p={proof}`,
  ]);
}

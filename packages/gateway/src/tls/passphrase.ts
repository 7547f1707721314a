import { spawn } from "node:child_process";
import { Secret } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";
import { utf8Text } from "@sallyport/policy";
import { TlsFault } from "./tls-fault.ts";

/** Milliseconds for the command to answer. */
const answerWithin = 30_000;

/** Bytes of a passphrase, as OpenSSL takes them. */
const longest = 1024;

const prompt = "Enter PEM pass phrase:";

/**
 * What `ssl_passphrase_command` prints, without the newline at its end (manual, 19.3.3). It is run by a shell, with `%p` as the prompt.
 *
 * @throws {TlsFault} it failed, or took too long; never with the passphrase in it
 */
export async function runPassphraseCommand(template: Bytes): Promise<Secret> {
  const command = utf8Text(template.replaceAll(/%(.?)/gs, (_, letter: string) => placeholder(letter)));
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const child = spawn("/bin/sh", ["-c", command], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: answerWithin,
    killSignal: "SIGKILL",
  });
  child.once("error", () => resolve(null));
  child.once("close", resolve);
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    if (said.length <= longest) said += chunk.toString("latin1");
  });
  const status = await promise;
  if (status !== 0) {
    throw new TlsFault("the command in ssl_passphrase_command failed", {
      detail: status === null ? "It was killed, or could not be run." : `Its exit status is ${status}.`,
    });
  }
  return new Secret(said.slice(0, longest).split("\n")[0]?.replace(/\r$/, "") ?? "");
}

function placeholder(letter: string): string {
  if (letter === "p") return prompt;
  if (letter === "%") return "%";
  throw new TlsFault('invalid value for parameter "ssl_passphrase_command"', {
    detail: `String contains unexpected placeholder "%${letter}".`,
  });
}

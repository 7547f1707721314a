import { resolve } from "node:path";
import { Failure, failureText } from "../failure.ts";
import { tryOut } from "./try-out.ts";

// What `npm start` runs once the checkout is set up.
try {
  await tryOut(resolve("gate"), {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    stdin: process.stdin,
    environment: process.env,
    clock: () => new Date(),
  });
} catch (error) {
  const failure = error instanceof Failure ? error : new Failure(String(error));
  process.stderr.write(failureText(failure));
  process.exitCode = 2;
}

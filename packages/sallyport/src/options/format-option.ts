import { Option } from "commander";

export type Format = "text" | "json";

/** `--format` of the commands that answer a question. */
export function formatOption(): Option {
  return new Option("--format <format>", "how to print").choices(["text", "json"]).default("text");
}

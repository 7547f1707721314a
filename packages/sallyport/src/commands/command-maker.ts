import type { Command } from "commander";
import type { Io } from "../io.ts";

/** What every command is made with: its surroundings, and where its exit status goes. */
export type CommandMaker = (io: Io, done: (status: number) => void) => Command;

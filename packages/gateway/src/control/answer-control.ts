import type { StopMode } from "../session/stopping.ts";
import type { FullReport } from "../reload/reloader.ts";
import type { AnswerControl } from "./conversation.ts";
import type { StopAnswer } from "./answers.ts";
import { reloadAnswer } from "./reload-answer.ts";
import { statusAnswer } from "./status-answer.ts";
import type { StatusSource } from "./status-answer.ts";

/** What can be told of a gateway, and done with it. */
export interface ControlledGate extends StatusSource {
  readonly reload: () => Promise<FullReport>;
  /** Begins it, and does not wait. */
  readonly stop: (mode: StopMode) => void;
}

export function answerControl(gate: ControlledGate): AnswerControl {
  return async (request) => {
    switch (request.command) {
      case "reload":
        return reloadAnswer(await gate.reload());
      case "status":
        return await statusAnswer(gate, request);
      case "stop":
        return stopped(gate, request.mode);
    }
  };
}

function stopped(gate: ControlledGate, mode: StopMode): StopAnswer {
  gate.stop(mode);
  const { shutdown_timeout } = gate.reloader.loaded.settings;
  return { pid: gate.pid, mode, within: mode === "smart" ? shutdown_timeout : 0 };
}

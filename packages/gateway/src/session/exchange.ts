import type { ClientAnswer, Exchange } from "@sallyport/methods";
import { encodeAuthentication, protocolViolation, WireError } from "@sallyport/wire";
import type { Line } from "../doorstep/line.ts";
import type { Log } from "../log/index.ts";

/** The conversation with a client over its socket, within the time limit of the whole way in. */
export function socketExchange({ socket, reader }: Line, signal: AbortSignal, log: Log): Exchange {
  return {
    request: (request) => {
      socket.write(encodeAuthentication(request));
    },
    answer: async (what, maxLength): Promise<ClientAnswer> => {
      try {
        const [type = 0] = await reader.peek(1, signal);
        if (type !== passwordMessage)
          throw protocolViolation(`expected ${what} response, got message type ${type}`);
        const { body } = await reader.readMessage(maxLength, signal);
        return { kind: "message", body };
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        if (error.code === "peer_closed" && reader.buffered > 0) {
          const inLengthWord = reader.buffered < 5;
          const words = inLengthWord
            ? "unexpected EOF within message length word"
            : "incomplete message from client";
          log.log("LOG", words, { sqlstate: "08P01" });
          return { kind: "too_long" };
        }
        if (error.code === "peer_closed" || error.code === "socket_failed") return { kind: "gone" };
        if (error.code === "message_too_long" || error.code === "invalid_length") {
          log.log("LOG", "invalid message length", { sqlstate: "08P01" });
          return { kind: "too_long" };
        }
        throw error;
      }
    },
  };
}

const passwordMessage = "p".charCodeAt(0);

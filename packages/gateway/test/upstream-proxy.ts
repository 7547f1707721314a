import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { freePort } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";

/** How a connection breaks: by an end in order, by a reset, or by nothing that anybody hears of. */
export type Break = "fin" | "rst" | "silence";

/** A session of the gateway with the server, and what passes. */
export interface Link {
  readonly catalogue: boolean;
  /** Bytes of the server that have passed. */
  readonly heard: () => number;
  /** Bytes of the gateway that have passed behind the startup packet. */
  readonly said: () => number;
  readonly break: (how: Break) => void;
}

/** Stands between a gateway and its upstream, and can break what passes at any point. */
export interface UpstreamProxy extends AsyncDisposable {
  readonly conninfo: string;
  /** Those that are open, in the order of their arrival. */
  readonly links: ReadonlySet<Link>;
  /**
   * Asked with each session when its startup packet has come, and whenever something passes: what is to happen to it.
   * Of the bytes that it lets pass only the first so many do.
   */
  judge: (link: Link) => Verdict;
  /** Nobody can connect any more, or can again. */
  readonly shut: () => Promise<void>;
  readonly open: () => Promise<void>;
}

export type Verdict =
  | "pass"
  | { readonly break: Break; /** Of the server's bytes; default: none. */ readonly after?: number };

export async function upstreamProxy(server: TestPostgres): Promise<UpstreamProxy> {
  const port = await freePort();
  const links = new Set<Link>();
  const proxy = {
    // What is counted is what a server says in answer to a startup packet.
    conninfo: `host=127.0.0.1 port=${port} user=sallyport dbname=postgres sslmode=disable`,
    links,
    judge: (): Verdict => "pass",
    shut: async () => {
      listener.close();
      for (const link of links) link.break("rst");
      await once(listener, "close");
    },
    open: async () => {
      listener.listen(port, "127.0.0.1");
      await once(listener, "listening");
    },
    [Symbol.asyncDispose]: async () => {
      if (listener.listening) await proxy.shut();
    },
  } satisfies UpstreamProxy as UpstreamProxy;
  const listener = createServer({ noDelay: true, allowHalfOpen: true }, (gateway) => {
    gateway.on("error", () => undefined);
    gateway.once("data", (startup: Buffer) => join(gateway, startup, server, proxy, links));
  });
  await proxy.open();
  return proxy;
}

function join(
  gateway: Socket,
  startup: Buffer,
  server: TestPostgres,
  proxy: UpstreamProxy,
  links: Set<Link>,
): void {
  const backend = connect(server.paths.socket).on("error", () => undefined);
  let [heard, said, broken] = [0, 0, false];
  const link: Link = {
    catalogue: startup.includes("user\0sallyport\0"),
    heard: () => heard,
    said: () => said,
    break: (how) => {
      broken = true;
      if (how === "silence") return;
      backend.destroy();
      if (how === "rst") gateway.resetAndDestroy();
      else gateway.destroySoon();
    },
  };
  links.add(link);
  gateway.on("close", () => {
    links.delete(link);
    backend.destroy();
  });
  /** How many of the server's bytes may pass; null: all. */
  const limit = (): number | null => {
    const verdict = proxy.judge(link);
    if (verdict === "pass") return null;
    const after = verdict.after ?? 0;
    if (heard >= after) link.break(verdict.break);
    return after;
  };
  backend.on("data", (chunk: Buffer) => {
    if (broken) return;
    const upTo = limit();
    const passed = upTo === null ? chunk : chunk.subarray(0, Math.max(0, upTo - heard));
    heard += passed.length;
    if (!broken && passed.length > 0) gateway.write(passed);
    if (!broken) limit();
  });
  backend.on("end", () => {
    if (!broken) gateway.end();
  });
  backend.on("close", () => {
    if (!broken) gateway.destroySoon();
  });
  gateway.on("data", (chunk: Buffer) => {
    if (broken) return;
    said += chunk.length;
    backend.write(chunk);
    limit();
  });
  gateway.on("end", () => {
    if (broken) gateway.destroy();
    else backend.end();
  });
  limit();
  if (!broken) backend.write(startup);
}

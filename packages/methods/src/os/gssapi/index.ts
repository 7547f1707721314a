export { beginGssContext } from "./context.ts";
export type { AcceptStep, GssContext, Sealed } from "./context.ts";
export { loadGssapi } from "./support.ts";

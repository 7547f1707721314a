/**
 * What a search answers that was given up: it would take too long, or an expression was asked that is no automaton. No text,
 * since the answer may be a name.
 */
export const notDecided: unique symbol = Symbol("not decided");

export type NotDecided = typeof notDecided;

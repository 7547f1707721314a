export { matrixOf } from "./matrix.ts";
export type { Block, Matrix } from "./matrix.ts";
export { matrixJson } from "./matrix-json.ts";
export type { Row } from "./block.ts";
export type { Answer, Step } from "./answer.ts";
export type { AddressPart } from "./address-parts.ts";
export { kindsOf } from "./question.ts";
export type { Kind, MatrixContext, MatrixQuestion, Name } from "./question.ts";

/** What a server answers to queries, as far as our client half reads it. */
import { BodyReader } from "./body.ts";

/** One column of a result. */
export interface Column {
  readonly name: string;
  readonly tableOid: number;
  readonly attributeNumber: number;
  readonly typeOid: number;
  readonly typeSize: number;
  readonly typeModifier: number;
  /** 0 text, 1 binary. */
  readonly format: number;
}

/** One row: byte strings, null for NULL. */
export type Row = readonly (string | null)[];

/** @throws {WireError} `malformed_message` */
export function decodeRowDescription(body: Buffer): readonly Column[] {
  const reader = new BodyReader(body, "RowDescription");
  const count = reader.int16();
  if (count < 0) {
    throw reader.malformed(`${count} columns`);
  }
  const columns = Array.from({ length: count }, () => ({
    name: reader.string(),
    tableOid: reader.int32() >>> 0,
    attributeNumber: reader.int16(),
    typeOid: reader.int32() >>> 0,
    typeSize: reader.int16(),
    typeModifier: reader.int32(),
    format: reader.int16(),
  }));
  reader.end();
  return columns;
}

/** @throws {WireError} `malformed_message` */
export function decodeDataRow(body: Buffer): Row {
  const reader = new BodyReader(body, "DataRow");
  const count = reader.int16();
  if (count < 0) {
    throw reader.malformed(`${count} columns`);
  }
  const row: (string | null)[] = [];
  for (let column = 0; column < count; column += 1) {
    const length = reader.int32();
    row.push(length === -1 ? null : reader.text(length));
  }
  reader.end();
  return row;
}

/** The command tag: `SELECT 1`. @throws {WireError} `malformed_message` */
export function decodeCommandComplete(body: Buffer): string {
  const reader = new BodyReader(body, "CommandComplete");
  const tag = reader.string();
  reader.end();
  return tag;
}

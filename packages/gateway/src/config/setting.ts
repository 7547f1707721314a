import type { Bytes } from "@sallyport/policy";

/** Why a value is refused, in the server's words. */
export interface ValueError {
  readonly message: Bytes;
  readonly detail?: Bytes;
  readonly hint?: Bytes;
}

/** A value, or what is wrong with the text that should have been one. */
export type Parsed<T> = { readonly value: T } | { readonly detail?: Bytes; readonly hint?: Bytes };

/** When a changed value counts: after a new start, or at the next reload. */
type SettingContext = "postmaster" | "sighup";

interface SettingBase<T> {
  /** What it is, for the documentation: docs/settings.md is made of the rows. */
  readonly description: string;
  readonly context: SettingContext;
  /** Whose setting it is: PostgreSQL's has its type, unit, range and, unless noted, its default. */
  readonly whose: "postgresql" | "sallyport";
  /** As one would write it; null: it must be given. */
  readonly default: Bytes | null;
  /** What carries out other values is not built yet: any value but this one is refused, and this is why. */
  readonly only?: { readonly value: Bytes; readonly reason: string };
  /** A sentence for the documentation: which values of the type this build refuses besides, and why. */
  readonly refuses?: string;
  /** It may hold a password: its value stands in no message. */
  readonly secret?: true;
  /** What the type alone does not say about a good value; null: it is one. */
  readonly check?: (value: T) => Omit<ValueError, "message"> | null;
}

export interface BoolSetting extends SettingBase<boolean> {
  readonly type: "bool";
}

/** The units in which integers are kept, and in which a bare number is read. */
export type Unit = "ms" | "s" | "min" | "B" | "kB";

export interface IntegerSetting extends SettingBase<number> {
  readonly type: "integer";
  readonly unit?: Unit;
  readonly min: number;
  readonly max: number;
}

export interface EnumSetting<T extends string> extends SettingBase<T> {
  readonly type: "enum";
  /** In the order in which a HINT lists them; case does not matter. */
  readonly values: readonly T[];
  /** Other spellings that are understood and not listed. */
  readonly aliases?: Readonly<Record<string, T>>;
}

export interface StringSetting extends SettingBase<Bytes> {
  readonly type: "string";
  /** A path: one that is not absolute starts at the gate directory. */
  readonly path?: true;
}

interface ListSetting<T extends Bytes> extends SettingBase<readonly T[]> {
  readonly type: "list";
  /** What the elements are, for the documentation. */
  readonly of: string;
  readonly read: (text: Bytes) => Parsed<readonly T[]>;
  /** Paths, as in `StringSetting`. */
  readonly path?: true;
}

/** Any row of the table of settings. */
export type AnySetting =
  | BoolSetting
  | IntegerSetting
  | EnumSetting<string>
  | StringSetting
  | ListSetting<Bytes>;

/** The row that a value of this type needs. */
type SettingFor<T> = [T] extends [boolean]
  ? BoolSetting
  : [T] extends [number]
    ? IntegerSetting
    : [T] extends [readonly (infer Element extends Bytes)[]]
      ? ListSetting<Element>
      : [T] extends [string]
        ? string extends T
          ? StringSetting
          : EnumSetting<T>
        : never;

/** A row for each setting of a theme. */
export type SettingRows<T> = { readonly [Name in keyof T]: SettingFor<T[Name]> };

/** Settings that belong together: a section of the documentation. */
export interface SettingTheme<T> {
  readonly title: string;
  /** What they are about, in a sentence. */
  readonly about: string;
  readonly rows: SettingRows<T>;
}

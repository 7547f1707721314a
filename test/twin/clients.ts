import { fromUnicode } from "@sallyport/wire";
import { grantWish, seededRandom } from "@sallyport/testkit";
import type { LoginAnswers, LoginAttempt, Tree, TreeEntry } from "@sallyport/testkit";

/** A client by what is not usual about it. Texts are byte strings, but for `user` and `database`. */
export type Client = Partial<Omit<LoginAttempt, "answers">> & {
  readonly database?: string;
  readonly answers?: Partial<LoginAnswers>;
  /** Startup parameters behind user and database. */
  readonly more?: readonly (readonly [name: string, value: string])[];
};

/** Bob from 127.0.0.1 to database shop with his role's right password, unless the client says otherwise. */
export function clientOf(client: Client): LoginAttempt {
  const { user = "bob", database = "shop", more = [], answers = {}, ...rest } = client;
  const wish = {
    door: "trust",
    user,
    database,
    parameters: more,
    password: `${user}-secret`,
    answers,
  } as const;
  return { ...grantWish(seededRandom(1), "", wish, true), address: "127.0.0.1", ...rest };
}

/** Both files, by their texts. */
export function treeOf(hba: string, ident = ""): Tree {
  const file = (text: string): TreeEntry => ({ kind: "file", bytes: fromUnicode(text), readable: true });
  return new Map([
    ["pg_hba.conf", file(hba)],
    ["pg_ident.conf", file(ident)],
  ]);
}

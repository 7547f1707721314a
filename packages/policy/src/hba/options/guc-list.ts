import type { Bytes } from "../../bytes.ts";
import type { Dialect } from "../../versions/dialect.ts";

/**
 * A list as PostgreSQL's settings have them: elements separated by commas, blanks around them ignored, each
 * bare (up to a comma or blank) or in double quotes with `""` for a quote. Null: not such a list.
 */
export function parseGucList(text: Bytes, { verticalTabIsBlank }: Dialect): Bytes[] | null {
  const blank = verticalTabIsBlank ? String.raw` \t\n\v\f\r` : String.raw` \t\n\f\r`;
  const blanks = `[${blank}]*`;
  const element = new RegExp(`${blanks}("(?:[^"]|"")*"|[^",${blank}][^,${blank}]*)${blanks}(,|$)`, "y");
  if (new RegExp(`^${blanks}$`).test(text)) return [];
  const items: Bytes[] = [];
  for (;;) {
    const found = element.exec(text);
    if (!found) return null;
    const [, item = "", separator] = found;
    items.push(unquoted(item));
    if (separator === "") return items;
  }
}

/** `parseGucList` for directories and libraries, whose bare names may have blanks inside. */
export function parseNameList(text: Bytes): Bytes[] | null {
  if (text.trim() === "") return [];
  const items: Bytes[] = [];
  const element = /\s*("(?:[^"]|"")*"|[^",][^,]*?)\s*(,|$)/y;
  for (;;) {
    const [, written = "", separator] = element.exec(text) ?? [];
    const item = unquoted(written);
    if (item === "") return null;
    items.push(item);
    if (separator === "") return items;
  }
}

function unquoted(item: Bytes): Bytes {
  return item.startsWith('"') ? item.slice(1, -1).replaceAll('""', '"') : item;
}

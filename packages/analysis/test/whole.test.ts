import { parseCatalogue } from "@sallyport/policy";
import { describe, expect, test } from "vitest";
import { found, review } from "./review.ts";

const scram = "scram-sha-256";

describe("one-family", () => {
  test.for([
    [["0.0.0.0/0"], ["0.0.0.0/0"]],
    [["0.0.0.0/0", "::/0"], []],
    [["::/0"], ["::/0"]],
    [["all"], []],
    [["0.0.0.0/0", "all"], []],
    [["127.0.0.1/32"], ["127.0.0.1/32"]],
    [["127.0.0.1/32", "::1/128"], []],
    [["127.0.0.1/32", "::/0"], ["::/0"]],
    [["127.0.0.1/32", "samehost"], []],
    [["127.0.0.1/32", "localhost"], []],
    [["10.0.0.0/8"], []],
  ] as const)("%j", ([addresses, wanted]) => {
    const hba = addresses.map((address) => `host d a ${address} ${scram}\n`).join("");
    expect(found(hba)).toEqual(wanted.map((address) => `one-family ${address}`));
  });

  test("is told of the same databases and users only, and not of lines that reject", () => {
    expect(found(`host d a 0.0.0.0/0 ${scram}\nhost d b ::/0 ${scram}\n`)).toEqual([
      "one-family 0.0.0.0/0",
      "one-family ::/0",
    ]);
    expect(found("host d a 0.0.0.0/0 reject\n")).toEqual([]);
  });
});

describe("replication-missed", () => {
  test.for([
    ["host all replicator 10.0.0.1/32", 1],
    ["host all standby 10.0.0.1/32", 1],
    ["host all app 10.0.0.1/32", 0],
    ["host d replicator 10.0.0.1/32", 0],
  ] as const)("%s", ([line, count]) => {
    expect(review(`${line} ${scram}\n`).map(({ id }) => id)).toEqual(Array(count).fill("replication-missed"));
  });

  test("not if some line lets replicate", () => {
    expect(review(`local all replicator ${scram}\nlocal replication x ${scram}\n`)).toEqual([]);
    expect(review(`local all replicator ${scram}\nlocal replication x reject\n`)).toHaveLength(1);
  });

  test("the role catalogue knows better than the name", () => {
    const roles = [
      { name: "replicator", login: true, superuser: false, replication: false, member_of: [] },
      { name: "walker", login: true, superuser: false, replication: true, member_of: [] },
    ];
    const catalogue = parseCatalogue(JSON.stringify({ roles }));
    if ("error" in catalogue) throw new Error(catalogue.error);
    expect(review(`local all replicator ${scram}\n`, { catalogue })).toEqual([]);
    expect(review(`local all walker ${scram}\n`, { catalogue }).map(({ message }) => message)).toEqual([
      'physical replication does not match all: "walker" cannot replicate',
    ]);
  });
});

describe("maps", () => {
  test("map-missing and map-unused", () => {
    const said = review("local all all peer map=a\nhost all all 10.0.0.1/32 ident map=b\n", {
      ident: "b x y\nc x y\nc z y\n",
    });
    expect(
      said.map(({ id, message }) => `${id}: ${message}`).filter((text) => text.startsWith("map-")),
    ).toEqual([
      'map-missing: no line of pg_ident.conf is of map "a"',
      'map-unused: no rule of pg_hba.conf names map "c"',
    ]);
  });

  test("nothing of both if a file does not load, or is not there", () => {
    expect(review("local all all peer map=a\n")).toEqual([]);
    expect(review("local all all peer map=a\n", { ident: "b x\n" })).toEqual([]);
    expect(review("local all all scarm\n", { ident: "b x y\n" })).toEqual([]);
  });

  test.for([
    [["m a b", "m a b"], ["m a b"]],
    [["m a b", "n a b"], []],
    [["m a b", "m a c"], []],
    [["m a all", "m a c"], ["m a c"]],
    [["m /^a /^x$", "m ab /^x$"], ["m ab /^x$"]],
    [["m /^a all", "m ab c"], ["m ab c"]],
    [["m /^a all", "m b c"], []],
    [["m ab c", "m /^a all"], []],
    [[String.raw`m /^(.*)$ \1`, "m a b"], []],
    [[String.raw`m /^(.*)$ \1`, String.raw`m /^(.*)$ \1`], [String.raw`m /^(.*)$ \1`]],
    [["m /^.*$ all", String.raw`m /^(.*)$ \1`], []],
    [["m a b", 'm a "b"'], ['m a "b"']],
    [["m a all", 'm a "all"'], ['m a "all"']],
    [['m a "all"', "m a all"], []],
  ] as const)("mapping-repeated: %j", ([lines, wanted]) => {
    const said = found("local all all peer map=m\nlocal all all peer map=n\n", { ident: lines.join("\n") });
    expect(said.filter((text) => text.startsWith("mapping-repeated"))).toEqual(
      wanted.map((line) => `mapping-repeated ${line}`),
    );
  });

  test.for([
    [String.raw`m /^(.*)$ \1`, 18, 0],
    [String.raw`m a \1`, 18, 1],
    [String.raw`m /^a$ \1`, 18, 1],
    [String.raw`m /^(?:a)$ \1`, 18, 1],
    [String.raw`m /^(.*)$ +\1`, 18, 1],
    [String.raw`m /^(.*)$ +\1`, 15, 0],
    [String.raw`m /^(.*)-(.*)$ \2`, 18, 1],
    [String.raw`m /^(.*)$ \1x\1`, 18, 1],
    [String.raw`m /^(.*)$ \1x\1`, 19, 0],
    [String.raw`m a b`, 18, 0],
  ] as const)("mapping-reference: %s, PostgreSQL %i: %i", ([line, version, count]) => {
    const said = review("local all all peer map=m\n", {
      ident: `${line}\n`,
      profile: { version: String(version) },
    });
    expect(said.filter(({ id }) => id === "mapping-reference")).toHaveLength(count);
  });
});

test.for([
  ["m /.* all", 1],
  ["m /^(.*)$ /.*", 1],
  ["m / all", 1],
  ["m /^a.*$ all", 0],
  [String.raw`m /^(.*)$ \1`, 0],
  ["m a all", 0],
  [String.raw`m /^.*@EXAMPLE\.COM$ all`, 1],
  ["m /^([^@]+)@example.com all", 1],
  [String.raw`m /^(.*)@EXAMPLE\.COM$ \1`, 0],
  [String.raw`m /^adm_.*@EXAMPLE\.COM$ all`, 0],
] as const)("mapping-open: %s: %i", ([line, count]) => {
  const said = review("local all all peer map=m\n", { ident: `${line}\n` });
  expect(said.filter(({ id }) => id === "mapping-open")).toHaveLength(count);
});

describe("include-dir-skips", () => {
  const options = (...names: readonly string[]): Parameters<typeof review>[1] => ({
    files: Object.fromEntries(
      names
        .filter((name) => /^[^.].*\.conf$/.test(name))
        .map((name) => [`/etc/d/${name}`, { bytes: `local d a ${scram}\n` }]),
    ),
    directories: {
      "/etc/d": {
        entries: [
          ...names.map((name) => ({ name, kind: "file" }) as const),
          { name: "more", kind: "directory" },
        ],
      },
    },
  });

  test("names that do not end in .conf, but no hidden files and no directories", () => {
    const said = review(
      "# the rest\ninclude_dir d\n",
      options("a.conf", "b.hba", "c.conf.bak", ".d", "E.CONF"),
    );
    expect(said.map(({ id, message, place }) => `${place.lineNumber} ${id}: ${message}`)).toEqual([
      "2 include-dir-skips: skipped, since their names do not end in .conf: E.CONF, b.hba, c.conf.bak",
    ]);
  });

  test("nothing if all are read", () => {
    expect(review("include_dir d\n", options("a.conf", "b.conf"))).toEqual([]);
  });
});

import { BerWriter } from "ldapts";
import { describe, expect, test } from "vitest";
import { parseFilter, writeFilter } from "./filter.ts";

// What `ldap_pvt_put_filter` of OpenLDAP 2.5 makes of each; of some 40,000 others it made the same, but for a single blank.

function encoded(filter: string): string {
  const writer = new BerWriter();
  writeFilter(writer, parseFilter(filter));
  return writer.buffer.toString("hex");
}

describe("a filter is put into bytes as OpenLDAP does it", () => {
  test.for([
    ["(uid=a)", "a3080403756964040161"],
    ["uid=a", "a3080403756964040161"],
    ["(&(uid=a)(cn=b))", "a013a3080403756964040161a3070402636e040162"],
    ["(&)", "a000"],
    ["( & (a=b) (c=d) )", "a010a306040161040162a306040163040164"],
    ["(|(a=b)(!(c=d)))", "a112a306040161040162a208a306040163040164"],
    ["(a=*)", "870161"],
    ["(a=x*y*z)", "a40e040161300980017881017982017a"],
    ["(a=*y*)", "a4080401613003810179"],
    ["(a=\\2a)", "a30604016104012a"],
    ["(a=\\*)", "a30604016104012a"],
    ["(a=x\\)*)", "a409040161300480027829"],
    ["(a=b=c)", "a3080401610403623d63"],
    ["(a=)", "a3050401610400"],
    ["(a>=1)", "a506040161040131"],
    ["(a<=1)", "a606040161040131"],
    ["(a~=1)", "a806040161040131"],
    ["(cn;lang-de=x)", "a30f040a636e3b6c616e672d6465040178"],
    ["(2.5.4.3=\xe9)", "a30c0407322e352e342e330401e9"],
    ["(cn:dn:2.5.13.5:=v)", "a9148108322e352e31332e358202636e8301768401ff"],
    ["(:dn:2.5.13.5:=v)", "a9108108322e352e31332e358301768401ff"],
    ["(:caseIgnoreMatch:=v)", "a914810f6361736549676e6f72654d61746368830176"],
    ["(cn:=v)", "a9078202636e830176"],
    ["(cn:dn:=v)", "a90a8202636e8301768401ff"],
  ])("%s", ([filter = "", bytes = ""]) => {
    expect(encoded(filter)).toBe(bytes);
  });
});

const noFilters = [
  "",
  " ",
  "()",
  "(a=b",
  "a=b)",
  "((a=b))",
  "(!)",
  "(!(a=b)(c=d))",
  "(!(a=b) )",
  "(a)",
  "broken",
  "(=x)",
  "(a=**)",
  "(a=(b)",
  "(a=\\zz)",
  "(a=\\2)",
  "(a=b)x",
  "(a=b)(c=d)",
  " (a=b)",
  "(a=b) ",
  "(a_b=c)",
  "(&(a=b)x)",
  "(:=v)",
  "(cn:a;b:=v)",
  "(a=b\\",
  "(a=b)\\",
];

describe("what OpenLDAP does not take for one is none", () => {
  test.for(noFilters)("%j", (filter) => {
    expect(() => parseFilter(filter)).toThrow("Bad search filter");
  });

  test("one that is too deep, or very long, ends soon", () => {
    expect(() => parseFilter("(!".repeat(100_000))).toThrow("Bad search filter");
    expect(() => parseFilter(`(a=${"\\".repeat(100_001)}`)).toThrow("Bad search filter");
    expect(() => parseFilter(`(a=${"\\2a*".repeat(10_000)}`)).toThrow("Bad search filter");
  });
});

/**
 * The examples of the manual's chapter, as configuration lines. Where the copy that the project set out from had
 * lost its addresses, they are filled in to fit what the text around them says.
 */
export const example201 = {
  socket: "local all all trust",
  loopback: "host all all 127.0.0.1/32 trust",
  loopbackByMask: "host all all 127.0.0.1 255.255.255.255 trust",
  loopbackIpv6: "host all all ::1/128 trust",
  localhost: "host all all localhost trust",
  identNetwork: "host postgres all 192.168.93.0/24 ident",
  oneHost: "host postgres all 192.168.12.10/32 scram-sha-256",
  domain: ["host all mike .example.com md5", "host all all .example.com scram-sha-256"].join("\n"),
  rejectThenGss: ["host all all 192.168.54.1/32 reject", "host all all 0.0.0.0/0 gss"].join("\n"),
  mapped: "host all all 192.168.0.0/16 ident map=omicron",
  ownDatabases: ["local sameuser all md5", "local all @admins md5", "local all +support md5"].join("\n"),
  combined: "local all @admins,+support md5",
  databaseList: "local db1,db2,@demodbs all md5",
} as const;

/** What the examples name with `@`. */
export const exampleLists = {
  admins: "# who looks after this server\nalice, bob\n",
  demodbs: "demo1 demo2\n",
} as const;

/** Example 21.2: the maps that go with it. */
export const example212 = [
  "# MAPNAME  SYSTEM-USERNAME  PG-USERNAME",
  "omicron    bryanh           bryanh",
  "omicron    ann              ann",
  "# robert is bob here",
  "omicron    robert           bob",
  "# bryanh has a second role",
  "omicron    bryanh           guest1",
  "",
].join("\n");

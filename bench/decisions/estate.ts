import type { Asked } from "./asked.ts";

const perTeam = 10;
const noRule = 0.1;

/**
 * A `pg_hba.conf` as estates have them, of any size: it grows by teams, each with a database and ten rules, on one of 256 sites. Of
 * 100 rules 70 have literal names and a CIDR address, 20 a group, 9 lists of names, one a regular expression. The attempts are
 * spread evenly over the rules; a tenth meets none.
 */
export function estate(rules: number, attempts: number): Asked {
  const lines: string[] = [];
  for (let place = 0; place < rules; place += 1) lines.push(`${line(place)}\n`);
  return {
    hba: lines.join(""),
    attempts: Array.from({ length: attempts }, (_, at) => {
      // In no order that a cache could follow, and each rule as often as any other.
      const place = Number((BigInt(at) * 2_654_435_761n) % BigInt(rules));
      return at % (1 / noRule) === 0 ? strangerTo(place, at) : winnerOf(place, at);
    }),
    facts: { membership: (role, group) => role.slice(0, role.indexOf("_")) === group },
  };
}

/** Neighbours are of different kinds. */
function kindOf(place: number): "literal" | "group" | "list" | "regex" {
  const percent = (place * 37) % 100;
  return percent < 70 ? "literal" : percent < 90 ? "group" : percent < 99 ? "list" : "regex";
}

function line(place: number): string {
  const team = Math.floor(place / perTeam);
  const site = `10.${team % 256}.0.0/16`;
  switch (kindOf(place)) {
    case "literal":
      // Every fifth for all databases: of a service that has its role in many.
      return `${type(place)} ${place % 5 === 0 ? "all" : `db${team}`} u${place} ${site} scram-sha-256`;
    case "group":
      return `${type(place)} db${team} +g${place} ${place % 2 === 0 ? site : "10.0.0.0/8"} scram-sha-256`;
    case "list":
      return `${type(place)} db${team},db${team}_test,postgres a${place},b${place},c${place} ${site} scram-sha-256`;
    case "regex":
      return `${type(place)} db${team} /^r${place}_[0-9]+$ ${site} scram-sha-256`;
  }
}

function type(place: number): string {
  return place % 4 === 0 ? "hostssl" : "host";
}

function winnerOf(place: number, at: number): Asked["attempts"][number] {
  const team = Math.floor(place / perTeam);
  return {
    place,
    attempt: { user: userOf(place, at), database: `db${team}`, address: addressOf(team, at), ssl: true },
  };
}

/** Somebody whom the rule is about. */
function userOf(place: number, at: number): string {
  switch (kindOf(place)) {
    case "literal":
      return `u${place}`;
    case "group":
      return `g${place}_${at % 9}`;
    case "list":
      return `b${place}`;
    case "regex":
      return `r${place}_${at % 9}`;
  }
}

/** A user of the team whom none of its rules names. */
function strangerTo(place: number, at: number): Asked["attempts"][number] {
  const team = Math.floor(place / perTeam);
  const attempt = { user: `nobody${at}`, database: `db${team}`, address: addressOf(team, at), ssl: true };
  return { place: null, attempt };
}

/** No two attempts come from the same address of a site. */
function addressOf(team: number, at: number): string {
  return `10.${team % 256}.${(at >> 8) & 255}.${at & 255}`;
}

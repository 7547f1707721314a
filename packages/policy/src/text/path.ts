import type { Bytes } from "../bytes.ts";

/** The server keeps a path that it joins in a buffer of 1024 bytes and cuts what is longer. */
const longestJoined = 1023;

/**
 * Where an `@file` or include name points: an absolute name as it is, any other one relative to the directory
 * of the file that names it, without `.`, `..` and doubled slashes.
 *
 * @param dotsResolved false, before PostgreSQL 15: `.` and `..` stay unless they begin or end the name
 */
export function resolvePath(name: Bytes, namedIn: Bytes, dotsResolved: boolean): Bytes {
  if (name.startsWith("/")) return name;
  const directory = namedIn.slice(0, Math.max(namedIn.lastIndexOf("/"), 0));
  const tail = dotsResolved ? name : name.replace(/^(?:\.\/)+/, "");
  const joined = (tail === "" ? directory : `${directory}/${tail}`).slice(0, longestJoined);
  return dotsResolved ? canonicalPath(joined) : trimmedPath(joined);
}

/** The full path of a file in a directory, as the server prints it. */
export function joinPath(directory: Bytes, name: Bytes): Bytes {
  return `${directory}/${name}`.slice(0, longestJoined);
}

function canonicalPath(path: Bytes): Bytes {
  const parts: Bytes[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Without `.` and `..` at its end, and the directories that those lead out of. */
function trimmedPath(path: Bytes): Bytes {
  const parts = path.split("/").filter((part) => part !== "");
  for (let above = 0; ;) {
    const last = parts.at(-1);
    if (last === "..") above += 1;
    else if (above > 0 && last !== ".") above -= 1;
    else if (last !== ".") break;
    if (parts.pop() === undefined) break;
  }
  return `/${parts.join("/")}`;
}

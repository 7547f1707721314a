import type { Bytes } from "../bytes.ts";

/** The server keeps a path that it joins in a buffer of 1024 bytes and cuts what is longer. */
const longestJoined = 1023;

/**
 * Where an `@file` or include name points: an absolute name as it is, any other one relative to the directory
 * of the file that names it, without `.`, `..` and doubled slashes.
 */
export function resolvePath(name: Bytes, namedIn: Bytes): Bytes {
  if (name.startsWith("/")) return name;
  const directory = namedIn.slice(0, Math.max(namedIn.lastIndexOf("/"), 0));
  const joined = name === "" ? directory : `${directory}/${name}`;
  return canonicalPath(joined.slice(0, longestJoined));
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

/** `strerror` of the C library for what opening and reading files can say; Node words these its own way. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "Permission denied",
  EFBIG: "File too large",
  EINVAL: "Invalid argument",
  EIO: "Input/output error",
  EISDIR: "Is a directory",
  ELOOP: "Too many levels of symbolic links",
  EMFILE: "Too many open files",
  ENAMETOOLONG: "File name too long",
  ENFILE: "Too many open files in system",
  ENODEV: "No such device",
  ENOENT: "No such file or directory",
  ENOMEM: "Cannot allocate memory",
  ENOTDIR: "Not a directory",
  ENXIO: "No such device or address",
  EPERM: "Operation not permitted",
};

/** The reason of a failed system call, as PostgreSQL prints it in English. */
export function strerror(code: string): string {
  return reasons[code] ?? code;
}

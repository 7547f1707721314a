/**
 * What `act` makes at once has none of these bits. The umask is the whole process's, so it is given back before anything
 * else runs.
 */
export function underUmask<T>(mask: number, act: () => T): T {
  const umask = process.umask(mask);
  try {
    return act();
  } finally {
    process.umask(umask);
  }
}

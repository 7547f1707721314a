/** Milliseconds. Timers take no more than 24 days, and know nothing of a clock that is set or a machine that slept. */
const longestWait = 60_000;

/** Does something at a time of the clock, however far off; at once if it is past. */
export function atTime(time: Date, clock: () => Date, work: () => void): { readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    const left = time.getTime() - clock().getTime();
    if (left <= 0) work();
    else timer = setTimeout(wait, Math.min(left, longestWait));
  };
  // Not before whoever asks for it has it to cancel.
  timer = setTimeout(wait, 0);
  return { cancel: () => clearTimeout(timer) };
}

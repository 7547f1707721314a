/** The second that was shown last: most times of a log are of the same. */
let lastSecond = Number.NaN;
let lastShown = "";

/** `2026-11-22 15:42:30.994 UTC`: the log's times are in UTC. */
export function logTimeMs(time: Date): string {
  return `${upToSeconds(time)}.${padded(time.getUTCMilliseconds(), 3)} UTC`;
}

/** `2026-11-22 15:42:30 UTC` */
export function logTime(time: Date): string {
  return `${upToSeconds(time)} UTC`;
}

function upToSeconds(time: Date): string {
  const second = Math.floor(time.getTime() / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastShown = time.toISOString().slice(0, 19).replace("T", " ");
  }
  return lastShown;
}

/** The length of a session, as its last line shows it: `0:00:01.250`. */
export function sessionTime(milliseconds: number): string {
  const whole = Math.max(0, Math.trunc(milliseconds));
  const hours = Math.trunc(whole / 3_600_000);
  const minutes = Math.trunc(whole / 60_000) % 60;
  const seconds = Math.trunc(whole / 1000) % 60;
  return `${hours}:${padded(minutes, 2)}:${padded(seconds, 2)}.${padded(whole % 1000, 3)}`;
}

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, "0");
}

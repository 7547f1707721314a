/** Each so many lines one is touched. */
const every = 500;

/** The file after an edit as people make them: here and there a method is another one, a line is new, gone or elsewhere. */
export function edited(hba: string): string {
  const lines = hba.split(/(?<=\n)/);
  for (let at = lines.length - every; at >= 0; at -= every) {
    const line = lines[at] ?? "";
    switch (Math.floor(at / every) % 4) {
      case 0:
        lines.splice(at, 0, `host db${at} guest${at} 10.0.0.0/8 reject\n`);
        break;
      case 1:
        lines.splice(at, 1);
        break;
      case 2:
        lines.splice(at, 2, lines[at + 1] ?? "", line);
        break;
      default:
        lines[at] = line.replace("scram-sha-256", "trust");
    }
  }
  return lines.join("");
}

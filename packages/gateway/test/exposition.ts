/** The samples of a text exposition, by name and labels as they were written. */
export type Samples = ReadonlyMap<string, number>;

interface Family {
  readonly name: string;
  readonly type: string;
}

const sample = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)$/i;
const label = /([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/iy;
const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: [""],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
};

/**
 * Reads Prometheus' text format, version 0.0.4, strictly: each family once, HELP and TYPE before its samples, no sample
 * twice, buckets that rise up to their count.
 *
 * @throws {Error} the text breaks a rule
 */
export function readExposition(text: string): Samples {
  const samples = new Map<string, number>();
  const families = new Set<string>();
  let family: Family | null = null;
  let helped = "";
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, help] = /^# HELP (\S+) .+\.$/.exec(line) ?? [];
    const [, typed, type] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (help !== undefined) helped = help;
    else if (typed !== undefined && type !== undefined) {
      if (typed !== helped || families.has(typed)) throw new Error(`no HELP, or a second TYPE: ${line}`);
      families.add(typed);
      family = { name: typed, type };
    } else {
      const [, name = "", labels = "", value = ""] = sample.exec(line) ?? [];
      checkSample(family, name, labels, line);
      if (samples.has(`${name}{${labels}}`)) throw new Error(`twice: ${line}`);
      const number = value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value);
      if (Number.isNaN(number)) throw new Error(`no number: ${line}`);
      samples.set(`${name}{${labels}}`, number);
    }
  }
  checkBuckets(samples);
  return samples;
}

function checkSample(family: Family | null, name: string, labels: string, line: string): void {
  if (!family || !suffixes[family.type]?.some((suffix) => name === family.name + suffix))
    throw new Error(`not of the family before it: ${line}`);
  if (family.type === "counter" && !name.endsWith("_total"))
    throw new Error(`a counter ends in _total: ${line}`);
  label.lastIndex = 0;
  while (label.lastIndex < labels.length) if (!label.test(labels)) throw new Error(`bad labels: ${line}`);
}

function checkBuckets(samples: Samples): void {
  const last = new Map<string, number>();
  for (const [key, value] of samples) {
    const [, name, bound, rest = ""] = /^(.+)_bucket\{le="([^"]*)",?(.*)\}$/.exec(key) ?? [];
    if (name === undefined) continue;
    const series = `${name}_count{${rest}}`;
    if (value < (last.get(series) ?? 0)) throw new Error(`buckets fall: ${key}`);
    last.set(series, value);
    if (bound === "+Inf" && samples.get(series) !== value) throw new Error(`+Inf is not the count: ${key}`);
  }
}

/** The values of all labels. */
export function labelValues(samples: Samples): ReadonlySet<string> {
  return new Set(
    [...samples.keys()].flatMap((key) =>
      [...key.matchAll(/="((?:[^"\\]|\\.)*)"/g)].map(([, value = ""]) => value),
    ),
  );
}

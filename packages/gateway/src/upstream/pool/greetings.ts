import type { Greeting, ParameterStatus } from "@sallyport/wire";

/** What a session says at its beginning, with the values that its settings have now; the same object, if they are the same. */
export function greetingsNow(
  greetings: readonly Greeting[],
  now: ReadonlyMap<string, string>,
): readonly Greeting[] {
  const isSame = greetings.every(
    (one) => one.kind !== "parameter" || now.get(one.parameter.name) === one.parameter.value,
  );
  if (isSame) return greetings;
  return greetings.map((greeting) => {
    if (greeting.kind !== "parameter") return greeting;
    const { name, value } = greeting.parameter;
    return { kind: "parameter", parameter: { name, value: now.get(name) ?? value } };
  });
}

/** What somebody has to be told who was told other values, or none. */
export function changedParameters(
  told: readonly Greeting[],
  now: readonly ParameterStatus[],
): ParameterStatus[] {
  const values = new Map(
    told.flatMap((one) => (one.kind === "parameter" ? [[one.parameter.name, one.parameter.value]] : [])),
  );
  return now.filter(({ name, value }) => values.get(name) !== value);
}

/** Where the elements of a list come from. */
export interface Source<T> {
  readonly length: number;
  /** The element of a place below `length`: the same one whenever it is asked for. */
  readonly at: (place: number) => T;
  /** The same; if it has to be made, it is made for the moment, and not kept. */
  readonly peek: (place: number) => T;
  /** -1: nobody has been given this one. */
  readonly placeOf: (element: T) => number;
}

const sources = new WeakMap<readonly unknown[], Source<unknown>>();

/**
 * An array that nobody can change, whose elements are made when they are first looked at. To everybody it is an array like any
 * other, and a long one of which little is looked at takes little room.
 */
export function lazyList<T>(source: Source<T>): readonly T[] {
  const { length, at, placeOf } = source;
  // It stays empty: an array of a million holes takes 8 MB, and 10 ms to make.
  const target: T[] = [];
  // What nobody has been given is not what anybody looks for.
  const search = {
    indexOf: placeOf,
    lastIndexOf: placeOf,
    includes: (element: T): boolean => placeOf(element) >= 0,
  };
  const list = new Proxy(target, {
    get: (_, key) => {
      const place = placeNamed(key);
      if (place !== null) return place < length ? at(place) : undefined;
      if (key === "length") return length;
      return Reflect.get(Object.hasOwn(search, key) ? search : target, key) as unknown;
    },
    has: (_, key) => {
      const place = placeNamed(key);
      return place === null ? Reflect.has(target, key) : place < length;
    },
    ownKeys: () => [...Array.from({ length }, (_, place) => String(place)), "length"],
    getOwnPropertyDescriptor: (_, key) => {
      const place = placeNamed(key);
      if (key === "length") return { value: length, writable: true, enumerable: false, configurable: false };
      if (place === null) return Reflect.getOwnPropertyDescriptor(target, key);
      if (place >= length) return undefined;
      return { value: at(place), writable: false, enumerable: true, configurable: true };
    },
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
    setPrototypeOf: () => false,
    preventExtensions: () => false,
  });
  sources.set(list, source as Source<unknown>);
  return list;
}

/** Reads elements of a list by their places: of a lazy one faster than the list itself does. */
export function readerOf<T>(list: readonly T[]): (place: number) => T | undefined {
  const source = sources.get(list) as Source<T> | undefined;
  if (!source) return (place) => list[place];
  const { at, length } = source;
  return (place) => (place < length ? at(place) : undefined);
}

/**
 * Goes through a list once. Elements of a lazy one that nobody has looked at are made for the moment: whoever keeps one has it for
 * himself.
 */
export function* inPassing<T>(list: readonly T[]): Generator<T, undefined, undefined> {
  const source = sources.get(list) as Source<T> | undefined;
  if (!source) return yield* list;
  for (let place = 0; place < source.length; place += 1) yield source.peek(place);
}

/** Null: it is no place of an array. */
function placeNamed(key: string | symbol): number | null {
  if (typeof key === "symbol" || key.charCodeAt(0) > 0x39) return null;
  const place = Number(key);
  return Number.isInteger(place) && place >= 0 && place < 2 ** 32 - 1 && String(place) === key ? place : null;
}

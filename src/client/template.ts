// A value with a name in several places of it, kept to be made again with other names: what a start of the same options
// compiles to. What the name is not in is shared by all that are made, hence frozen.

type Path = readonly (string | number)[];

export class Template<T extends object> {
  readonly #value: T;
  readonly #places: readonly Path[];

  /** `mark` is found wherever it is part of a string. */
  constructor(value: T, mark: string) {
    this.#value = value;
    const places: Path[] = [];
    look(value, mark, [], places);
    this.#places = places;
  }

  /** With every marked string replaced. */
  make(replace: (text: string) => string): T {
    // An object with several marks is copied once.
    const copies = new Map<object, object>();
    const copyOf = (original: object): Record<string | number, unknown> => {
      let copy = copies.get(original);
      if (copy === undefined) copies.set(original, (copy = Array.isArray(original) ? [...original] : { ...original }));
      return copy as Record<string | number, unknown>;
    };
    for (const path of this.#places) {
      let original: object = this.#value;
      let copy = copyOf(original);
      for (const key of path.slice(0, -1)) {
        original = (original as Record<string | number, object>)[key]!;
        copy = copy[key] = copyOf(original);
      }
      const last = path.at(-1)!;
      copy[last] = replace((original as Record<string | number, string>)[last]!);
    }
    return (copies.get(this.#value) ?? this.#value) as T;
  }
}

function look(value: object, mark: string, path: Path, places: Path[]): void {
  if (ArrayBuffer.isView(value)) return;
  Object.freeze(value);
  for (const [key, one] of Object.entries(value) as [string, unknown][]) {
    const at = [...path, key];
    if (typeof one === 'string') {
      if (one.includes(mark)) places.push(at);
    } else if (typeof one === 'object' && one !== null) look(one, mark, at, places);
  }
}

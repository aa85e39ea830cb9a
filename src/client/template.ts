// A value with words in several places of it, kept to be made again with other words: what a start of the same options
// compiles to. What holds none of them is shared by all that are made, hence frozen.

type Fields = Record<string | number, unknown>;

/** A string that is written anew: text, and numbers of words. */
interface Place {
  readonly holder: number;
  readonly key: string;
  readonly parts: readonly (string | number)[];
}

/** A copy within a copy. */
interface Link {
  readonly holder: number;
  readonly key: string;
  readonly copy: number;
}

export class Template<T extends object> {
  /** What it was made from, with the marks in it. */
  readonly value: T;
  /** What is copied for each value that is made. What lies in two places of it is one copy in both. */
  readonly #originals: object[] = [];
  readonly #places: Place[] = [];
  readonly #links: Link[] = [];
  readonly #root: number;

  /** `marks` are found wherever they are part of a string; where one holds another, the longer comes first. */
  constructor(value: T, marks: readonly string[]) {
    this.value = value;
    this.#root = this.#look(value, marks, new Map());
  }

  /** With a word for each mark. */
  make(words: readonly string[]): T {
    if (this.#root < 0) return this.value;
    const copies = this.#originals.map((one) => (Array.isArray(one) ? one.slice() : { ...one }) as unknown as Fields);
    for (const { holder, key, copy } of this.#links) copies[holder]![key] = copies[copy];
    for (const { holder, key, parts } of this.#places) {
      let text = '';
      for (const part of parts) text += typeof part === 'string' ? part : words[part];
      copies[holder]![key] = text;
    }
    return copies[this.#root] as T;
  }

  /** The number of its copy; -1 where there is nothing to be written in it. */
  #look(value: object, marks: readonly string[], known: Map<object, number>): number {
    const before = known.get(value);
    if (before !== undefined) return before;
    if (ArrayBuffer.isView(value)) return -1;
    Object.freeze(value);
    const places: Omit<Place, 'holder'>[] = [];
    const links: Omit<Link, 'holder'>[] = [];
    for (const [key, one] of Object.entries(value) as [string, unknown][]) {
      if (typeof one === 'string') {
        const parts = split(one, marks, 0);
        if (parts.some((part) => typeof part === 'number')) places.push({ key, parts });
      } else if (typeof one === 'object' && one !== null) {
        const copy = this.#look(one, marks, known);
        if (copy >= 0) links.push({ key, copy });
      }
    }
    const holder = places.length + links.length === 0 ? -1 : this.#originals.push(value) - 1;
    known.set(value, holder);
    for (const place of places) this.#places.push({ holder, ...place });
    for (const link of links) this.#links.push({ holder, ...link });
    return holder;
  }
}

function split(text: string, marks: readonly string[], from: number): readonly (string | number)[] {
  const mark = marks[from];
  if (mark === undefined) return [text];
  return text.split(mark).flatMap((piece, i) => {
    const rest = split(piece, marks, from + 1);
    return i === 0 ? rest : [from, ...rest];
  });
}

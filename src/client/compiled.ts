// What containers compile to, remembered: whoever starts many of the same kind compiles once, and each gets it with its
// own id and host name. Only what depends on nothing but the options and the kernel's facts: not what looked at a file
// of the host's or at another container.

import { isLike } from '../backend/likeness.ts';
import { compile, type Plan, type PlanOptions } from '../plan.ts';
import type { CreateOptions } from '../runtime.ts';
import { type ContainerOptions, type Lookup, toSpec } from '../shorthand.ts';
import type { Spec } from '../spec.ts';
import type { BackendFacts } from '../wire.ts';
import { Template } from './template.ts';

export interface Compiled {
  readonly spec: Spec;
  readonly plan: Plan;
}

/** Kinds of containers that are remembered. */
const kindsMax = 32;
const idLength = 64;
/** Docker's short form of an id, and a host name by default. */
export const shortLength = 12;

/** One kind of containers: the same but for the id, and the host name that comes of it. */
export class Kind {
  readonly #mark: string;
  readonly #compile: (ahead: boolean) => Compiled;
  readonly #templates: [Template<Compiled>?, Template<Compiled>?] = [];

  constructor(mark: string, compile: (ahead: boolean) => Compiled) {
    this.#mark = mark;
    this.#compile = compile;
  }

  /** With an id as it is generated. `ahead`: as it is for one that is begun in advance. */
  make(id: string, ahead = false): Compiled {
    const marks = [this.#mark, this.#mark.slice(0, shortLength)];
    const template = (this.#templates[ahead ? 1 : 0] ??= new Template(this.#compile(ahead), marks));
    const words = [id, id.slice(0, shortLength)];
    const made = template.make(words);
    isLike(made.plan, { model: template.value.plan, marks, words });
    return made;
  }
}

export class Compiler {
  readonly #facts: BackendFacts;
  /** For plans that are begun before they are wanted. */
  readonly #aheadFacts: BackendFacts;
  readonly #lookup: Lookup;
  /** Null: it must be compiled anew each time. */
  readonly #kinds = new Map<string, Kind | null>();
  /** An id that nobody has, in the place of the real one. */
  readonly #mark = newId();

  constructor(facts: BackendFacts, lookup: Lookup) {
    this.#facts = facts;
    this.#aheadFacts = { ...facts, features: [...facts.features, 'pool'] };
    this.#lookup = lookup;
  }

  /** Of containers whose ids are generated. */
  kind(options: ContainerOptions, planOptions: Omit<PlanOptions, 'id'>): Kind | undefined {
    const key = keyOf(options, planOptions);
    if (key === undefined) return undefined;
    const known = this.#kinds.get(key);
    return (known === undefined ? this.#learn(key, options, planOptions) : known) ?? undefined;
  }

  compile(options: ContainerOptions, planOptions: PlanOptions): Compiled {
    return this.#compile(options, planOptions, this.#lookup, this.#facts);
  }

  #learn(key: string, options: ContainerOptions, planOptions: Omit<PlanOptions, 'id'>): Kind | null {
    let looked = false;
    const { stat, pidOf } = this.#lookup;
    const lookup: Lookup = {
      ...(stat && { stat: (path) => { looked = true; return stat(path); } }),
      ...(pidOf && { pidOf: (name) => { looked = true; return pidOf(name); } }),
    };
    const first = this.#compile(options, { ...planOptions, id: this.#mark }, lookup, this.#facts);
    const kind = looked ? null : new Kind(this.#mark, (ahead) => (
      ahead ? this.#compile(options, { ...planOptions, id: this.#mark }, lookup, this.#aheadFacts) : first
    ));
    if (this.#kinds.size >= kindsMax) this.#kinds.delete(this.#kinds.keys().next().value as string);
    this.#kinds.set(key, kind);
    return kind;
  }

  #compile(options: ContainerOptions, planOptions: PlanOptions, lookup: Lookup, facts: BackendFacts): Compiled {
    const { stat } = lookup;
    // A name of its own needs a namespace of its own.
    const own = options.share?.includes('uts') !== true && (options.uts === undefined || options.uts === 'private');
    const hostname = own ? { hostname: planOptions.id.slice(0, shortLength) } : {};
    const spec = toSpec({ ...hostname, ...options }, facts, lookup);
    return { spec, plan: compile(spec, facts, stat === undefined ? planOptions : { ...planOptions, stat }) };
  }
}

/** Everything that the compiler looks at; a relative path is one from the current directory. */
function keyOf(options: CreateOptions, { stdio, allowStray }: Omit<PlanOptions, 'id'>): string | undefined {
  const {
    id: _id, name: _name, labels: _labels, stdin: _stdin, stdout: _stdout, stderr: _stderr, signal: _signal,
    trace: _trace, ...rest
  } = options;
  // A profile of its own is long, and rare.
  if ('seccomp' in rest && typeof rest.seccomp === 'object') return undefined;
  return JSON.stringify([rest, stdio, allowStray, typeof process === 'undefined' ? '' : process.cwd()]);
}

/**
 * 64 hexadecimal digits, as docker has them. A name, not a secret: loading the host's cryptography costs milliseconds.
 */
export function newId(): string {
  let id = '';
  while (id.length < idLength) id += Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, '0');
  return id;
}

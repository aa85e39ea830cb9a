// From flags to the options of a container.

import { readFileSync } from 'node:fs';
import { SpecError } from '../errno.ts';
import type { ContainerOptions } from '../shorthand.ts';
import { type Flag, type Given, plainBooleans, UsageError } from './flags.ts';
import { Command, CommanderError, Option } from 'commander';

export interface Parsed {
  readonly given: Given;
  /** IMAGE and what follows it. */
  readonly words: readonly string[];
  /** Set when --help was asked for and printed. */
  readonly helped: boolean;
}

/** commander with docker's habits: flags end at the first word, -h is not help, an error is one line. */
export function parse(verb: string, usage: string, flags: readonly Flag[], argv: readonly string[]): Parsed {
  const command = new Command(`twinbox ${verb}`)
    .usage(usage).helpOption('--help', 'print this help').passThroughOptions().allowExcessArguments()
    .argument('[words...]').exitOverride().configureOutput({ writeErr: () => {} });
  command.configureHelp({ visibleArguments: () => [] });
  for (const flag of flags) command.addOption(option(flag));
  try {
    command.parse(plainBooleans(argv, flags), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return { given: new Map(), words: [], helped: true };
    throw new UsageError(asDocker(error.message));
  }
  const values = command.opts<Record<string, true | string | string[]>>();
  const given = new Map<string, true | string | readonly string[]>();
  for (const flag of flags) {
    const value = values[camel(flag.name)];
    if (value !== undefined) given.set(flag.name, value);
  }
  return { given, words: command.args, helped: false };
}

const camel = (name: string): string => name.replace(/-([a-z])/g, (_all, letter: string) => letter.toUpperCase());

function option(flag: Flag): Option {
  const value = flag.value === undefined ? '' : ` <${flag.value}>`;
  const made = new Option(`${flag.short ? `-${flag.short}, ` : ''}--${flag.name}${value}`, flag.help);
  if (flag.list) made.argParser((word: string, before: string[] | undefined) => [...(before ?? []), word]);
  return made;
}

function asDocker(message: string): string {
  const unknown = /unknown option '(-+)([^']*)'/.exec(message);
  if (unknown !== null) return unknown[1] === '-' ? `unknown shorthand flag: -${unknown[2]}` : `unknown flag: --${unknown[2]}`;
  const missing = /option '(?:-\w, )?(--[\w-]+)[^']*' argument missing/.exec(message);
  if (missing !== null) return `flag needs an argument: ${missing[1]}`;
  return message.replace(/^error: /, '');
}

export function containerOptions(given: Given, words: readonly string[]): ContainerOptions {
  const text = (name: string): string | undefined => given.get(name) as string | undefined;
  const list = (name: string): readonly string[] | undefined => given.get(name) as readonly string[] | undefined;
  const [image = '', ...command] = words;
  const network = text('network');
  if (network !== undefined && network !== 'none') {
    throw new SpecError('network', `unknown network ${network}`, 'portable mode has none: the outside is not reached from inside');
  }
  const options: { -readonly [K in keyof ContainerOptions]: ContainerOptions[K] | undefined } = {
    image, command,
    entrypoint: text('entrypoint'),
    env: environment(list('env-file') ?? [], list('env') ?? []),
    cwd: text('workdir'), user: text('user'), hostname: text('hostname'),
    volumes: list('volume'), tmpfs: list('tmpfs'), readonly: given.has('read-only') || undefined,
    init: given.has('init') || undefined, privileged: given.has('privileged') || undefined,
    capAdd: list('cap-add'), capDrop: list('cap-drop'), securityOpt: list('security-opt'),
    share: shared(given),
    sysctl: pairs('sysctl', list('sysctl')), ulimits: ulimits(list('ulimit')),
    memory: text('memory'), cpus: number('cpus', text('cpus')), pids: number('pids', text('pids-limit')),
  };
  for (const key of Object.keys(options) as (keyof ContainerOptions)[]) if (options[key] === undefined) delete options[key];
  return options as ContainerOptions;
}

/** Files first, then -e; a NAME alone takes the caller's value, or nothing if there is none. */
function environment(files: readonly string[], words: readonly string[]): readonly string[] {
  return [...files.flatMap(envFile), ...words].flatMap((word) => {
    if (word.startsWith('=')) throw new SpecError('env', `invalid environment variable: ${word}`);
    if (word.includes('=')) return [word];
    const own = process.env[word];
    return own === undefined ? [] : [`${word}=${own}`];
  });
}

function envFile(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new SpecError('env-file', missing ? `open ${path}: no such file or directory` : (error as Error).message);
  }
  return text.replace(/^\uFEFF/, '').split(/\r?\n/).map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const name = line.split('=', 1)[0] as string;
      if (name === '' || /\s/.test(name)) throw new SpecError('env-file', `${path}: variable '${name}' contains whitespaces or is empty`);
      return line;
    });
}

export function pairs(field: string, words: readonly string[] | undefined): Record<string, string> | undefined {
  if (words === undefined) return undefined;
  return Object.fromEntries(words.map((word) => {
    const at = word.indexOf('=');
    if (at < 1 && field !== 'label') throw new SpecError(field, `not NAME=VALUE: ${word}`);
    return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
  }));
}

/** `--pid host` and its like. */
function shared(given: Given): ContainerOptions['share'] | undefined {
  const flags = { pid: 'pid', uts: 'uts', ipc: 'ipc', cgroupns: 'cgroup' } as const;
  const kinds = Object.entries(flags).flatMap(([flag, kind]) => {
    const value = given.get(flag);
    if (value === undefined || value === 'private') return [];
    if (value !== 'host') throw new SpecError(flag, `unknown namespace ${String(value)}`, 'host or private');
    return [kind];
  });
  return kinds.length === 0 ? undefined : kinds;
}

function ulimits(words: readonly string[] | undefined): ContainerOptions['ulimits'] | undefined {
  if (words === undefined) return undefined;
  return Object.fromEntries(words.map((word) => {
    const match = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(word);
    if (match === null) throw new SpecError('ulimit', `not NAME=SOFT[:HARD]: ${word}`);
    const soft = Number(match[2]);
    return [match[1] as string, { soft, hard: match[3] === undefined ? soft : Number(match[3]) }];
  }));
}

function number(field: string, word: string | undefined): number | undefined {
  if (word === undefined) return undefined;
  const n = Number(word);
  if (!Number.isFinite(n)) throw new SpecError(field, `not a number: ${word}`);
  return n;
}

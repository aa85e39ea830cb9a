// From flags to the options of a container.

import { readFileSync } from 'node:fs';
import { SpecError } from '../errno.ts';
import type { SignalName } from '../runtime.ts';
import type { ContainerOptions } from '../shorthand.ts';
import { type Flag, type Given, plainBooleans, runFlags, UsageError } from './flags.ts';
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
  if (unknown !== null)
    return unknown[1] === '-' ? `unknown shorthand flag: -${unknown[2]}` : `unknown flag: --${unknown[2]}`;
  const missing = /option '(?:-\w, )?(--[\w-]+)[^']*' argument missing/.exec(message);
  if (missing !== null) return `flag needs an argument: ${missing[1]}`;
  return message.replace(/^error: /, '');
}

export function containerOptions(given: Given, words: readonly string[]): ContainerOptions {
  const text = (name: string): string | undefined => given.get(name) as string | undefined;
  const list = (name: string): readonly string[] | undefined => given.get(name) as readonly string[] | undefined;
  const flag = (name: string): true | undefined => given.has(name) || undefined;
  const count = (name: string): number | undefined => number(name, text(name));
  const [image = '', ...command] = words;
  const options: { -readonly [K in keyof ContainerOptions]: ContainerOptions[K] | undefined } = {
    image, command,
    entrypoint: text('entrypoint'),
    env: environment(list('env-file') ?? [], list('env') ?? []),
    cwd: text('workdir'),
    user: text('user'),
    groupAdd: list('group-add'),
    hostname: text('hostname'),
    domainname: text('domainname'),
    volumes: list('volume'),
    tmpfs: list('tmpfs'),
    readonly: flag('read-only'),
    shmSize: text('shm-size'),
    devices: list('device'),
    init: flag('init'),
    privileged: flag('privileged'),
    allowStray: flag('allow-stray'),
    capAdd: list('cap-add'),
    capDrop: list('cap-drop'),
    securityOpt: list('security-opt')?.map(securityOption),
    network: text('network'),
    pid: text('pid'),
    ipc: text('ipc'),
    uts: text('uts'),
    userns: text('userns'),
    cgroupns: text('cgroupns'),
    cgroupParent: text('cgroup-parent'),
    sysctl: pairs('sysctl', list('sysctl')),
    ulimits: ulimits(list('ulimit')),
    oomScoreAdj: count('oom-score-adj'),
    memory: text('memory'),
    memorySwap: text('memory-swap'),
    memoryReservation: text('memory-reservation'),
    cpus: count('cpus'),
    cpuShares: count('cpu-shares'),
    cpusetCpus: text('cpuset-cpus'),
    cpusetMems: text('cpuset-mems'),
    pids: count('pids-limit'),
    blkioWeight: count('blkio-weight'),
  };
  for (const key of Object.keys(options) as (keyof ContainerOptions)[])
    if (options[key] === undefined) delete options[key];
  return options as ContainerOptions;
}

/** docker's client reads the profile itself, and so do we: the file is on the caller's side. */
function securityOption(option: string): string {
  const match = /^seccomp[=:](.*)$/s.exec(option);
  const path = match?.[1];
  if (path === undefined || path === 'unconfined' || path === 'builtin' || path.trimStart().startsWith('{'))
    return option;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new SpecError('security-opt', `opening seccomp profile (${path}) failed: ${(error as Error).message}`);
  }
  try {
    JSON.parse(text);
  } catch (error) {
    const why = (error as Error).message.replaceAll(/\s+/g, ' ');
    throw new SpecError('security-opt', `seccomp profile (${path}) is not JSON: ${why}`);
  }
  return `seccomp=${text}`;
}

/** Fields of a spec, and options, whose flag is called otherwise. */
const flagNames: Readonly<Record<string, string>> = {
  cwd: 'workdir', volumes: 'volume', devices: 'device', readonly: 'read-only', pids: 'pids-limit', labels: 'label',
  signal: 'stop-signal', requireIsolation: 'require-isolation', 'process.rlimits': 'ulimit', 'process.user': 'user',
  'process.user.additionalGids': 'group-add', 'process.oomScoreAdj': 'oom-score-adj', 'process.cwd': 'workdir',
  'linux.sysctl': 'sysctl', 'linux.seccomp': 'security-opt seccomp', seccomp: 'security-opt seccomp',
};

/** `devices[0]: no such device` as who wrote `--device` reads it. */
export function flagMessage({ field, message }: SpecError): string {
  const [, place = '', inside] = /^([^[( ]*)[^(]*(?:\((.*)\))?$/.exec(field) ?? [];
  const parts = place.split('.');
  for (; parts.length > 0; parts.pop()) {
    const name = parts.join('.');
    const flag = flagNames[name] ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (!Object.hasOwn(flagNames, name) && !runFlags.some((one) => one.name === flag)) continue;
    return `--${flag}${inside === undefined ? '' : ` ${inside}`}${message.slice(field.length)}`;
  }
  return message;
}

/** What `run` says of the container beside its spec. */
export interface LifeOptions {
  readonly stopSignal?: SignalName | number;
  readonly stopTimeoutMs?: number;
  readonly timeoutMs?: number;
  readonly requireIsolation?: boolean;
}

export function lifeOptions(given: Given): LifeOptions {
  const ms = (name: string): number | undefined => {
    const seconds = number(name, given.get(name) as string | undefined);
    if (seconds !== undefined && seconds < 0) throw new SpecError(name, `not a time: ${seconds}`);
    return seconds === undefined ? undefined : Math.round(seconds * 1000);
  };
  const signal = given.get('stop-signal') as string | undefined;
  const [stopTimeoutMs, timeoutMs] = [ms('stop-timeout'), ms('timeout')];
  return {
    ...(signal === undefined
      ? {}
      : { stopSignal: /^\d+$/.test(signal) ? Number(signal) : (signal.toUpperCase() as SignalName) }),
    ...(stopTimeoutMs === undefined ? {} : { stopTimeoutMs }),
    // 0 is no limit, as podman has it.
    ...(timeoutMs ? { timeoutMs } : {}),
    ...(given.has('require-isolation') ? { requireIsolation: true } : {}),
  };
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
      if (name === '' || /\s/.test(name))
        throw new SpecError('env-file', `${path}: variable '${name}' contains whitespaces or is empty`);
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
  if (word.trim() === '' || !Number.isFinite(n)) throw new SpecError(field, `not a number: ${word}`);
  return n;
}

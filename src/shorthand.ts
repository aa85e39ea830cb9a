// The short way to say a container: docker's words, compiled into an OCI spec with docker's defaults.

import { SpecError } from './errno.ts';
import { hostRoot, resolveImage, type ImageConfig } from './image.ts';
import type { Facts } from './plan.ts';
import type { ExecOptions, RunOptions } from './runtime.ts';
import { list, only } from './shorthand/known.ts';
import { defaultMounts, devices, type MountOptions, tmpfsMounts, volumeMounts } from './shorthand/mount.ts';
import { type Lookup, type NamespaceOptions, namespaces, userNamespace } from './shorthand/namespace.ts';
import { type LimitOptions, toResources } from './shorthand/resource.ts';
import { capabilitySets, securityOptions } from './shorthand/security.ts';
import {
  absolute,
  checkSpec,
  type Linux,
  type ProcessSpec,
  type Resources,
  type Rlimit,
  type Spec,
  type User,
} from './spec.ts';

export { bytes, toResources, type LimitOptions } from './shorthand/resource.ts';
export type { Lookup } from './shorthand/namespace.ts';

/** A process to run: what `run`, `create` and `exec` have in common. */
export interface ProcessOptions {
  /** Program and arguments; a name without a slash is looked up along PATH. */
  readonly command?: readonly string[];
  /** Added to the image's: `{NAME: 'value'}`, where undefined is left out, or `['NAME=value']`. */
  readonly env?: Readonly<Record<string, string | undefined>> | readonly string[];
  readonly cwd?: string;
  /** `name`, `uid`, `name:group` or `uid:gid`. */
  readonly user?: string | number;
  /** More groups, by number or by the image's names. */
  readonly groupAdd?: readonly (string | number)[];
  /** A terminal instead of three pipes. */
  readonly tty?: boolean | { readonly columns: number; readonly rows: number };
  readonly privileged?: boolean;
}

/** A container in docker's words. */
export interface ContainerOptions extends ProcessOptions, LimitOptions, NamespaceOptions, MountOptions {
  /** `busybox`, a directory, in portable mode a `.wasm` file, in native mode `host`: the system's own programs. */
  readonly image: string;
  readonly entrypoint?: string | readonly string[];
  readonly hostname?: string;
  readonly domainname?: string;
  /** The root file system read-only. */
  readonly readonly?: boolean;
  /** A small init as PID 1 that passes signals on and reaps. */
  readonly init?: boolean;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  /** `no-new-privileges[=false]`, `seccomp=unconfined`, `seccomp=builtin`, `seccomp={...}`. */
  readonly securityOpt?: readonly string[];
  /** The calls it may make: docker's default (`builtin`), all (`unconfined`), or a profile as OCI or docker has it. */
  readonly seccomp?: 'builtin' | 'unconfined' | object;
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly ulimits?: Readonly<Record<string, number | { readonly soft: number; readonly hard: number }>>;
  /** How soon the kernel's OOM killer takes it, -1000 to 1000. */
  readonly oomScoreAdj?: number;
  /** The group that the container's own lies in, instead of twinbox's. */
  readonly cgroupParent?: string;
  /** A boundary that hostile programs do not cross: native mode, or an error. */
  readonly requireIsolation?: boolean;
  /** Processes may be left behind when it ends: a shared PID namespace without a cgroup needs this. */
  readonly allowStray?: boolean;
}

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The whole spec of a container in docker's words, for a kernel with these facts. */
export function toSpec(options: ContainerOptions, facts: Facts, lookup: Lookup = {}): Spec {
  checkOptions(options);
  const image = resolveImage(options.image, facts.kernel);
  const privileged = options.privileged === true;
  if (options.requireIsolation && facts.kernel === 'portable') {
    throw new SpecError(
      'requireIsolation',
      'portable mode is no boundary against hostile programs',
      'native mode is: --mode native',
    );
  }
  const ids = userNamespace(options.userns, facts, image.root === hostRoot && !privileged);
  const spaces = namespaces(options, facts, lookup, ids.own);
  const situation = { facts, namespaces: spaces, privileged, ownIds: ids.own };
  const security = securityOptions(options.securityOpt ?? [], options.seccomp, privileged, facts);
  const given = devices(options, situation, lookup);
  // With podman's keep-id a container runs as the caller, unless it says otherwise.
  const caller = ids.uidMappings === undefined ? undefined : `${facts.ids?.uid}:${facts.ids?.gid}`;
  return checkSpec({
    ociVersion: '1.3.0',
    ...(options.hostname === undefined ? {} : { hostname: options.hostname }),
    ...(options.domainname === undefined ? {} : { domainname: options.domainname }),
    root: { path: image.root, ...(options.readonly ? { readonly: true } : {}) },
    process: {
      ...toProcess(options, image.config, userOf(options.user ?? caller, options.groupAdd)),
      args: argv(options, image.config),
      capabilities: capabilitySets(options.capAdd ?? [], options.capDrop ?? [], privileged, facts),
      noNewPrivileges: security.noNewPrivileges,
      rlimits: rlimits(options.ulimits ?? {}),
      ...(options.oomScoreAdj === undefined ? {} : { oomScoreAdj: options.oomScoreAdj }),
    },
    mounts: [
      ...defaultMounts(situation, options.shmSize, lookup),
      ...image.mounts,
      ...tmpfsMounts(options),
      ...volumeMounts(options, facts),
      ...given.mounts,
    ],
    linux: linux(options, facts, {
      namespaces: spaces,
      ...(ids.uidMappings === undefined ? {} : { uidMappings: ids.uidMappings }),
      ...(ids.gidMappings === undefined ? {} : { gidMappings: ids.gidMappings }),
      ...(given.devices.length === 0 ? {} : { devices: given.devices }),
      ...(security.seccomp === undefined ? {} : { seccomp: security.seccomp }),
    }, given.rules),
  });
}

type Names<T> = Readonly<Record<keyof T, true>>;

/** What an exec, a container and a run may say: what is said to somebody else is known here too. */
const execNames: Names<ExecOptions> = {
  command: true, env: true, cwd: true, user: true, groupAdd: true, tty: true, privileged: true, signal: true,
  stdin: true, stdout: true, stderr: true, logBytesMax: true,
};
const names: Names<Extract<RunOptions, ContainerOptions>> = {
  ...execNames,
  image: true, entrypoint: true, hostname: true, domainname: true, readonly: true, init: true, capAdd: true,
  capDrop: true, securityOpt: true, seccomp: true, sysctl: true, ulimits: true, oomScoreAdj: true, cgroupParent: true,
  requireIsolation: true, allowStray: true, memory: true, memorySwap: true, memoryReservation: true, cpus: true,
  cpuShares: true, cpusetCpus: true, cpusetMems: true, pids: true, blkioWeight: true, network: true, pid: true,
  ipc: true, uts: true, cgroupns: true, userns: true, share: true, volumes: true, tmpfs: true, shmSize: true,
  devices: true, id: true, name: true, labels: true, autoRemove: true, timeoutMs: true, stopSignal: true,
  stopTimeoutMs: true, trace: true, maxBuffer: true,
};

function checkOptions(options: ContainerOptions): void {
  only(names, options);
  if (typeof options.image !== 'string' || options.image === '') throw new SpecError('image', 'is missing');
  for (const name of lists) list(name, options[name]);
  checkWords(options);
  checkWords({ command: typeof options.entrypoint === 'string' ? [] : options.entrypoint }, 'entrypoint');
}

function checkWords({ command }: { readonly command?: unknown }, field = 'command'): void {
  list(field, command, "a shell splits a line: ['sh', '-c', 'ls -l']");
}

const lists = ['volumes', 'tmpfs', 'devices', 'capAdd', 'capDrop', 'securityOpt', 'share', 'groupAdd'] as const;

/** The process of an exec: the container's own, with what is said here instead. */
export function toExec(options: ProcessOptions, inherited: ProcessSpec): ProcessSpec {
  if (typeof options === 'string') checkWords({ command: options });
  only(execNames, options);
  checkWords(options);
  const image: ImageConfig = { env: inherited.env ?? [], cmd: [], cwd: inherited.cwd };
  const user =
    options.user === undefined ? withGroups(inherited.user, options.groupAdd) : userOf(options.user, options.groupAdd);
  const sets = options.privileged ? capabilitySets([], [], true) : inherited.capabilities;
  return {
    ...toProcess(options, image, user),
    ...(sets === undefined ? {} : { capabilities: sets }),
    args: options.command ?? [],
    noNewPrivileges: inherited.noNewPrivileges ?? false,
    rlimits: inherited.rlimits ?? [],
    ...(inherited.oomScoreAdj === undefined ? {} : { oomScoreAdj: inherited.oomScoreAdj }),
  };
}

function toProcess(options: ProcessOptions, image: ImageConfig, user: User): ProcessSpec {
  const size = typeof options.tty === 'object' ? { width: options.tty.columns, height: options.tty.rows } : undefined;
  const cwd = options.cwd ?? image.cwd;
  absolute('cwd', cwd);
  return {
    args: [],
    cwd,
    env: environment(options, image),
    terminal: Boolean(options.tty),
    ...(size === undefined ? {} : { consoleSize: size }),
    user,
  };
}

function argv(options: ContainerOptions, image: ImageConfig): readonly string[] {
  const entry = typeof options.entrypoint === 'string' ? [options.entrypoint] : options.entrypoint;
  const command = options.command ?? [];
  // As docker has it: an entrypoint of one's own drops the image's command.
  const rest = command.length > 0 || entry !== undefined ? command : image.cmd;
  const args = [...(entry?.filter((word) => word !== '') ?? image.entrypoint ?? []), ...rest];
  if (args.length === 0) throw new SpecError('command', 'is empty, and the image names none');
  return options.init ? ['/sbin/docker-init', '--', ...args] : args;
}

/** Later entries win; the order of first appearance stays. */
function environment(options: ProcessOptions, image: ImageConfig): readonly string[] {
  const entries = new Map<string, string>();
  const put = (entry: string): void => void entries.set(entry.slice(0, entry.indexOf('=')), entry);
  if (typeof (options.env ?? {}) !== 'object') throw new SpecError('env', 'not a list or an object');
  const own = Array.isArray(options.env)
    ? options.env
    : Object.entries(options.env ?? {}).flatMap(([k, v]) => (v === undefined ? [] : [`${k}=${v}`]));
  if (!image.env.some((entry) => entry.startsWith('PATH='))) put(defaultPath);
  image.env.forEach(put);
  const { hostname } = options as ContainerOptions;
  if (hostname !== undefined) put(`HOSTNAME=${hostname}`);
  if (options.tty) put('TERM=xterm');
  own.forEach((entry: string, i: number) => {
    if (entry.indexOf('=') < 1) throw new SpecError(`env[${i}]`, `not NAME=value: ${entry}`);
    put(entry);
  });
  return [...entries.values()];
}

const numeric = /^\d+$/;
const root: User = Object.freeze({ uid: 0, gid: 0 });

/** docker's `user[:group]`: numbers are themselves, names are the image's, and a number alone has the image's group. */
function userOf(given: string | number | undefined, groups: ProcessOptions['groupAdd']): User {
  if (given === undefined || given === '') return withGroups(root, groups);
  const said = String(given);
  const parts = said.split(':');
  if (said.includes('\n') || parts.length > 2) throw new SpecError('user', `not USER[:GROUP]: ${JSON.stringify(said)}`);
  for (const part of parts) {
    // Past 32 bits a number would come out as another id.
    if (numeric.test(part) && Number(part) >= 2 ** 32 - 1) throw new SpecError('user', `not an id: ${part}`);
  }
  const exact = parts.length === 2 && parts.every((part) => numeric.test(part));
  return withGroups(exact ? { uid: Number(parts[0]), gid: Number(parts[1]) } : { username: said }, groups);
}

/** More groups: by number, and behind the name by name. */
function withGroups(user: User = root, groups: ProcessOptions['groupAdd'] = []): User {
  if (groups.length === 0) return user;
  const given = groups.map(String);
  const names = given.filter((group) => !numeric.test(group));
  const wrong = names.find((name) => name === '' || /[\n:]/.test(name));
  if (wrong !== undefined) throw new SpecError('groupAdd', `not a group: ${JSON.stringify(wrong)}`);
  const additionalGids = [...(user.additionalGids ?? []), ...given.filter((group) => numeric.test(group)).map(Number)];
  const more = additionalGids.length === 0 ? {} : { additionalGids };
  if (names.length === 0) return { ...user, ...more };
  const { umask, username = `${user.uid ?? 0}:${user.gid ?? 0}` } = user;
  return { username: [username, ...names].join('\n'), ...more, ...(umask === undefined ? {} : { umask }) };
}

function rlimits(given: NonNullable<ContainerOptions['ulimits']>): readonly Rlimit[] {
  return Object.entries(given).map(([name, limit]) => ({
    type: `RLIMIT_${name.toUpperCase()}`,
    ...(typeof limit === 'number' ? { soft: limit, hard: limit } : limit),
  }));
}

const masked = Object.freeze([
  '/proc/asound', '/proc/acpi', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats',
  '/proc/timer_list', '/proc/timer_stats', '/proc/sched_debug', '/proc/scsi', '/sys/firmware',
  '/sys/devices/virtual/powercap',
]);
const readonlyPaths = Object.freeze(['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']);

/** `rules`: of devices that were given by name. */
function linux(options: ContainerOptions, facts: Facts, more: Linux, rules: Resources['devices'] = []): Linux {
  const privileged = options.privileged === true;
  const everyDevice = privileged && facts.kernel === 'linux';
  const allowed = everyDevice
    ? [{ allow: true, access: 'rwm' }]
    : rules.length > 0
      ? [{ allow: false, access: 'rwm' }, ...rules]
      : undefined;
  const resources: Resources = {
    ...toResources(options, facts),
    ...(allowed === undefined ? {} : { devices: allowed }),
  };
  return {
    ...more,
    ...(options.cgroupParent === undefined ? {} : { cgroupsPath: parent(options.cgroupParent) }),
    ...(Object.keys(resources).length === 0 ? {} : { resources }),
    ...(privileged ? {} : { maskedPaths: masked, readonlyPaths }),
    ...(options.sysctl === undefined ? {} : { sysctl: options.sysctl }),
  };
}

/** With its slash it is a parent, in which the container's group has the container's id (see Linux.cgroupsPath). */
function parent(path: string): string {
  if (path === '' || path.split('/').includes('..') || /[\n\0]/.test(path))
    throw new SpecError('cgroupParent', `not a path: ${JSON.stringify(path)}`);
  return `/${path.replace(/^\/+|\/+$/g, '')}/`;
}

// The short way to say a container: docker's words, compiled into an OCI spec with docker's defaults.

import { SpecError } from './errno.ts';
import { resolveImage, type ImageConfig } from './image.ts';
import { CAP, dockerCaps, type CapName } from './kernel/uapi/capability.ts';
import type { Facts } from './plan.ts';
import {
  absolute, capability, checkSpec, type Capabilities, type Linux, type Mount, type NamespaceType, type ProcessSpec,
  type Rlimit, type Spec, type User,
} from './spec.ts';

/** A process to run: what `run`, `create` and `exec` have in common. */
export interface ProcessOptions {
  /** Program and arguments; a name without a slash is looked up along PATH. */
  readonly command?: readonly string[];
  /** Added to the image's: `{NAME: 'value'}` or `['NAME=value']`. */
  readonly env?: Readonly<Record<string, string>> | readonly string[];
  readonly cwd?: string;
  /** `name`, `uid`, `name:group` or `uid:gid`. */
  readonly user?: string | number;
  /** A terminal instead of three pipes. */
  readonly tty?: boolean | { readonly columns: number; readonly rows: number };
  readonly privileged?: boolean;
}

/** A container in docker's words. */
export interface ContainerOptions extends ProcessOptions {
  /** `busybox` (built in), a directory, or a `.wasm` file. */
  readonly image: string;
  readonly entrypoint?: string | readonly string[];
  readonly hostname?: string;
  readonly domainname?: string;
  /** `host:container[:ro]`. */
  readonly volumes?: readonly string[];
  /** Paths, each with options behind a colon if any: `/scratch:size=1m`. */
  readonly tmpfs?: readonly string[];
  /** The root file system read-only. */
  readonly readonly?: boolean;
  /** A small init as PID 1 that passes signals on and reaps. */
  readonly init?: boolean;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  /** `no-new-privileges[=false]`, `seccomp=unconfined`. */
  readonly securityOpt?: readonly string[];
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly ulimits?: Readonly<Record<string, number | { readonly soft: number; readonly hard: number }>>;
  /** Bytes, or `64m`. */
  readonly memory?: number | string;
  readonly cpus?: number;
  readonly pids?: number;
  readonly network?: 'none';
  /** Kinds of namespaces that it shares with the machine instead of having its own: docker's `--pid host`. */
  readonly share?: readonly NamespaceType[];
}

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The whole spec of a container in docker's words, for a kernel with these facts. */
export function toSpec(options: ContainerOptions, facts: Facts): Spec {
  const image = resolveImage(options.image);
  const privileged = options.privileged === true;
  const security = securityOptions(options.securityOpt ?? []);
  return checkSpec({
    ociVersion: '1.3.0',
    ...(options.hostname === undefined ? {} : { hostname: options.hostname }),
    ...(options.domainname === undefined ? {} : { domainname: options.domainname }),
    root: { path: image.root, ...(options.readonly ? { readonly: true } : {}) },
    process: {
      ...toProcess(options, image.config),
      args: argv(options, image.config),
      capabilities: capabilitySets(options.capAdd ?? [], options.capDrop ?? [], privileged),
      noNewPrivileges: security.noNewPrivileges,
      rlimits: rlimits(options.ulimits ?? {}),
    },
    mounts: [...defaultMounts(facts, privileged), ...image.mounts, ...tmpfsMounts(options), ...volumeMounts(options)],
    linux: linux(options, privileged),
  });
}

/** The process of an exec: the container's own, with what is said here instead. */
export function toExec(options: ProcessOptions, inherited: ProcessSpec): ProcessSpec {
  const image: ImageConfig = { env: inherited.env ?? [], cmd: [], cwd: inherited.cwd };
  const user = options.user === undefined ? inherited.user : undefined;
  const sets = options.privileged ? capabilitySets([], [], true) : inherited.capabilities;
  return {
    ...toProcess(options, image),
    ...(user === undefined ? {} : { user }),
    ...(sets === undefined ? {} : { capabilities: sets }),
    args: options.command ?? [],
    noNewPrivileges: inherited.noNewPrivileges ?? false,
    rlimits: inherited.rlimits ?? [],
  };
}

function toProcess(options: ProcessOptions, image: ImageConfig): ProcessSpec {
  const size = typeof options.tty === 'object' ? { width: options.tty.columns, height: options.tty.rows } : undefined;
  const cwd = options.cwd ?? image.cwd;
  absolute('cwd', cwd);
  return {
    args: [],
    cwd,
    env: environment(options, image),
    terminal: Boolean(options.tty),
    ...(size === undefined ? {} : { consoleSize: size }),
    user: user(options.user),
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
  const own = Array.isArray(options.env) ? options.env : Object.entries(options.env ?? {}).map(([k, v]) => `${k}=${v}`);
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

function user(given: string | number | undefined): User {
  if (given === undefined || given === '') return { uid: 0, gid: 0 };
  const [name = '', group] = String(given).split(':');
  const numeric = /^\d+$/;
  if (numeric.test(name) && group !== undefined && numeric.test(group)) return { uid: Number(name), gid: Number(group) };
  return { username: String(given) };
}

const all = Object.keys(CAP) as CapName[];

function capabilitySets(add: readonly string[], drop: readonly string[], privileged: boolean): Capabilities {
  const named = (field: string, names: readonly string[]): CapName[] =>
    names.flatMap((name, i) => (/^(CAP_)?ALL$/i.test(name) ? all : [capability(`${field}[${i}]`, name)]));
  const added = new Set(named('capAdd', add));
  const dropped = new Set(named('capDrop', drop));
  const base = privileged ? all : dockerCaps;
  // `--cap-drop ALL --cap-add X` leaves X, and `--cap-add ALL --cap-drop X` all but X.
  const everything = added.size === all.length;
  const set = all
    .filter((cap) => (everything ? !dropped.has(cap) : added.has(cap) || (base.includes(cap) && !dropped.has(cap))))
    .map((cap) => `CAP_${cap}`);
  return { bounding: set, effective: set, permitted: set, inheritable: [], ambient: [] };
}

function securityOptions(options: readonly string[]): { readonly noNewPrivileges: boolean } {
  let noNewPrivileges = true;
  options.forEach((option, i) => {
    const [key, value] = option.split(/[=:]/, 2);
    if (key === 'no-new-privileges') noNewPrivileges = value === undefined || value === 'true';
    else if (!(key === 'seccomp' && value === 'unconfined')) {
      throw new SpecError(`securityOpt[${i}]`, `unknown option ${option}`, 'known: no-new-privileges, seccomp=unconfined');
    }
  });
  return { noNewPrivileges };
}

function rlimits(given: NonNullable<ContainerOptions['ulimits']>): readonly Rlimit[] {
  return Object.entries(given).map(([name, limit]) => ({
    type: `RLIMIT_${name.toUpperCase()}`,
    ...(typeof limit === 'number' ? { soft: limit, hard: limit } : limit),
  }));
}

function defaultMounts(facts: Facts, privileged: boolean): readonly Mount[] {
  const ro = privileged ? [] : ['ro'];
  const mounts: Mount[] = [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    {
      destination: '/dev/pts', type: 'devpts', source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', ...ro] },
    { destination: '/sys/fs/cgroup', type: 'cgroup2', source: 'cgroup', options: ['nosuid', 'noexec', 'nodev', ...ro] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
    {
      destination: '/dev/shm', type: 'tmpfs', source: 'shm',
      options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'],
    },
  ];
  return mounts.filter((mount) => facts.filesystems.includes(mount.type ?? ''));
}

function tmpfsMounts(options: ContainerOptions): readonly Mount[] {
  return (options.tmpfs ?? []).map((entry, i) => {
    const [destination = '', data] = split(entry);
    absolute(`tmpfs[${i}]`, destination);
    return {
      destination, type: 'tmpfs', source: 'tmpfs',
      options: ['nosuid', 'nodev', 'noexec', ...(data === undefined ? [] : data.split(','))],
    };
  });
}

function volumeMounts(options: ContainerOptions): readonly Mount[] {
  return (options.volumes ?? []).map((entry, i) => {
    const field = `volumes[${i}]`;
    const match = /^((?:[A-Za-z]:[\\/])?[^:]*):([^:]+)(?::([a-zA-Z,]+))?$/.exec(entry);
    if (match === null) throw new SpecError(field, `not host:container[:ro]: ${entry}`);
    const [, source = '', destination = '', mode = 'rw'] = match;
    absolute(field, destination);
    if (destination === '/') throw new SpecError(field, "the destination can't be '/'");
    if (!/^(\/|\.|[A-Za-z]:[\\/])/.test(source)) {
      throw new SpecError(field, `named volumes are not known here: ${source}`, 'give an absolute host path');
    }
    for (const word of mode.split(',')) {
      if (!['ro', 'rw', 'z', 'Z'].includes(word)) throw new SpecError(field, `unknown mode ${word}`);
    }
    return { destination, type: 'bind', source, options: ['rbind', ...(mode.split(',').includes('ro') ? ['ro'] : [])] };
  });
}

function split(entry: string): [string, string?] {
  const colon = entry.indexOf(':');
  return colon < 0 ? [entry] : [entry.slice(0, colon), entry.slice(colon + 1)];
}

const isolated: readonly NamespaceType[] = ['pid', 'mount', 'uts', 'ipc', 'network', 'cgroup'];

const masked = [
  '/proc/asound', '/proc/acpi', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats',
  '/proc/timer_list', '/proc/timer_stats', '/proc/sched_debug', '/proc/scsi', '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

function linux(options: ContainerOptions, privileged: boolean): Linux {
  const resources = {
    ...(options.memory === undefined ? {} : { memory: { limit: bytes('memory', options.memory) } }),
    ...(options.cpus === undefined ? {} : { cpu: cpuQuota(options.cpus) }),
    ...(options.pids === undefined ? {} : { pids: { limit: positive('pids', options.pids) } }),
  };
  return {
    namespaces: isolated.filter((type) => !options.share?.includes(type)).map((type) => ({ type })),
    ...(Object.keys(resources).length === 0 ? {} : { resources }),
    ...(privileged ? {} : { maskedPaths: masked, readonlyPaths }),
    ...(options.sysctl === undefined ? {} : { sysctl: options.sysctl }),
  };
}

function positive(field: string, n: number): number {
  if (!Number.isInteger(n) || n === 0) throw new SpecError(field, `not a whole number: ${n}`);
  return n;
}

function cpuQuota(cpus: number): { readonly quota: number; readonly period: number } {
  if (!(cpus >= 0.01)) throw new SpecError('cpus', `not at least 0.01: ${cpus}`);
  return { quota: Math.round(cpus * 100_000), period: 100_000 };
}

/** `64m` to bytes, as docker reads it. */
export function bytes(field: string, given: number | string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(String(given));
  if (match === null) throw new SpecError(field, `not a size: ${given}`);
  const scale = 1024 ** 'bkmgt'.indexOf((match[2] || 'b').toLowerCase());
  return Math.floor(Number(match[1]) * scale);
}

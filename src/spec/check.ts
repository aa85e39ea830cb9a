// What is wrong with a spec before any kernel looks at it: each problem is an error that names the field. A field that
// nobody here knows is one too, unless it says nothing: an option that was silently dropped would be a lie.

import { SpecError } from '../errno.ts';
import { CAP, type CapName } from '../kernel/uapi/capability.ts';
import { RLIMIT } from '../kernel/uapi/sched.ts';
import type { NamespaceType, User } from '../kernel/uapi/step.ts';
import type { Capabilities, IdMapping, Linux, Mount, ProcessSpec, Resources, Rlimit, Spec } from '../spec.ts';

export const namespaceTypes: readonly NamespaceType[] =
  ['user', 'pid', 'mount', 'uts', 'ipc', 'network', 'cgroup', 'time'];

/** The fields that are known, by place. */
const known = {
  '': ['ociVersion', 'hostname', 'domainname', 'root', 'process', 'mounts', 'annotations', 'linux'],
  root: ['path', 'readonly'],
  process: [
    'args',
    'cwd',
    'env',
    'terminal',
    'consoleSize',
    'user',
    'capabilities',
    'rlimits',
    'noNewPrivileges',
    'oomScoreAdj',
  ],
  'process.user': ['uid', 'gid', 'umask', 'additionalGids', 'username'],
  'process.capabilities': ['bounding', 'effective', 'permitted', 'inheritable', 'ambient'],
  mounts: ['destination', 'type', 'source', 'options'],
  linux: [
    'namespaces',
    'uidMappings',
    'gidMappings',
    'timeOffsets',
    'devices',
    'cgroupsPath',
    'resources',
    'rootfsPropagation',
    'maskedPaths',
    'readonlyPaths',
    'sysctl',
    'seccomp',
  ],
  'linux.namespaces': ['type', 'path'],
  'linux.devices': ['type', 'path', 'major', 'minor', 'fileMode', 'uid', 'gid'],
  'linux.resources': ['devices', 'memory', 'cpu', 'pids', 'blockIO', 'hugepageLimits', 'unified'],
  'linux.resources.memory': ['limit', 'reservation', 'swap', 'swappiness', 'disableOOMKiller', 'useHierarchy'],
  'linux.resources.cpu': ['shares', 'quota', 'period', 'burst', 'idle', 'cpus', 'mems'],
  'linux.resources.pids': ['limit'],
  'linux.resources.blockIO': [
    'weight',
    'weightDevice',
    'throttleReadBpsDevice',
    'throttleWriteBpsDevice',
    'throttleReadIOPSDevice',
    'throttleWriteIOPSDevice',
  ],
} as const;

const sets = Object.fromEntries(Object.entries(known).map(([place, fields]) => [place, new Set<string>(fields)]));

function only(place: keyof typeof known, field: string, value: object | undefined): void {
  const fields = sets[place] as Set<string>;
  for (const key in value) {
    if (fields.has(key) || saysNothing((value as Record<string, unknown>)[key])) continue;
    throw new SpecError(
      field === '' ? key : `${field}.${key}`,
      'is not supported, and a spec is never honoured in part',
    );
  }
}

function saysNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.values(value).every(saysNothing);
}

/** Refuse what no kernel could run, naming the field. */
export function checkSpec(spec: Spec): Spec {
  if (typeof spec !== 'object' || spec === null) throw new SpecError('spec', 'is not an object');
  only('', '', spec);
  if (typeof spec.ociVersion !== 'string') throw new SpecError('ociVersion', 'is missing');
  if (!spec.ociVersion.startsWith('1.')) throw new SpecError('ociVersion', `not a version 1: ${spec.ociVersion}`);
  only('root', 'root', spec.root);
  if (typeof spec.root?.path !== 'string' || spec.root.path === '') throw new SpecError('root.path', 'is missing');
  text('root.path', spec.root.path);
  checkName('hostname', spec.hostname);
  checkName('domainname', spec.domainname);
  checkProcess(spec.process, 'process');
  spec.mounts?.forEach((mount, i) => once(mount, () => checkMount(mount, i)));
  if (spec.linux !== undefined) checkLinux(spec.linux);
  return spec;
}

/** What was found good, and cannot change: parts of docker's defaults come again with every container. */
const checked = new WeakSet<object>();

function once(value: object, check: () => void): void {
  if (checked.has(value)) return;
  check();
  if (Object.isFrozen(value)) checked.add(value);
}

const HOST_NAME_MAX = 64;

export function checkName(field: string, name: string | undefined): void {
  if (name === undefined) return;
  text(field, name);
  if (name.length > HOST_NAME_MAX) throw new SpecError(field, 'longer than 64 bytes');
  // It stands in lines of /etc/hosts, where a blank ends it.
  if (/[\0-\x20\x7f]/.test(name)) throw new SpecError(field, 'has a blank or a control character');
}

function checkMount(mount: Mount, i: number): void {
  only('mounts', `mounts[${i}]`, mount);
  absolute(`mounts[${i}].destination`, mount.destination);
  for (const key of ['type', 'source'] as const) if (mount[key] !== undefined) text(`mounts[${i}].${key}`, mount[key]);
  mount.options?.forEach((word) => text(`mounts[${i}].options`, word));
}

function checkLinux(linux: Linux): void {
  only('linux', 'linux', linux);
  linux.namespaces?.forEach((ns, i) => {
    const field = `linux.namespaces[${i}]`;
    only('linux.namespaces', field, ns);
    if (!namespaceTypes.includes(ns.type)) throw new SpecError(`${field}.type`, `unknown type ${ns.type}`);
    if (ns.path !== undefined) absolute(`${field}.path`, ns.path);
    if (linux.namespaces?.some((other, j) => j < i && other.type === ns.type))
      throw new SpecError(field, `a second ${ns.type} namespace`);
  });
  for (const key of ['uidMappings', 'gidMappings'] as const)
    linux[key]?.forEach((map, i) => checkMapping(`linux.${key}[${i}]`, map));
  for (const key of ['maskedPaths', 'readonlyPaths'] as const) {
    const paths = linux[key];
    if (paths !== undefined) once(paths, () => paths.forEach((path, i) => absolute(`linux.${key}[${i}]`, path)));
  }
  linux.devices?.forEach((device, i) => {
    only('linux.devices', `linux.devices[${i}]`, device);
    absolute(`linux.devices[${i}].path`, device.path);
    if (!['c', 'b', 'p', 'u'].includes(device.type))
      throw new SpecError(`linux.devices[${i}].type`, `unknown type ${device.type}`);
  });
  for (const [name, value] of Object.entries(linux.sysctl ?? {})) text(`linux.sysctl (${name})`, value);
  if (linux.resources !== undefined) checkResources(linux.resources);
}

function checkMapping(field: string, map: IdMapping): void {
  id(`${field}.containerID`, map.containerID);
  id(`${field}.hostID`, map.hostID);
  if (!(Number.isInteger(map.size) && map.size > 0 && Math.max(map.containerID, map.hostID) + map.size <= 2 ** 32)) {
    throw new SpecError(`${field}.size`, `not a number of ids: ${map.size}`);
  }
}

export function checkResources(resources: Resources): void {
  only('linux.resources', 'linux.resources', resources);
  for (const part of ['memory', 'cpu', 'pids', 'blockIO'] as const) {
    only(`linux.resources.${part}`, `linux.resources.${part}`, resources[part]);
    for (const [key, value] of Object.entries(resources[part] ?? {})) {
      if (typeof value === 'number' && !Number.isSafeInteger(value)) {
        throw new SpecError(`linux.resources.${part}.${key}`, `not a whole number: ${value}`);
      }
    }
  }
  for (const [file, value] of Object.entries(resources.unified ?? {})) text(`linux.resources.unified (${file})`, value);
}

/** The part of a spec that an exec has too. */
export function checkProcess(process: ProcessSpec, field: string): ProcessSpec {
  only('process', field, process);
  if (!Array.isArray(process?.args) || process.args.length === 0) throw new SpecError(`${field}.args`, 'is empty');
  process.args.forEach((arg, i) => text(`${field}.args[${i}]`, arg));
  absolute(`${field}.cwd`, process.cwd);
  process.env?.forEach((entry, i) => {
    text(`${field}.env[${i}]`, entry);
    if (entry.indexOf('=') < 1) throw new SpecError(`${field}.env[${i}]`, `not NAME=value: ${entry}`);
  });
  checkCapabilities(`${field}.capabilities`, process.capabilities);
  process.rlimits?.forEach((limit, i) => checkRlimit(`${field}.rlimits[${i}]`, limit));
  if (
    process.rlimits !== undefined &&
    new Set(process.rlimits.map((limit) => limit.type)).size !== process.rlimits.length
  ) {
    throw new SpecError(`${field}.rlimits`, 'has a limit twice');
  }
  checkUser(`${field}.user`, process.user);
  const adj = process.oomScoreAdj;
  if (adj !== undefined && !(Number.isInteger(adj) && Math.abs(adj) <= 1000)) {
    throw new SpecError(`${field}.oomScoreAdj`, `not between -1000 and 1000: ${adj}`);
  }
  return process;
}

function checkCapabilities(field: string, capabilities: Capabilities | undefined): void {
  only('process.capabilities', field, capabilities);
  for (const [set, names] of Object.entries(capabilities ?? {})) {
    once(names, () => names.forEach((name: string) => capability(`${field}.${set}`, name)));
  }
}

function checkRlimit(field: string, limit: Rlimit): void {
  if (!(limit.type.replace(/^RLIMIT_/, '') in RLIMIT))
    throw new SpecError(`${field}.type`, `unknown limit ${limit.type}`);
  for (const key of ['soft', 'hard'] as const) {
    if (!(Number.isInteger(limit[key]) && limit[key] >= -1))
      throw new SpecError(`${field}.${key}`, `not a limit: ${limit[key]}`);
  }
  if (limit.hard !== -1 && !(limit.soft !== -1 && limit.soft <= limit.hard))
    throw new SpecError(field, 'soft limit above the hard one');
}

function checkUser(field: string, user: User | undefined): void {
  if (user === undefined) return;
  only('process.user', field, user);
  for (const key of ['uid', 'gid'] as const) if (user[key] !== undefined) id(`${field}.${key}`, user[key]);
  user.additionalGids?.forEach((gid, i) => id(`${field}.additionalGids[${i}]`, gid));
  if (user.username !== undefined) text(`${field}.username`, user.username);
  const { umask } = user;
  if (umask !== undefined && !(Number.isInteger(umask) && umask >= 0 && umask <= 0o777)) {
    throw new SpecError(`${field}.umask`, `not a mask: ${umask}`);
  }
}

/** The last one, (uid_t) -1, means "no change" to the system calls. */
function id(field: string, n: number): void {
  if (!(Number.isInteger(n) && n >= 0 && n < 2 ** 32 - 1)) throw new SpecError(field, `not an id: ${n}`);
}

/** `CAP_SYS_ADMIN`, `SYS_ADMIN` or `sys_admin` to the kernel's own name. */
export function capability(field: string, name: string): CapName {
  const bare = name.toUpperCase().replace(/^CAP_/, '');
  if (!(bare in CAP)) throw new SpecError(field, `unknown capability ${name}`);
  return bare as CapName;
}

export function text(field: string, value: unknown): void {
  if (typeof value !== 'string') throw new SpecError(field, 'not a string');
  if (value.includes('\0')) throw new SpecError(field, 'has a NUL byte');
}

export function absolute(field: string, path: unknown): void {
  text(field, path);
  if (!(path as string).startsWith('/')) throw new SpecError(field, `not an absolute path: ${path}`);
}

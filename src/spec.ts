// The vocabulary of the OCI runtime specification 1.3 (config.md, config-linux.md): what a container is, as plain data.
// Only what one of the two kernels can honour is declared; a field that the kernel at hand cannot honour is refused by
// name when the plan is compiled, never dropped.

import { SpecError } from './errno.ts';
import { CAP, type CapName } from './kernel/uapi/capability.ts';
import { RLIMIT } from './kernel/uapi/sched.ts';
import type { NamespaceType, User } from './kernel/uapi/step.ts';

export type { NamespaceType, User };

export interface Spec {
  readonly ociVersion: string;
  readonly hostname?: string;
  readonly domainname?: string;
  readonly root: Root;
  readonly process: ProcessSpec;
  readonly mounts?: readonly Mount[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux?: Linux;
}

export interface Root {
  /** A host directory, or `builtin:busybox`: the userland that comes with twinbox. */
  readonly path: string;
  readonly readonly?: boolean;
}

export interface ProcessSpec {
  readonly args: readonly string[];
  /** Absolute, inside the container. */
  readonly cwd: string;
  /** `NAME=value`. */
  readonly env?: readonly string[];
  readonly terminal?: boolean;
  readonly consoleSize?: { readonly width: number; readonly height: number };
  readonly user?: User;
  readonly capabilities?: Capabilities;
  readonly rlimits?: readonly Rlimit[];
  readonly noNewPrivileges?: boolean;
  readonly oomScoreAdj?: number;
}

export type CapabilitySet = 'bounding' | 'effective' | 'permitted' | 'inheritable' | 'ambient';
/** Names with their prefix: `CAP_SYS_ADMIN`. */
export type Capabilities = { readonly [K in CapabilitySet]?: readonly string[] };

export interface Rlimit {
  /** `RLIMIT_NOFILE`. */
  readonly type: string;
  /** -1 is no limit. */
  readonly soft: number;
  readonly hard: number;
}

export interface Mount {
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  /** fstab(5)'s words: `ro`, `nosuid`, `rbind`, ...; what is no flag is data for the file system. */
  readonly options?: readonly string[];
}

export interface Namespace {
  readonly type: NamespaceType;
  /** An existing one to join (/proc/PID/ns/...), instead of a new one. */
  readonly path?: string;
}

export interface IdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

export interface Linux {
  readonly namespaces?: readonly Namespace[];
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
  readonly devices?: readonly Device[];
  readonly cgroupsPath?: string;
  readonly resources?: Resources;
  readonly rootfsPropagation?: 'private' | 'slave' | 'shared' | 'unbindable';
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly seccomp?: unknown;
}

export interface Device {
  readonly type: 'c' | 'b' | 'p';
  readonly path: string;
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export interface Resources {
  readonly memory?: { readonly limit?: number; readonly swap?: number; readonly reservation?: number };
  readonly cpu?: { readonly quota?: number; readonly period?: number; readonly shares?: number; readonly cpus?: string };
  readonly pids?: { readonly limit: number };
  readonly unified?: Readonly<Record<string, string>>;
}

/** Refuse what no kernel could run, naming the field. */
export function checkSpec(spec: Spec): Spec {
  if (typeof spec.ociVersion !== 'string') throw new SpecError('ociVersion', 'is missing');
  if (typeof spec.root?.path !== 'string' || spec.root.path === '') throw new SpecError('root.path', 'is missing');
  checkName('hostname', spec.hostname);
  checkName('domainname', spec.domainname);
  checkProcess(spec.process, 'process');
  spec.mounts?.forEach((mount, i) => absolute(`mounts[${i}].destination`, mount.destination));
  spec.linux?.namespaces?.forEach((ns, i) => {
    if (!namespaceTypes.includes(ns.type)) throw new SpecError(`linux.namespaces[${i}].type`, `unknown type ${ns.type}`);
  });
  for (const key of ['maskedPaths', 'readonlyPaths'] as const) {
    spec.linux?.[key]?.forEach((path, i) => absolute(`linux.${key}[${i}]`, path));
  }
  return spec;
}

export const namespaceTypes: readonly NamespaceType[] =
  ['user', 'pid', 'mount', 'uts', 'ipc', 'network', 'cgroup', 'time'];

const HOST_NAME_MAX = 64;

function checkName(field: string, name: string | undefined): void {
  if (name !== undefined && name.length > HOST_NAME_MAX) throw new SpecError(field, 'longer than 64 bytes');
}

/** The part of a spec that an exec has too. */
export function checkProcess(process: ProcessSpec, field: string): ProcessSpec {
  if (!Array.isArray(process?.args) || process.args.length === 0) throw new SpecError(`${field}.args`, 'is empty');
  process.args.forEach((arg, i) => text(`${field}.args[${i}]`, arg));
  absolute(`${field}.cwd`, process.cwd);
  process.env?.forEach((entry, i) => {
    text(`${field}.env[${i}]`, entry);
    if (entry.indexOf('=') < 1) throw new SpecError(`${field}.env[${i}]`, `not NAME=value: ${entry}`);
  });
  for (const [set, names] of Object.entries(process.capabilities ?? {})) {
    names.forEach((name: string) => capability(`${field}.capabilities.${set}`, name));
  }
  process.rlimits?.forEach((limit, i) => {
    if (!(limit.type.replace(/^RLIMIT_/, '') in RLIMIT)) {
      throw new SpecError(`${field}.rlimits[${i}].type`, `unknown limit ${limit.type}`);
    }
    if (limit.hard !== -1 && !(limit.soft !== -1 && limit.soft <= limit.hard)) throw new SpecError(`${field}.rlimits[${i}]`, 'soft limit above the hard one');
  });
  for (const id of ['uid', 'gid'] as const) {
    const n = process.user?.[id];
    if (n !== undefined && !(Number.isInteger(n) && n >= 0 && n < 2 ** 32 - 1)) {
      throw new SpecError(`${field}.user.${id}`, `not an id: ${n}`);
    }
  }
  return process;
}

/** `CAP_SYS_ADMIN`, `SYS_ADMIN` or `sys_admin` to the kernel's own name. */
export function capability(field: string, name: string): CapName {
  const bare = name.toUpperCase().replace(/^CAP_/, '');
  if (!(bare in CAP)) throw new SpecError(field, `unknown capability ${name}`);
  return bare as CapName;
}

function text(field: string, value: unknown): void {
  if (typeof value !== 'string') throw new SpecError(field, 'not a string');
  if (value.includes('\0')) throw new SpecError(field, 'has a NUL byte');
}

export function absolute(field: string, path: unknown): void {
  text(field, path);
  if (!(path as string).startsWith('/')) throw new SpecError(field, `not an absolute path: ${path}`);
}

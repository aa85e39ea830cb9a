// The vocabulary of the OCI runtime specification 1.3 (config.md, config-linux.md): what a container is, as plain data.
// Only what one of the two kernels can honour is declared; a field that the kernel at hand cannot honour is refused by
// name when the plan is compiled, never dropped.

import type { NamespaceType, User } from './kernel/uapi/step.ts';

export { absolute, capability, checkProcess, checkSpec } from './spec/check.ts';
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
  /** A host directory, or one that comes with twinbox: `builtin:busybox`, on Linux also `builtin:host`. */
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
  /** Without it there are none. */
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
  /** fstab(5)'s words: `ro`, `nosuid`, `rbind`, `rro`, ...; what is no flag is data for the file system. */
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

export interface TimeOffset {
  readonly secs?: number;
  readonly nanosecs?: number;
}

export interface Linux {
  readonly namespaces?: readonly Namespace[];
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
  /** Of a new time namespace. */
  readonly timeOffsets?: { readonly monotonic?: TimeOffset; readonly boottime?: TimeOffset };
  readonly devices?: readonly Device[];
  /**
   * The container's group: an absolute path begins where the caller's groups may be made, another below the default
   * parent. With a slash at its end it names the parent, and the group is called like the container.
   */
  readonly cgroupsPath?: string;
  readonly resources?: Resources;
  readonly rootfsPropagation?: 'private' | 'slave' | 'shared' | 'unbindable';
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly sysctl?: Readonly<Record<string, string>>;
  /**
   * A profile as OCI has it, or (an extension) `builtin`: docker's default, made for the capabilities of the process.
   */
  readonly seccomp?: unknown;
}

export interface Device {
  readonly type: 'c' | 'b' | 'p' | 'u';
  readonly path: string;
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** A line of the devices controller: without `type` all devices, without a number any. */
export interface DeviceRule {
  readonly allow: boolean;
  readonly type?: 'a' | 'b' | 'c';
  readonly major?: number;
  readonly minor?: number;
  /** Letters of r, w, m. */
  readonly access?: string;
}

/** Limits of the container's group. -1 is no limit. */
export interface Resources {
  readonly devices?: readonly DeviceRule[];
  readonly memory?: Memory;
  readonly cpu?: Cpu;
  readonly pids?: { readonly limit: number };
  readonly blockIO?: BlockIO;
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: number }[];
  /** Files of the group in the v2 hierarchy, as they are. */
  readonly unified?: Readonly<Record<string, string>>;
}

export interface Memory {
  readonly limit?: number;
  readonly reservation?: number;
  /** Memory and swap together. */
  readonly swap?: number;
  readonly swappiness?: number;
  readonly disableOOMKiller?: boolean;
}

export interface Cpu {
  readonly shares?: number;
  /** Microseconds in each `period`. */
  readonly quota?: number;
  readonly period?: number;
  readonly burst?: number;
  readonly idle?: number;
  readonly cpus?: string;
  readonly mems?: string;
}

export interface BlockIO {
  /** 10 to 1000. */
  readonly weight?: number;
  readonly weightDevice?: readonly WeightDevice[];
  readonly throttleReadBpsDevice?: readonly ThrottleDevice[];
  readonly throttleWriteBpsDevice?: readonly ThrottleDevice[];
  readonly throttleReadIOPSDevice?: readonly ThrottleDevice[];
  readonly throttleWriteIOPSDevice?: readonly ThrottleDevice[];
}

export interface WeightDevice {
  readonly major: number;
  readonly minor: number;
  readonly weight?: number;
}

export interface ThrottleDevice {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

// Seccomp filters (seccomp(2) SECCOMP_SET_MODE_FILTER): a profile compiled to the classic BPF that the kernel takes.
// What is answered to what:
//
//   the native ABI                                  the profile's rules
//   an ABI that the profile lists (i386, x32)       the same rules, by that ABI's own numbers; socketcall(2) and
//                                                   ipc(2) as strictly as the call inside ever is
//   any other ABI or architecture                   ENOSYS
//   a number above all that the profile names       ENOSYS, so that a libc falls back (see decision.ts)

import { type Abi, cpus, type Cpu, type CpuName, x32Bit } from './abi.ts';
import { Assembler, JEQ, JGE, type Label } from './assembler.ts';
import { answer, beyond, choicesOf, decisions, enosys } from './decision.ts';
import type { SeccompFlag, SeccompProfile } from './profile.ts';
import { numberTree, offset } from './tree.ts';

export { defaultProfile } from './docker.ts';
export { checkSeccomp } from './profile.ts';
export type {
  SeccompAction, SeccompArg, SeccompCondition, SeccompFlag, SeccompOperator, SeccompProfile, SeccompRule,
} from './profile.ts';

export interface SeccompHost {
  readonly arch: CpuName;
  /** `CAP_SYS_ADMIN`, ...: the bounding set, since that is what a process can ever get. */
  readonly capabilities: readonly string[];
  /** uname -r; without it every kernel is taken to be new enough. */
  readonly release?: string;
}

export interface SeccompFilter {
  /** struct sock_filter[]. */
  readonly filter: Uint8Array;
  readonly flags: readonly SeccompFlag[];
}

/**
 * Without this flag kernels before 5.16 turn a mitigation against speculative store bypass on for every filtered
 * process, which slows memory down; newer ones leave it alone. runc's default as well.
 */
const defaultFlags: readonly SeccompFlag[] = ['SECCOMP_FILTER_FLAG_SPEC_ALLOW'];

const compiled = new WeakMap<SeccompProfile, Map<string, SeccompFilter>>();

/** The filter of a checked profile; asked again for the same, the same. */
export function compileSeccomp(profile: SeccompProfile, host: SeccompHost): SeccompFilter {
  const known = compiled.get(profile) ?? new Map<string, SeccompFilter>();
  compiled.set(profile, known);
  const key = [host.arch, host.release, ...[...host.capabilities].sort()].join();
  const found = known.get(key) ?? { filter: compile(profile, host), flags: profile.flags ?? defaultFlags };
  known.set(key, found);
  return found;
}

function compile(profile: SeccompProfile, host: SeccompHost): Uint8Array {
  const cpu: Cpu = cpus[host.arch];
  const rest = answer(profile.defaultAction, profile.defaultErrnoRet);
  const byName = choicesOf(profile, { cpu, capabilities: new Set(host.capabilities), release: host.release });
  const wanted = architectures(profile, cpu);
  const code = new Assembler();
  const entry = (abi: Abi): Label => {
    const decided = decisions(abi, byName, rest);
    return numberTree(code, abi, decided, rest, beyond(decided.keys(), rest));
  };
  const load = (next: Label): Label => code.load(offset.number, next);
  // The native calls are made last, hence come first, in reach of the short jumps.
  const compat = cpu.compat && wanted.has(cpu.compat.abi.name) ? load(entry(cpu.compat.abi)) : code.return(enosys);
  // A number from the bit on is x32's, or negative and nobody's; the tree knows x32's numbers without the bit.
  const x32 = cpu.x32 && (wanted.has(cpu.x32.name) ? code.and(~x32Bit, entry(cpu.x32)) : code.return(enosys));
  const native = entry(cpu.native);
  const own = load(x32 === undefined ? native : code.jump(JGE, x32Bit, x32, native));
  const other = cpu.compat ? code.jump(JEQ, cpu.compat.audit, compat, code.return(enosys)) : code.return(enosys);
  return code.bytes(code.load(offset.architecture, code.jump(JEQ, cpu.audit, own, other)));
}

/** The ABIs beside the native one that the profile's rules hold for. */
function architectures(profile: SeccompProfile, cpu: Cpu): ReadonlySet<string> {
  const mapped = profile.archMap?.find((one) => one.architecture === cpu.native.name);
  return new Set([...(profile.architectures ?? []), ...(mapped?.subArchitectures ?? [])]);
}

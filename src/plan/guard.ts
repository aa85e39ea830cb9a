// Which devices a container may use, as its group enforces it: the v1 controller's list, or on v2 a program that the
// kernel asks at every open and mknod. It is what stands between CAP_MKNOD, which docker's default has, and the disks.

import { SpecError } from '../errno.ts';
import type { Facts, Hierarchy, Step } from '../plan.ts';
import type { DeviceRule, Spec } from '../spec.ts';
import { hierarchyOf, nameOf, unified } from './cgroup.ts';
import { defaultDeviceRules, deviceProgram, deviceRulesV1 } from './device.ts';
import type { Spaces } from './namespace.ts';

export interface Guard {
  readonly steps: readonly Step[];
  readonly hierarchy: Hierarchy | undefined;
}

const none: Guard = { steps: [], hierarchy: undefined };

/**
 * Without powers outside its user namespace a container can make no node, and has those alone that were bound for it:
 * then there is nothing to guard, and nobody who may. Everywhere else there is a guard, or no container.
 */
export function deviceGuard(spec: Spec, spaces: Spaces, facts: Facts): Guard {
  if (facts.kernel === 'portable' || facts.rootless) return none;
  const given = spec.linux?.resources?.devices;
  if (given !== undefined && allowsAll(given)) return none;
  const list = hierarchyOf(facts, 'devices');
  if (list !== undefined) return { steps: listed(given, nameOf(list)), hierarchy: list };
  const top = unified(facts);
  if (top !== undefined && facts.features.includes('device-program'))
    return { steps: [program(given)], hierarchy: top };
  if (spaces.fresh.has('user') && given === undefined) return none;
  throw new SpecError('linux.resources.devices', 'no cgroup here can keep a container from the devices of the machine',
    'a user namespace of its own can (--userns private); --privileged does without');
}

/** --privileged, in OCI's words. */
const allowsAll = (rules: readonly DeviceRule[]): boolean =>
  rules.length > 0 &&
  rules.every(
    (rule) => rule.allow && (rule.type ?? 'a') === 'a' && rule.major === undefined && rule.minor === undefined,
  );

/** As the runtimes have it: a spec's own rules, then always the devices without which no program runs. */
const rulesOf = (given: readonly DeviceRule[] | undefined): readonly DeviceRule[] =>
  given === undefined ? defaultDeviceRules : [...given, ...defaultDeviceRules.filter((rule) => rule.allow)];

const defaults = new Map<string, readonly Step[]>();

function listed(given: readonly DeviceRule[] | undefined, controller: string): readonly Step[] {
  const make = (): readonly Step[] => deviceRulesV1(rulesOf(given)).map(({ file, text }): Step =>
    ({ by: 'runtime', op: 'limit', args: { controller, file, text } }));
  if (given !== undefined) return make();
  let steps = defaults.get(controller);
  if (steps === undefined) defaults.set(controller, (steps = make()));
  return steps;
}

let defaultProgram: Uint8Array | undefined;

function program(given: readonly DeviceRule[] | undefined): Step {
  const instructions =
    given === undefined ? (defaultProgram ??= deviceProgram(rulesOf(given))) : deviceProgram(rulesOf(given));
  return { by: 'runtime', op: 'device_program', args: { instructions } };
}

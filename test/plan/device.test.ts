// Device rules, for both versions of cgroups: what is allowed, and that the two forms mean the same.

import fc from 'fast-check';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {
  type DeviceRule,
  type DeviceWrite,
  defaultDeviceRules,
  deviceProgram,
  deviceRulesV1,
} from '../../src/plan/device.ts';
import {type DeviceAccess, runDevice, unreachable} from './bpf.ts';

const request = (text: string): DeviceAccess => {
  const [, type, major, minor, access] = /^([bc]) (\d+):(\d+) (\w+)$/.exec(text)!;
  return {type: type as 'b' | 'c', major: Number(major), minor: Number(minor), access: access!};
};

test('the default rules let a container use docker’s devices and no others, and make nodes of any', () => {
  const program = deviceProgram(defaultDeviceRules);
  const allowed = [
    'c 1:3 rw',
    'c 1:5 r',
    'c 1:7 w',
    'c 1:8 rw',
    'c 1:9 r',
    'c 5:0 rw',
    'c 5:1 rw',
    'c 5:2 rw',
    'c 136:0 rw',
    'c 136:77 r',
    'c 1:1 m',
    'b 8:0 m',
  ];
  const denied = [
    'c 1:1 r',
    'c 1:11 r',
    'c 10:200 rw',
    'c 10:229 rw',
    'b 8:0 r',
    'b 1:3 r',
    'c 254:0 w',
    'b 254:0 rw',
    'c 1:1 rm',
  ];
  for (const text of allowed) assert.ok(runDevice(program, request(text)), text);
  for (const text of denied) assert.not.ok(runDevice(program, request(text)), text);
});

test('in a v1 group the default rules are one denial of all and one line a device', () => {
  assert.equal(
    deviceRulesV1(defaultDeviceRules).map(({file, text}) => `${file} ${text}`),
    [
      'devices.deny a',
      'devices.allow c *:* m',
      'devices.allow b *:* m',
      'devices.allow c 1:3 rwm',
      'devices.allow c 1:5 rwm',
      'devices.allow c 1:7 rwm',
      'devices.allow c 1:8 rwm',
      'devices.allow c 1:9 rwm',
      'devices.allow c 5:0 rwm',
      'devices.allow c 5:1 rwm',
      'devices.allow c 5:2 rwm',
      'devices.allow c 136:* rwm',
    ],
  );
});

const cases: readonly (readonly [
  what: string,
  rules: readonly DeviceRule[],
  v1: readonly string[],
  allowed: string,
  denied: string,
])[] = [
  ['no rule denies all', [], ['devices.deny a'], '', 'c 1:3 r, b 8:0 m'],
  ['all allowed', [{allow: true}], ['devices.allow a'], 'c 1:3 rwm, b 8:0 rw', ''],
  [
    'all but one',
    [
      {allow: true, type: 'a'},
      {allow: false, type: 'b', major: 8, access: 'w'},
    ],
    ['devices.allow a', 'devices.deny b 8:* w'],
    'b 8:0 r, b 8:0 m, b 9:0 w',
    'b 8:0 w, b 8:16 rw',
  ],
  [
    'what comes before a rule of all is forgotten',
    [{allow: true, type: 'c'}, {allow: false}, {allow: true, type: 'b', access: 'r'}],
    ['devices.deny a', 'devices.allow b *:* r'],
    'b 1:1 r',
    'c 1:1 r, b 1:1 rw',
  ],
  [
    'the last rule counts',
    [
      {allow: true, type: 'c', major: 1, minor: 3},
      {allow: false, type: 'c', major: 1, access: 'w'},
    ],
    ['devices.deny a', 'devices.allow c 1:3 rm'],
    'c 1:3 r, c 1:3 m',
    'c 1:3 w, c 1:3 rw, c 1:4 r',
  ],
  [
    'accesses of one device add up',
    [
      {allow: true, type: 'c', major: 1, minor: 3, access: 'r'},
      {allow: true, type: 'c', major: 1, minor: 3, access: 'w'},
    ],
    ['devices.deny a', 'devices.allow c 1:3 rw'],
    'c 1:3 rw',
    'c 1:3 rwm, c 1:3 m',
  ],
  [
    'what a wider rule has is not said again',
    [
      {allow: true, type: 'c', major: 5},
      {allow: true, type: 'c', major: 5, minor: 1, access: 'r'},
    ],
    ['devices.deny a', 'devices.allow c 5:* rwm'],
    'c 5:1 rwm',
    'c 6:1 r',
  ],
  [
    'a number without a type is of both',
    [{allow: true, major: 7, minor: -1}],
    ['devices.deny a', 'devices.allow c 7:* rwm', 'devices.allow b 7:* rwm'],
    'c 7:1 r, b 7:2 w',
    'c 8:1 r',
  ],
];
for (const [what, rules, v1, allowed, denied] of cases) {
  test(`device rules: ${what}`, () => {
    const program = deviceProgram(rules);
    const list = (text: string): string[] => text.split(', ').filter(Boolean);
    assert.equal(
      deviceRulesV1(rules).map(({file, text}) => `${file} ${text}`),
      v1,
    );
    assert.equal(unreachable(program), []);
    for (const text of list(allowed)) assert.ok(runDevice(program, request(text)), text);
    for (const text of list(denied)) assert.not.ok(runDevice(program, request(text)), text);
  });
}

test('a rule that v1 cannot tell is refused, and a wrong one names its field', () => {
  const field = (make: () => unknown): string => {
    try {
      make();
    } catch (err) {
      return (err as {field: string}).field;
    }
    return 'no error';
  };
  const hole: readonly DeviceRule[] = [
    {allow: true, type: 'c', major: 1},
    {allow: false, type: 'c', major: 1, minor: 3},
  ];
  assert.is(
    field(() => deviceRulesV1(hole)),
    'linux.resources.devices[1]',
  );
  assert.not.ok(runDevice(deviceProgram(hole), request('c 1:3 r')), 'the program can');
  assert.ok(runDevice(deviceProgram(hole), request('c 1:4 r')));
  for (const make of [deviceProgram, deviceRulesV1]) {
    assert.is(
      field(() => make([{allow: true, type: 'p' as 'c'}])),
      'linux.resources.devices[0].type',
    );
    assert.is(
      field(() => make([{allow: true}, {allow: true, access: 'rx'}])),
      'linux.resources.devices[1].access',
    );
    assert.is(
      field(() => make([{allow: true, access: ''}])),
      'linux.resources.devices[0].access',
    );
    assert.is(
      field(() => make([{allow: true, type: 'c', major: 4096}])),
      'linux.resources.devices[0].major',
    );
    assert.is(
      field(() => make([{allow: true, type: 'c', major: 1, minor: 0.5}])),
      'linux.resources.devices[0].minor',
    );
  }
  const many = Array.from(
    {length: 1000},
    (_, i): DeviceRule => ({allow: true, type: 'c', major: i, minor: 0, access: 'r'}),
  );
  assert.is(
    field(() => deviceProgram(many)),
    'linux.resources.devices',
  );
});

const rule = fc
  .record({
    allow: fc.boolean(),
    type: fc.constantFrom('a' as const, 'b' as const, 'c' as const),
    access: fc.constantFrom('r', 'w', 'm', 'rw', 'rm', 'rwm'),
    major: fc.constantFrom(undefined, 1, 2),
    minor: fc.constantFrom(undefined, 1, 2),
  })
  .map(({major, minor, ...rest}): DeviceRule => ({...rest, ...(major && {major}), ...(minor && {minor})}));
const access = fc.record({
  type: fc.constantFrom('b' as const, 'c' as const),
  major: fc.constantFrom(1, 2, 3),
  minor: fc.constantFrom(1, 2, 3),
  access: fc.constantFrom('r', 'w', 'm', 'rw', 'rwm'),
});

/** The rule said as it is: each access by itself, by the last rule that speaks of it. */
function naive(rules: readonly DeviceRule[], {type, major, minor, access}: DeviceAccess): boolean {
  const speaks = (one: DeviceRule, letter: string): boolean =>
    (one.type === 'a' || one.type === type) &&
    (one.major ?? major) === major &&
    (one.minor ?? minor) === minor &&
    one.access!.includes(letter);
  return [...access].every(letter => rules.findLast(one => speaks(one, letter))?.allow ?? false);
}

/** The v1 controller, as security/device_cgroup.c has it, for one access. */
function v1(writes: readonly DeviceWrite[], {type, major, minor}: DeviceAccess, letter: string): boolean {
  const [first, ...rest] = writes;
  const hit = rest.some(({text}) => {
    const [, t, ma, mi, letters] = /^(.) (.+):(.+) (.+)$/.exec(text)!;
    return (
      t === type &&
      (ma === '*' || Number(ma) === major) &&
      (mi === '*' || Number(mi) === minor) &&
      letters!.includes(letter)
    );
  });
  return hit !== (first!.file === 'devices.allow');
}

test('random rules mean the same as a program, as v1 lines and said naively', () => {
  let told = 0;
  fc.assert(
    fc.property(fc.array(rule, {maxLength: 6}), fc.array(access, {minLength: 5, maxLength: 5}), (rules, wanted) => {
      const program = deviceProgram(rules);
      assert.equal(unreachable(program), []);
      for (const one of wanted) assert.is(runDevice(program, one), naive(rules, one));
      let writes: readonly DeviceWrite[];
      try {
        writes = deviceRulesV1(rules);
      } catch {
        return;
      }
      told++;
      for (const one of wanted)
        for (const letter of one.access) assert.is(v1(writes, one, letter), naive(rules, {...one, access: letter}));
    }),
    {numRuns: 2000},
  );
  assert.ok(told > 500, `only ${told} of 2000 could be told to v1`);
});

test.run();

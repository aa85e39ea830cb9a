// Powers: the capability sets of a first process and of an exec, and what no_new_privs keeps a set-uid program from.

import * as assert from 'uvu/assert';
import {answers, execSh, native, sh, withBox, type Flags} from '../native.ts';

const test = native('security: capabilities');

const docker = '00000000a80425fb';
const none = '0000000000000000';
const show = 'grep -e ^Cap -e NoNewPrivs /proc/self/status';

const cases: readonly (readonly [title: string, flags: Flags, sets: Record<string, string>])[] = [
  ['root has docker\'s fourteen', {}, {CapInh: none, CapPrm: docker, CapEff: docker, CapBnd: docker, CapAmb: none, NoNewPrivs: '1'}],
  ['another user has none, and can get none', {user: '1000:1000'},
    {CapInh: none, CapPrm: none, CapEff: none, CapBnd: docker, CapAmb: none, NoNewPrivs: '1'}],
  ['all dropped', {capDrop: ['ALL']}, {CapInh: none, CapPrm: none, CapEff: none, CapBnd: none, CapAmb: none, NoNewPrivs: '1'}],
  ['one added', {capDrop: ['ALL'], capAdd: ['CHOWN']},
    {CapInh: none, CapPrm: '0000000000000001', CapEff: '0000000000000001', CapBnd: '0000000000000001', CapAmb: none, NoNewPrivs: '1'}],
  ['without no_new_privs the sets are the same', {securityOpt: ['no-new-privileges=false']},
    {CapInh: none, CapPrm: docker, CapEff: docker, CapBnd: docker, CapAmb: none, NoNewPrivs: '0'}],
  ['another user without no_new_privs', {user: '1000:1000', securityOpt: ['no-new-privileges=false']},
    {CapInh: none, CapPrm: none, CapEff: none, CapBnd: docker, CapAmb: none, NoNewPrivs: '0'}],
];

for (const [title, flags, sets] of cases) {
  const mine = flags.user === undefined ? test : test.root;
  mine(`${title}, in run and in exec; inheritable and ambient are empty`, async runtime => {
    assert.equal(answers((await sh(runtime, show, flags)).stdout), sets);
    await withBox(runtime, flags, async box => {
      assert.equal(answers((await execSh(box, show)).stdout), sets);
    });
  });
}

test('a privileged container has no inheritable and no ambient set either', async runtime => {
  const sets = answers((await sh(runtime, show, {privileged: true})).stdout);
  assert.equal([sets.CapInh, sets.CapAmb], [none, none]);
  assert.is(sets.CapEff, sets.CapBnd);
});

test.root('an exec as root into a container of another user has the container\'s powers, not more', async runtime => {
  await withBox(runtime, {user: '1000:1000', capDrop: ['ALL'], capAdd: ['CHOWN']}, async box => {
    const sets = answers((await execSh(box, show, {user: '0:0'})).stdout);
    assert.is(sets.CapBnd, '0000000000000001');
    assert.ok(BigInt(`0x${sets.CapEff}`) <= 1n);
  });
});

test.root('ids: groups are cleared, and an exec has its own', async runtime => {
  await withBox(runtime, {}, async box => {
    assert.is((await execSh(box, 'id -u; id -g; id -G')).stdout, '0\n0\n0\n');
    assert.is((await execSh(box, 'id -u; id -g; id -G', {user: '1000:100'})).stdout, '1000\n100\n100\n');
  });
});

test.run();

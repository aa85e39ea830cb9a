// What is remembered of a compiled start is, with other names in it, what compiling anew gives.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {Compiler, newId} from '../src/client/compiled.ts';
import {Template} from '../src/client/template.ts';
import {createRuntime} from '../src/index.ts';
import {encodeAgain} from '../src/native/again.ts';
import {encodePlan} from '../src/native/encode.ts';
import {compile} from '../src/plan.ts';
import type {ContainerOptions} from '../src/runtime.ts';
import {toSpec} from '../src/shorthand.ts';
import type {BackendFacts} from '../src/wire.ts';
import {skip} from './skip.ts';

test('a template makes its value anew with other words, and shares the rest', () => {
  const value = {a: ['x', 'MARK-1', {deep: 'a MARK b MAR', same: 1}], b: {c: [1, 2]}, d: 'MARK', bytes: new Uint8Array([1])};
  const template = new Template(value, ['MARK', 'MAR']);
  const made = template.make(['new', 'short']);
  assert.equal(made, {a: ['x', 'new-1', {deep: 'a new b short', same: 1}], b: {c: [1, 2]}, d: 'new', bytes: new Uint8Array([1])});
  assert.is(made.b, value.b);
  assert.is(made.bytes, value.bytes);
  assert.equal(value.d, 'MARK');
  assert.is(template.make(['', '']).a[1], '-1');
  const twice = ['MARK'];
  assert.equal(new Template({x: twice, y: {z: twice}}, ['MARK']).make(['new']), {x: ['new'], y: {z: ['new']}});
  const plain = {x: 1};
  assert.is(new Template(plain, ['MARK']).make(['']), plain);
});

const kinds: readonly ContainerOptions[] = [
  {image: 'busybox'},
  {image: 'busybox', hostname: 'box', command: ['sh', '-c', 'echo'], env: {A: 'b'}, user: '1000:1000', tmpfs: ['/t:size=1m']},
  {image: 'busybox', share: ['uts'], capAdd: ['NET_ADMIN'], readonly: true, tty: true},
  {image: '/some/directory', ulimits: {nofile: 10}, privileged: true, init: true},
];

function same(facts: BackendFacts): void {
  const compiler = new Compiler(facts, {});
  for (const options of kinds) {
    for (let i = 0; i < 3; i++) {
      const planOptions = {id: newId(), stdio: ['null', 'pipe', 'pipe'] as const};
      const spec = toSpec({...(options.share ? {} : {hostname: planOptions.id.slice(0, 12)}), ...options}, facts, {});
      const whole = {spec, plan: compile(spec, facts, planOptions)};
      assert.equal(compiler.kind(options, planOptions)!.make(planOptions.id), whole);
      assert.equal(compiler.compile(options, planOptions), whole);
    }
    const kind = compiler.kind(options, {})!;
    assert.is(compiler.kind({...options}, {}), kind);
    const [one, two] = [kind.make(newId()), kind.make(newId())];
    const shared = one!.plan.steps.filter((step, i) => step === two!.plan.steps[i]).length;
    assert.ok(shared > one!.plan.steps.length * 0.8, `${shared} of ${one!.plan.steps.length}`);
    assert.not.ok(JSON.stringify(two).includes(one!.spec.hostname ?? 'none such') && options.hostname === undefined);
  }
}

test('containers of portable mode', async () => {
  const runtime = await createRuntime({mode: 'portable', thread: false});
  same(await runtime.features());
  await runtime.close();
});

const native = await createRuntime({mode: 'native'}).catch((error: Error) => error);
if (native instanceof Error) skip(test, 'containers of native mode', native.message, 'see twinbox info');
else {
  test('containers of native mode', async () => {
    const facts = await native.features();
    await native.close();
    same(facts);
    // Bytes with other words in them are the bytes of the plan with other words.
    const compiler = new Compiler(facts, {});
    for (const options of kinds) {
      const kind = compiler.kind(options, {})!;
      for (const ahead of [false, true, false]) {
        const {plan} = kind.make(newId(), ahead);
        const again = encodeAgain(plan, String(ahead), encodePlan);
        assert.equal(Buffer.from(again.bytes).compare(encodePlan(structuredClone(plan)).bytes), 0);
        assert.is(again.plan, plan);
      }
    }
    // What looked at the machine looks again.
    let looks = 0;
    const looking = new Compiler(facts, {stat: () => {
      looks++;
      return {type: 'directory', mode: 0o755, uid: 0, gid: 0, major: 0, minor: 0};
    }});
    for (let i = 0; i < 4; i++) assert.is(looking.kind({image: 'busybox', volumes: ['/usr:/v']}, {}), undefined);
    assert.ok(looks > 0);
  });
}

test.run();

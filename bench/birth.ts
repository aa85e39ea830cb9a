// What a container costs the caller before any kernel is asked, timed by benchmark.js: its spec, its plan, the plan as
// bytes, and the way through ffi-rs into the native library and back.

import Benchmark from 'benchmark';
import {Compiler} from '../src/client/compiled.ts';
import {helperHash} from '../src/native/call.ts';
import {encodePlan} from '../src/native/encode.ts';
import {nativeFacts} from '../src/native/facts.ts';
import {compile, loadFilters} from '../src/plan.ts';
import {toSpec} from '../src/shorthand.ts';
import {type Report, run} from './micro.ts';

const options = {image: '/srv', command: ['/bin/true'], hostname: 'box', memory: '64m', pids: 32} as const;

export async function birth(report: Report): Promise<void> {
  await loadFilters();
  const facts = nativeFacts();
  const compiler = new Compiler(facts, {});
  let id = 0;
  const spec = toSpec(options, facts);
  const plan = compile(spec, facts, {id: 'bench'});
  const steps = `${plan.steps.length} steps, ${encodePlan(plan).bytes.length} bytes`;
  await run(
    new Benchmark.Suite()
      .add('birth: options to spec', () => void toSpec(options, facts))
      .add('birth: spec to plan', () => void compile(spec, facts, {id: 'bench'}))
      .add('birth: options to plan, one more of the same', () => void compiler.compile(options, {id: `${id++}`.padStart(64, '0')}))
      .add(`birth: plan to bytes (${steps})`, () => void encodePlan(plan)),
    report,
  );
  await run(new Benchmark.Suite().add('ffi-rs: a call of the library and back', () => void helperHash()), report);
}

// Generated scripts: fast-check over a grammar of commands that can do no harm, and a comparison of our shell with dash
// and busybox, byte for byte. Where those two disagree the script says nothing. TWINBOX_SEED=N takes other scripts.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { skip } from '../skip.ts';
import { oracles, ours, parts, reference } from './many.ts';

const seed = Number(process.env.TWINBOX_SEED ?? 7);
const count = Number(process.env.TWINBOX_SCRIPTS ?? 150);

const name = fc.constantFrom('a', 'b', 'c', 'x1');
const literal = fc.constantFrom('a', 'b1', 'foo', '-n', 'x y', '', '*', 'a:b', '.', '7', '0', '12', '#', '~', '[ab]', '=', 'end');
const pattern = fc.constantFrom('a', '*', 'a*', '*b', '?', '[a-f]*', '??', '*:*', '[!a]*', '""');

const { command } = fc.letrec<{ word: string; arith: string; command: string; simple: string }>((tie) => ({
  arith: fc.oneof({ depthSize: 'small', withCrossShrink: true },
    fc.integer({ min: 0, max: 40 }).map(String), name.map((n) => `${n}`),
    fc.tuple(tie('arith'), fc.constantFrom('+', '-', '*', '<', '==', '&&', '||', '|', '&', '^', '<<'), tie('arith')).map(([l, op, r]) => `(${l}${op}${r})`)),
  word: fc.oneof({ depthSize: 'small' },
    fc.constantFrom('a', 'bc', '7', 'foo*', '-x', '=', '\\\\$', '\\\\ '),
    literal.map((text) => `'${text}'`), literal.map((text) => `"${text}"`),
    name.map((n) => `$${n}`), name.map((n) => `"$${n}"`), fc.constantFrom('"$@"', '$*', '"$*"', '$#', '$?', '$1', '"${2}"', '${#a}'),
    fc.tuple(name, fc.constantFrom(':-', '-', ':+', '+', ':=', '#', '##', '%', '%%'), pattern).map(([n, op, p]) => `"\${${n}${op}${p}}"`),
    fc.tuple(name, fc.constantFrom(':-', '-', ':+', '+'), tie('word')).map(([n, op, w]) => `\${${n}${op}${w}}`),
    tie('arith').map((e) => `$((${e}))`), tie('simple').map((c) => `$(${c})`), tie('simple').map((c) => `"$(${c})"`),
    fc.tuple(tie('word'), tie('word')).map(([l, r]) => l + r)),
  simple: fc.oneof({ depthSize: 'small' },
    fc.array(tie('word'), { maxLength: 3 }).map((ws) => `printf '[%s]' ${ws.join(' ')}`),
    fc.array(tie('word'), { maxLength: 3 }).map((ws) => `echo x ${ws.join(' ')}`.replaceAll('\\\\', '')),
    fc.tuple(name, tie('word')).map(([n, w]) => `${n}=${w}`), fc.array(tie('word'), { minLength: 1, maxLength: 3 }).map((ws) => `set -- ${ws.join(' ')}`),
    fc.tuple(tie('word'), fc.constantFrom('=', '!='), tie('word')).map(([l, op, r]) => `test "x"${l} ${op} "x"${r}`),
    fc.constantFrom('true', 'false', ':', 'shift', '(exit 3)', 'unset a', 'IFS=:', 'unset IFS', 'local z', 'head -c 99 f', 'read b < f'),
    fc.tuple(tie('word'), fc.constantFrom('>', '>>')).map(([w, op]) => `echo ${w} ${op} f`)),
  command: fc.oneof({ depthSize: 'small' }, tie('simple'), tie('simple'),
    fc.tuple(tie('command'), fc.constantFrom('; ', ' && ', ' || ', ' | ', '\n'), tie('command')).map(([l, op, r]) => l + op + r),
    tie('command').map((c) => `(${c})`), tie('command').map((c) => `{ ${c}; }`), tie('simple').map((c) => `! ${c}`),
    fc.tuple(tie('command'), tie('command'), tie('command')).map(([a, b, c]) => `if ${a}; then ${b}; else ${c}; fi`),
    fc.tuple(name, fc.array(tie('word'), { maxLength: 3 }), tie('command')).map(([n, ws, c]) => `for ${n} in ${ws.join(' ')}; do ${c}; done`),
    fc.tuple(tie('word'), pattern, tie('command'), tie('command')).map(([w, p, b, c]) => `case ${w} in ${p}) ${b};; *) ${c};; esac`),
    fc.tuple(tie('command'), fc.array(tie('word'), { maxLength: 2 })).map(([c, ws]) => `{ f() { ${c}; }; f ${ws.join(' ')}; }`),
    fc.tuple(tie('simple'), tie('word')).map(([c, w]) => `${c} <<E\n${w}\nE\n:`))
}));

const script = fc.array(command, { minLength: 1, maxLength: 4 }).map((lines) => `a=1 b='x y' c=a:b; set -- p 'q r'\n${lines.join('\n')}\necho "end $?"`);

const test = suite('generated');
const title = `${count} scripts of seed ${seed} as dash and busybox answer them`;

if (!oracles) skip(test, title, 'dash or busybox 1.35 is missing', 'apt-get install dash busybox-static');
else {
  test(title, async () => {
    const scripts = fc.sample(script, { numRuns: count, seed });
    const dash = parts(reference('/bin/dash', scripts));
    const busybox = parts(reference('/bin/busybox sh', scripts));
    const got = parts(await ours(scripts));
    assert.is(got.length, count);
    const agreed = scripts.map((_, i) => i).filter((i) => dash[i] === busybox[i]);
    const wrong = agreed.filter((i) => got[i] !== busybox[i]).map((i) => `${scripts[i]}\n--- got\n${got[i]}--- want\n${busybox[i]}`);
    console.log(`case: generated: ${agreed.length} of ${count} scripts on which dash and busybox agree`);
    if (wrong.length > 0) throw new Error(`${wrong.length} differ\n\n${wrong.join('\n')}`);
    assert.ok(agreed.length > count / 2);
  });
}

test.run();

// Scripts that cover the shell language chapter by chapter (corpus/*.sh), run in a container and compared byte for byte
// with what busybox's ash answered (corpus/*.out: its output, then its exit status). Where dash and busybox are
// installed they run too, so that a recording cannot grow old. TWINBOX_RECORD=1 writes the recordings anew.

import {spawnSync} from 'node:child_process';
import {copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {suite} from 'uvu';
import * as assert from 'uvu/assert';
import {createRuntime, type Runtime} from '../../src/index.ts';
import {skip} from '../skip.ts';

const corpus = fileURLToPath(new URL('corpus/', import.meta.url));
const scripts = readdirSync(corpus).filter(name => name.endsWith('.sh')).sort();

/** Where dash answers otherwise than busybox, and we go with busybox. */
const notDash: Readonly<Record<string, string>> = {
  'alias_lineno.sh': "Debian's dash has no LINENO",
  'arith.sh': 'dash has no comma operator',
  'builtins.sh': 'a shift too far ends a script of dash; it has no let',
  'errors.sh': 'dash answers 2 where ash answers 1 for a bad redirection, and ends at a shift too far',
  'function_local.sh': 'return 256 stays 256 in dash',
  'glob.sh': '[^a] does not negate in dash',
  'params.sh': 'dash has neither substrings nor replacement',
  'quoting.sh': "dash has no $'...', and its echo expands escapes",
  'redirect.sh': 'dash answers 2 where ash answers 1 for a bad redirection',
};

const env = {PATH: '/bin:/usr/bin', HOME: '/root', LC_ALL: 'C'};

function reference(command: readonly string[], script: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'corpus-'));
  copyFileSync(join(corpus, script), join(dir, script));
  const [file, ...args] = command;
  const done = spawnSync(file!, [...args, script], {cwd: dir, env, input: '', encoding: 'latin1', timeout: 60_000});
  rmSync(dir, {recursive: true});
  return `${done.stdout}exit ${done.status}\n`;
}

const has = (file: string): boolean => existsSync(file);
const busybox = has('/bin/busybox') ? ['/bin/busybox', 'sh'] : undefined;
const dash = has('/bin/dash') ? ['/bin/dash'] : undefined;

const test = suite('corpus');
let runtime: Runtime;

test.before(async () => {
  runtime = await createRuntime({mode: 'portable'});
});

test.after(() => runtime.close());

const recorded = (script: string): string => readFileSync(join(corpus, script.replace(/sh$/, 'out')), 'latin1');

for (const script of scripts) {
  if (busybox) {
    test(`busybox still answers ${script} as recorded`, () => {
      const answer = reference(busybox, script);
      if (process.env.TWINBOX_RECORD) writeFileSync(join(corpus, script.replace(/sh$/, 'out')), answer, 'latin1');
      assert.is(answer, recorded(script));
    });
  }
  if (dash && !notDash[script]) {
    test(`dash agrees about ${script}`, () => assert.is(reference(dash, script), recorded(script)));
  }
  test(`our shell answers ${script} as busybox does`, async () => {
    const {stdout, exitCode} = await runtime.run({
      image: 'busybox',
      command: ['sh', '-c', `mkdir -p /tmp/w && cd /tmp/w && cp /corpus/${script} . && sh ${script}; exit $?`],
      env,
      volumes: [`${corpus.replace(/\/$/, '')}:/corpus:ro`],
    });
    assert.is(`${stdout}exit ${exitCode}\n`, recorded(script));
  });
}

if (!busybox) skip(test, 'busybox still answers as recorded', 'no /bin/busybox here', 'apt-get install busybox-static');
if (!dash) skip(test, 'dash agrees', 'no /bin/dash here', 'apt-get install dash');

test.run();

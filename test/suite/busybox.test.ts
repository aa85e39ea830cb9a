// The two suites of busybox itself, in a portable container, harness and shell both ours: its testsuite for the applets
// that are here, and ash_test for the shell. By default a sample; `npm run suites busybox` runs them whole. What is known
// to fail is listed with its reason, and a row whose reason is gone fails.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRuntime } from '../../src/index.ts';
import { skip } from '../skip.ts';
import { busyboxSource, volume } from './debian.ts';

const whole = process.env.TWINBOX_SUITES === 'whole';

/** The applets that the suite has cases for and that are here. */
const applets = `ash awk basename busybox cat cmp comm cp cut date dd diff dirname du echo expand expr factor false find fold grep
  head hexdump hostname id ln ls md5sum mkdir mount mv nl od paste pidof printf pwd readlink realpath rev rm rmdir sed seq
  sha1sum sha256sum sort strings tail tee test touch tr true unexpand uniq uptime wc which xargs`.split(/\s+/);
const sample = ['cp', 'cut', 'find', 'head', 'sort', 'tail', 'test', 'uniq', 'xargs'];
const shellSample = ['ash-alias', 'ash-arith', 'ash-getopts', 'ash-heredoc'];

const knownApplets: Record<string, string> = {
  "awk 'gcc build bug'": 'its input is a .tar.bz2, and neither tar nor bzip2 is among the applets',
  'ls unicode test with codepoints limited to 767': 'UTF-8 passes through whole; Debian\'s build limits it at a width table',
};
const knownShell: Record<string, string> = {
  'ash-heredoc/heredoc_backslash1.tests': "`\\\"` between backquotes in a here-document: as busybox's own build answers",
  'ash-misc/tickquote1.tests': 'the syntax error names line 1, where it is; the case wants 0',
  'ash-psubst/bash_procsub.tests': 'calls sync, which is not among the applets',
  'ash-psubst/emptytick.tests': 'messages name the line they are in; the case wants the one before',
  'ash-quoting/bkslash_in_varexp.tests': "`\\]` in a bracket expression: as dash and busybox's own build answer",
  'ash-redir/redir_children_should_not_see_saved_fd_1.tests': 'find has read and closed a directory before it looks at its entries',
  'ash-redir/redir_children_should_not_see_saved_fd_2.tests': 'the same',
  'ash-redir/redir_children_should_not_see_saved_fd_3.tests': 'the same',
  'ash-vars/var_LINENO3.tests': '`sh -c` counts lines from 1, as dash does; the case wants 0',
};

/** What must pass when all runs. */
const floors = { applets: 633, shell: 324 };

const test = suite('busybox suites');
const source = busyboxSource();

async function inside(script: string, args: readonly string[]): Promise<string> {
  const runtime = await createRuntime({ mode: 'portable' });
  try {
    const host = volume(source.dir as string, script);
    const { stdout } = await runtime.run({ image: 'busybox', command: ['sh', `/t/${script}`, ...args], volumes: [`${host}:/t:ro`] });
    return stdout;
  } finally {
    await runtime.close();
  }
}

function judge(what: string, passed: readonly string[], failed: readonly string[], known: Record<string, string>, floor: number, log: string): void {
  const fresh = failed.filter((name) => !(name in known));
  if (fresh.length > 0) console.log(log);
  assert.equal(fresh, [], 'cases that fail and are not listed');
  assert.equal(passed.filter((name) => name in known), [], 'cases that are listed and pass');
  console.log(`case: ${what}: ${passed.length} cases passed, ${failed.length} failed as listed`);
  if (whole) assert.ok(passed.length >= floor, `${passed.length} passed, fewer than ${floor}`);
}

const names = { applets: `the testsuite of applets, ${whole ? 'whole' : 'a sample'}`, shell: `ash_test, ${whole ? 'whole' : 'a sample'}` };

if (!source.dir) {
  for (const name of Object.values(names)) skip(test, name, source.reason as string, source.remedy as string);
} else {
  test(names.applets, async () => {
    const log = await inside('applets.sh', whole ? applets : sample);
    const of = (word: string): string[] => [...log.matchAll(new RegExp(`^${word}: (.*)$`, 'gm'))].map((found) => found[1]);
    judge('testsuite', of('PASS'), of('FAIL'), knownApplets, floors.applets, log);
  });

  test(names.shell, async () => {
    const log = await inside('ash.sh', whole ? [] : shellSample);
    const of = (word: string): string[] => [...log.matchAll(new RegExp(`^(\\S+): ?${word}$`, 'gm'))].map((found) => found[1]);
    judge('ash_test', of('ok'), of('fail'), knownShell, floors.shell, log);
  });
}

test.run();

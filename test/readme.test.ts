// README.zh-CN.md keeps step with README.md: the same headings in the same order by their level, the same commands and
// code, the same links. What the sentences say no test can compare.

import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const english = readFileSync('README.md', 'utf8').replaceAll('\r\n', '\n');
const chinese = readFileSync('README.zh-CN.md', 'utf8').replaceAll('\r\n', '\n');

const headings = (text: string): string[] => text.match(/^#+(?= )/gm) ?? [];

/** Lines of code, indented or fenced. */
function code(text: string): string[] {
  let fenced = false;
  return text.split('\n').filter((line) => {
    if (line.startsWith('```')) fenced = !fenced;
    return fenced || line.startsWith('    ');
  });
}

/** Where links lead, but for those to the other language. */
const links = (text: string): string[] => [...text.matchAll(/\]\(([^)]+)\)/g)].map((found) => found[1]!)
  .filter((to) => !to.startsWith('README'));

test('both have the same headings by their level', () => {
  assert.equal(headings(chinese), headings(english));
});

test('both have the same commands and code', () => {
  assert.equal(code(chinese), code(english));
});

test('both link to the same places, and those in the repository are there', () => {
  assert.equal([...new Set(links(chinese))].sort(), [...new Set(links(english))].sort());
  for (const to of links(english)) if (!to.includes('://')) assert.ok(existsSync(to), to);
});

test('each leads to the other', () => {
  assert.ok(english.includes('(README.zh-CN.md)') && chinese.includes('(README.md)'));
});

test.run();

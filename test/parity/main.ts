// `npm run parity`: any file of rows in the catalogue's form, on either mode or on both side by side.
//
//   npm run parity -- [--rows FILE] [--mode portable|native|both] [-k REGEX] [--json]
//
// --json prints one {id, mode, pass, stdout, exit} a line; a row that cannot run here has `skipped` with the reason. It is
// for one mode at a time unless --mode both is said: by default portable.

import {parseArgs} from 'node:util';
import {gaps} from './gaps.ts';
import {passes, type Row, readRows} from './row.ts';
import {type Mode, openWorld, type Outcome, runRow, type World} from './setup.ts';

/** What one mode has said so far. */
interface Column {
  readonly mode: Mode;
  readonly world: World | undefined;
  passed: number;
  failed: number;
  skipped: number;
  readonly areas: Map<string, [passed: number, all: number]>;
  readonly lacks: Map<string, string[]>;
}

const options = read(process.argv.slice(2));
const rows = load().filter(row => options.filter.test(`${row.id} ${row.area} ${row.title}`));
if (rows.length === 0) stop('no row matches');
const columns: Column[] = [];
for (const mode of options.modes) columns.push(await column(mode));

for (const row of rows) for (const one of columns) await run(one, row);
for (const {world} of columns) await world?.close();
if (!options.json) report();
process.exitCode = columns.some(one => one.failed > 0) ? 1 : 0;

function read(argv: string[]) {
  try {
    const {values} = parseArgs({
      args: argv,
      options: {
        rows: {type: 'string'},
        mode: {type: 'string'},
        k: {type: 'string', short: 'k', default: '.'},
        json: {type: 'boolean', default: false},
      },
    });
    const file = values.rows ?? new URL('./rows.jsonl', import.meta.url);
    return {file, modes: modes(values.mode ?? (values.json ? 'portable' : 'both')), filter: new RegExp(values.k), json: values.json};
  } catch (err) {
    return stop((err as Error).message);
  }
}

function modes(word: string): readonly Mode[] {
  if (word === 'both') return ['portable', 'native'];
  if (word === 'auto') return ['portable'];
  if (word !== 'portable' && word !== 'native') return stop(`no such mode: ${word}`);
  return [word];
}

function load(): Row[] {
  try {
    return readRows(options.file);
  } catch (err) {
    return stop((err as Error).message);
  }
}

/** A mode that was asked for by name must be there; of both, the other one is enough. */
async function column(mode: Mode): Promise<Column> {
  const world = await openWorld(mode);
  if ('reason' in world) {
    const said = `${mode}: ${world.reason}; ${world.remedy}`;
    if (options.modes.length === 1) stop(said);
    console.error(`parity: ${said}`);
  }
  return {mode, world: 'reason' in world ? undefined : world, passed: 0, failed: 0, skipped: 0, areas: new Map(), lacks: new Map()};
}

async function run(one: Column, row: Row): Promise<void> {
  if (one.world === undefined) return;
  const lack = one.world.missing(row);
  if (lack) {
    one.skipped++;
    if (options.json) print({id: row.id, mode: one.mode, pass: false, stdout: '', exit: null, skipped: lack});
    else one.lacks.set(lack, [...(one.lacks.get(lack) ?? []), row.id]);
    return;
  }
  const got = await attempt(one.world, row);
  const pass = passes(row, got);
  const gap = gaps[one.mode][row.id];
  if (pass) one.passed++;
  else if (gap === undefined) one.failed++;
  const area = one.areas.get(row.area) ?? [0, 0];
  one.areas.set(row.area, [area[0] + Number(pass), area[1] + 1]);
  if (options.json) print({id: row.id, mode: one.mode, pass, stdout: got.stdout, exit: got.exit});
  else if (!pass && gap === undefined) difference(one.mode, row, got);
}

/** A row that the runtime itself refuses is an answer too. */
async function attempt(world: World, row: Row): Promise<Outcome> {
  try {
    return await runRow(world, row);
  } catch (err) {
    return {stdout: '', exit: 'error', stderr: String((err as Error).stack ?? err)};
  }
}

function print(record: object): void {
  process.stdout.write(`${JSON.stringify(record)}\n`);
}

function difference(mode: Mode, row: Row, got: Outcome): void {
  console.log(`FAIL ${row.id} [${row.setup}] on ${mode}: ${row.title}`);
  console.log(row.script.replace(/^/gm, '    | ').replace(/\| $/, ''));
  console.log(`    expected ${JSON.stringify(row.expected)}`);
  console.log(`    got      ${JSON.stringify({exit: got.exit, stdout: got.stdout})}`);
  if (got.stderr.trim() !== '') console.log(`    stderr   ${JSON.stringify(got.stderr.slice(0, 600))}`);
}

function report(): void {
  const present = columns.filter(one => one.world !== undefined);
  for (const {mode, lacks} of present) {
    for (const [lack, ids] of lacks) {
      console.log(`skipped on ${mode}, ${lack}: ${ids.length} (${ids.slice(0, 5).join(' ')}${ids.length > 5 ? ' ...' : ''})`);
    }
  }
  for (const {mode} of present) {
    for (const [id, reason] of Object.entries(gaps[mode])) if (rows.some(row => row.id === id)) console.log(`gap on ${mode}, ${id}: ${reason}`);
  }
  const line = (name: string, cell: (one: Column) => string): void =>
    console.log(`${name.padEnd(8)}${present.map(one => cell(one).padStart(10)).join('')}`.trimEnd());
  line('', one => one.mode);
  for (const area of new Set(rows.map(row => row.area))) {
    if (present.some(one => one.areas.has(area))) line(area, one => one.areas.get(area)?.join('/') ?? '-');
  }
  line('all', one => `${one.passed}/${one.passed + one.failed}`);
  const sum = (key: 'passed' | 'failed' | 'skipped'): number => present.reduce((n, one) => n + one[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
}

function stop(message: string): never {
  console.error(`parity: ${message}`);
  process.exit(2);
}

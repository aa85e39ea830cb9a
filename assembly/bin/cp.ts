// cp and mv.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import { ask } from '../lib/ask';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { join, stripSlashes } from '../lib/path';
import { CopyOptions, RemoveOptions, copyTree, inside, removeTree } from '../lib/tree';
import { isatty } from '../sys/tty';

const CP = packed('[-arPLHpfinlsTu] SOURCE DEST\nor: cp [-arPLHpfinlsu] SOURCE... { -t DIRECTORY | DIRECTORY }\n\nCopy SOURCEs to DEST\n');

export function cp(args: string[]): i32 {
  const o = getopt(args, 'pdRfilsLHarPvuTt:n', CP, packed('archive=a,force=f,interactive=i,no-clobber=n,link=l,dereference=L,'
    + 'no-dereference=P,recursive=R,symbolic-link=s,no-target-directory=T,target-directory:=t,verbose=v,update=u,'
    + 'preserve::=p,parents=Z'));
  if (!o.ok) return o.status;
  const c = new CopyOptions();
  const all = o.has('a');
  c.recursive = all || o.has('r') || o.has('R');
  c.preserve = all || o.has('p');
  c.keepLinks = all || o.has('d') || o.has('P') || (c.recursive && !o.has('L') && !o.has('H'));
  if (o.has('L')) c.keepLinks = false;
  if (o.has('H') && !o.has('L')) {
    c.keepLinks = true;
    c.followFirst = true;
  }
  c.force = o.has('f');
  c.interactive = o.has('i');
  c.noClobber = o.has('n');
  c.update = o.has('u');
  c.hardLink = o.has('l');
  c.symLink = o.has('s');
  c.verbose = o.has('v');
  c.sameLinks = (c.preserve && c.recursive) || o.has('d');
  const rest = o.rest;
  let dest = o.get('t');
  if (!o.has('t')) {
    if (rest.length < 2) return usage(CP);
    dest = rest.pop();
  } else if (rest.length < 1) return usage(CP);
  if (o.has('T')) {
    if (rest.length > 1) return usage(CP);
    return copyTree(rest[0], dest, c);
  }
  const into = fs.isDir(dest);
  if (o.has('Z')) return withParents(rest, dest, c);
  const many = rest.length > 1 || o.has('t');
  if (!many && !into && dest.endsWith('/') && !fs.isDir(rest[0])) {
    return out.perror("can't create '" + dest + "'", linux.EISDIR);
  }
  let status = 0;
  for (let i = 0; i < rest.length; i++) status |= copyTree(rest[i], into || many ? inside(dest, rest[i]) : dest, c);
  return status;
}

/** --parents: the whole name below the destination, its directories made as they are. */
function withParents(files: string[], dest: string, c: CopyOptions): i32 {
  if (!fs.isDir(dest)) return out.complain("target '" + dest + "' is not a directory");
  let status = 0;
  const st = new fs.Stat();
  for (let i = 0; i < files.length; i++) {
    const path = stripSlashes(files[i]);
    for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) {
      const dir = path.substring(0, at);
      if (fs.stat(dir, st) == 0) fs.mkdir(join(dest, dir), <i32>st.mode & 0o7777);
    }
    status |= copyTree(path, join(dest, path), c);
  }
  return status;
}

const MV = packed('[-finT] SOURCE DEST\nor: mv [-fin] SOURCE... { -t DIRECTORY | DIRECTORY }\n\nRename SOURCE to DEST, or move SOURCEs to DIRECTORY\n\n\t-f\tDon\'t prompt before overwriting\n\t-i\tInteractive, prompt before overwrite\n\t-n\tDon\'t overwrite an existing file\n\t-T\tRefuse to move if DEST is a directory\n\t-t DIR\tMove all SOURCEs into DIR\n');

export function mv(args: string[]): i32 {
  const o = getopt(args, 'finTt:vu', MV, packed('interactive=i,force=f,no-clobber=n,no-target-directory=T,target-directory:=t,verbose=v,update=u'));
  if (!o.ok) return o.status;
  const rest = o.rest;
  let dest = o.get('t');
  if (!o.has('t')) {
    if (rest.length < 2) return usage(MV);
    dest = rest.pop();
  } else if (rest.length < 1) return usage(MV);
  const into = !o.has('T') && fs.isDir(dest);
  const many = rest.length > 1 || o.has('t');
  if (many && o.has('T')) return usage(MV);
  if (o.has('T') && fs.isDir(dest) && !fs.isDir(rest[0])) return out.complain("'" + dest + "' is a directory");
  let status = 0;
  for (let i = 0; i < rest.length; i++) {
    const to = into || many ? inside(dest, stripSlashes(rest[i])) : dest;
    status |= move(rest[i], to, o.has('f'), o.has('i'), o.has('n'), o.has('v'));
  }
  return status;
}

function move(from: string, to: string, force: bool, interactive: bool, keep: bool, verbose: bool): i32 {
  const old = new fs.Stat();
  const st = new fs.Stat();
  const exists = fs.lstat(to, old) == 0;
  if (exists) {
    if (keep) return 0;
    const guarded = !force && !old.isLink && fs.access(to, linux.W_OK) < 0 && isatty(0);
    if (fs.lstat(from, st) < 0) return out.perror("can't rename '" + from + "'", linux.ENOENT);
    if ((interactive || guarded) && !ask(out.applet + ": overwrite '" + to + "'? ")) return 0;
  }
  const r = fs.rename(from, to);
  if (r == 0) {
    if (verbose) out.line("'" + from + "' -> '" + to + "'");
    return 0;
  }
  if (r != -linux.EXDEV) return out.perror("can't rename '" + from + "'", r);
  if (fs.lstat(from, st) < 0) return out.perror("can't rename '" + from + "'", linux.ENOENT);
  if (exists) {
    if (old.isDir && !st.isDir) return out.complain("can't overwrite directory with non-directory");
    if (!old.isDir && st.isDir) return out.complain("can't overwrite non-directory with directory");
    const gone = old.isDir ? fs.rmdir(to) : fs.unlink(to);
    if (gone < 0) return out.perror("can't remove '" + to + "'", gone);
  }
  const c = new CopyOptions();
  c.recursive = true;
  c.preserve = true;
  c.sameLinks = true;
  c.keepLinks = true;
  if (copyTree(from, to, c) != 0) return 1;
  const remove = new RemoveOptions();
  remove.recursive = true;
  remove.force = true;
  return removeTree(from, remove);
}

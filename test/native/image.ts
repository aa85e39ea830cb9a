// A directory as an image, with a static busybox and whatever files and links a test wants in it.

import {chmodSync, copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {scratch, userland} from '../parity/userland.ts';

/** A file's text, a link (`{link}`), or a directory (`{}`). */
export type Entry = string | {readonly link?: string};

export class Image {
  readonly dir = scratch('twinbox-image-');

  /** Files by their path without a leading slash; `proc`, `dev` and the like are there unless they are given here. */
  constructor(entries: Readonly<Record<string, Entry>> = {}) {
    chmodSync(this.dir, 0o755);
    const parts = userland();
    if ('reason' in parts) throw new Error(`${parts.reason}; ${parts.remedy}`);
    for (const name of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'root']) if (!(name in entries)) this.put(name, {});
    chmodSync(join(this.dir, 'tmp'), 0o1777);
    copyFileSync(parts.busybox, join(this.dir, 'bin/busybox'));
    chmodSync(join(this.dir, 'bin/busybox'), 0o755);
    for (const name of parts.applets) if (name !== 'busybox') this.put(`bin/${name}`, {link: 'busybox'});
    for (const [path, entry] of Object.entries(entries)) this.put(path, entry);
  }

  put(path: string, entry: Entry): void {
    const full = join(this.dir, path);
    mkdirSync(dirname(full), {recursive: true});
    if (typeof entry === 'string') writeFileSync(full, entry);
    else if (entry.link !== undefined) symlinkSync(entry.link, full);
    else mkdirSync(full, {recursive: true});
  }

  remove(): void {
    rmSync(this.dir, {recursive: true, force: true});
  }
}

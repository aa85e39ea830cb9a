//! Mounts, each made at a descriptor of its place, so that no path is looked up twice: fsopen(2), fsmount(2),
//! open_tree(2), move_mount(2), mount_setattr(2), and mount(2) of ".".
//!
//! What those cannot do on the kernel at hand goes by mount(2), whose target is then the descriptor's own path in the
//! supervisor's procfs: "self/fd/N" below $proc, which no image can have replaced.

use core::ffi::CStr;

use crate::abi::*;
use crate::errno::{EBADF, EBUSY, EINVAL, EISDIR, ELOOP, ENOENT, ENOSYS, ENOTDIR, Errno, Result, fail};
use crate::plan::{Strings, slot};
use crate::resolve;
use crate::step::Child;
use crate::sys::{self, Fd, Owned, Stat};
use crate::text::{Name, Path, TextBuf};

/// Flags of mount(2) that are a mount's own, with what mount_setattr(2) calls them.
const ATTRIBUTES: [(u64, u64); 9] = [
    (MS_RDONLY, MOUNT_ATTR_RDONLY),
    (MS_NOSUID, MOUNT_ATTR_NOSUID),
    (MS_NODEV, MOUNT_ATTR_NODEV),
    (MS_NOEXEC, MOUNT_ATTR_NOEXEC),
    (MS_NOATIME, MOUNT_ATTR_NOATIME),
    (MS_STRICTATIME, MOUNT_ATTR_STRICTATIME),
    (MS_NODIRATIME, MOUNT_ATTR_NODIRATIME),
    (MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW),
    (MS_RELATIME, 0),
];
/// Flags that are the file system's, with the words that fsconfig(2) has for them; read-only is both.
const SUPERBLOCK: [(u64, &CStr); 5] = [
    (MS_RDONLY, c"ro"),
    (MS_SYNCHRONOUS, c"sync"),
    (MS_DIRSYNC, c"dirsync"),
    (MS_MANDLOCK, c"mand"),
    (MS_LAZYTIME, c"lazytime"),
];
const PROPAGATION: u64 = MS_PRIVATE | MS_SHARED | MS_SLAVE | MS_UNBINDABLE;
const ATIME: u64 = MS_NOATIME | MS_RELATIME | MS_STRICTATIME;
const EMPTY_RECURSIVE: i32 = AT_EMPTY_PATH | AT_RECURSIVE;

fn attributes(flags: u64) -> u64 {
    ATTRIBUTES.iter().filter(|(ms, _)| flags & ms != 0).fold(0, |sum, (_, attribute)| sum | attribute)
}

/// Step `open_tree`: a detached copy of a tree, or with no OPEN_TREE_CLONE the place itself.
pub fn open_tree(path: &CStr, flags: u64) -> Result<Fd> {
    sys::open_tree(AT_FDCWD, path, flags as u32 | OPEN_TREE_CLOEXEC)
}

/// Step `fsmount`: a detached new file system. Options are "key=value" or a word.
pub fn fsmount(kind: &CStr, source: &CStr, options: Strings, attributes: u64) -> Result<Fd> {
    detached(kind, source, options, 0, attributes)
}

fn detached(kind: &CStr, source: &CStr, options: Strings, flags: u64, attributes: u64) -> Result<Fd> {
    let fs = Owned::new(sys::fsopen(kind, FSOPEN_CLOEXEC)?);
    if !source.is_empty() {
        sys::fsconfig(fs.fd(), FSCONFIG_SET_STRING, Some(c"source"), Some(source))?;
    }
    for (_, word) in SUPERBLOCK.iter().filter(|(ms, _)| flags & ms != 0) {
        sys::fsconfig(fs.fd(), FSCONFIG_SET_FLAG, Some(word), None)?;
    }
    for option in options {
        let text = option.to_bytes();
        match text.iter().position(|byte| *byte == b'=') {
            None => sys::fsconfig(fs.fd(), FSCONFIG_SET_FLAG, Some(option), None)?,
            Some(at) => {
                let key = Name::of(&[text.get(..at).unwrap_or_default()])?;
                let value = Path::of(&[text.get(at + 1..).unwrap_or_default()])?;
                sys::fsconfig(fs.fd(), FSCONFIG_SET_STRING, Some(key.as_c()), Some(value.as_c()))?;
            }
        }
    }
    sys::fsconfig(fs.fd(), FSCONFIG_CMD_CREATE, None, None)?;
    sys::fsmount(fs.fd(), FSMOUNT_CLOEXEC, attributes)
}

/// What fsconfig(2) takes of a value (strndup_user(…, 256)).
const VALUE_MAX: usize = 255;

/// Options as one string with commas.
fn joined(options: Strings) -> Option<Path> {
    let mut joined = Path::new();
    for (n, option) in options.enumerate() {
        joined.push(if n == 0 { b"" } else { b"," }).ok()?;
        joined.push(option.to_bytes()).ok()?;
        if option.to_bytes().contains(&b',') {
            return None;
        }
    }
    Some(joined)
}

impl Child {
    /// Step `mount`: what mount(2) does with these flags.
    pub fn mount(&mut self, source: &CStr, target: &CStr, kind: &CStr, flags: u64, data: Strings) -> Result<()> {
        let place = self.place(target)?;
        let fd = place.file.fd();
        if kind.is_empty() && flags & PROPAGATION != 0 {
            return self.propagate(fd, flags & PROPAGATION, flags & MS_REC != 0);
        }
        if flags & MS_BIND != 0 && flags & MS_REMOUNT != 0 {
            return self.add_attributes(fd, flags);
        }
        self.not_root(&sys::fstat(fd)?)?;
        if flags & MS_BIND != 0 {
            let source = self.look(source, 0)?;
            let tree = self.copy(source.file.fd(), flags & MS_REC != 0)?;
            move_onto(tree.fd(), fd)?;
            return self.mounted(target, tree, false);
        }
        if flags & (MS_REMOUNT | MS_MOVE) != 0 {
            return fail(EINVAL);
        }
        // mount(2) takes half the time of the calls that make a mount in pieces, and options longer than the 255 bytes
        // that fsconfig(2) takes, as an overlay's list of layers is. But it gives no descriptor of the mount, which is
        // needed where the name could be another's next time; and a comma in an option it would take for the end.
        let long = data.clone().any(|option| option.count_bytes() > VALUE_MAX);
        match joined(data.clone()).filter(|_| place.ours || long) {
            Some(joined) => within(fd, || sys::mount(Some(source), c".", Some(kind), flags, Some(joined.as_c()))),
            None => {
                let made = Owned::new(detached(kind, source, data, flags, attributes(flags))?);
                move_onto(made.fd(), fd)?;
                self.mounted(target, made, true)
            }
        }
    }

    /// Step `move_mount`. Before the pivot the target is the place that is pivoted into, and the tree is kept for
    /// `chdir`: where that place is "/", what is mounted on it cannot be reached by a path.
    pub fn move_mount(&mut self, from: usize, target: &CStr) -> Result<()> {
        let tree = self.slot(from)?;
        let place = self.place(target)?;
        self.not_root(&sys::fstat(place.file.fd())?)?;
        move_onto(tree, place.file.fd())?;
        self.set_slot(from, -1)?;
        let own = self.own.iter_mut().find(|slot| **slot == from as i32).map(|slot| *slot = -1).is_some();
        if self.root < 0 {
            self.staged = tree;
            return Ok(());
        }
        self.mounted(target, Owned::new(tree), own)
    }

    /// Step `mask`: a file is covered by /dev/null, a directory by an empty file system, what is missing by nothing. A
    /// symlink is an error: what it hides behind it is not known to be covered.
    pub fn mask(&mut self, path: &CStr, null: Option<usize>) -> Result<()> {
        let target = match self.look(path, O_NOFOLLOW) {
            Err(error) if error == ENOENT || error == ENOTDIR => return Ok(()),
            place => place?.file,
        };
        let kind = sys::fstat(target.fd())?;
        if kind.is(S_IFLNK) {
            return fail(ELOOP);
        }
        self.not_root(&kind)?;
        if kind.is(S_IFDIR) {
            return self.cover_directory(target.fd());
        }
        let null = self.slot(null.ok_or(Errno::new(EBADF))?)?;
        self.cover_file(target.fd(), null)
    }

    /// One empty tmpfs is made and then copied.
    fn cover_directory(&mut self, target: Fd) -> Result<()> {
        if self.empty >= 0 {
            return move_onto(self.copy(self.empty, false)?.fd(), target);
        }
        let flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
        let empty = detached(c"tmpfs", c"tmpfs", Strings::default(), flags, attributes(flags))?;
        self.empty = empty;
        move_onto(empty, target)
    }

    /// `null` is a detached copy of the host's /dev/null. Before anyone can use it, it becomes read-only, which a
    /// device's data does not care for but its mode and owner do: the inode is the host's. And it leaves its peer
    /// group: what is mounted on it would appear on the host's too. Before Linux 6.15 a detached mount cannot be
    /// copied: then the first file gets it itself, and the copies are made of that.
    fn cover_file(&mut self, target: Fd, null: Fd) -> Result<()> {
        let device = sys::fstat(null)?;
        if !device.is(S_IFCHR) || (device.major, device.minor) != (1, 3) {
            return fail(EINVAL);
        }
        if !self.null_is_ready {
            let flags = MS_RDONLY | MS_NOSUID | MS_NOEXEC;
            let ready = MountAttr { set: attributes(flags), propagation: MS_PRIVATE, ..MountAttr::default() };
            match sys::mount_setattr(null, c"", AT_EMPTY_PATH, &ready) {
                // mount(2) can do that to an attached one.
                Err(error) if error == ENOSYS => {
                    move_onto(null, target)?;
                    self.propagate(null, MS_PRIVATE, false)?;
                    self.add_attributes(null, flags)?;
                    self.null_is_ready = true;
                    return Ok(());
                }
                result => result?,
            }
            self.null_is_ready = true;
        }
        match self.copy(null, false) {
            Ok(copy) => move_onto(copy.fd(), target),
            Err(error) if error == EINVAL => move_onto(null, target),
            Err(error) => Err(error),
        }
    }

    /// Step `readonly`: the path bound on itself with all that is mounted below it, and none of it can be written.
    pub fn readonly(&mut self, path: &CStr) -> Result<()> {
        let target = match self.look(path, 0) {
            Err(error) if error == ENOENT || error == ENOTDIR => return Ok(()),
            place => place?.file,
        };
        self.not_root(&sys::fstat(target.fd())?)?;
        let flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
        let copy = self.copy(target.fd(), true)?;
        let attributes = MountAttr { set: attributes(flags), ..MountAttr::default() };
        match sys::mount_setattr(copy.fd(), c"", EMPTY_RECURSIVE, &attributes) {
            // Linux 5.10 and 5.11 change one mount at a time, and attached ones alone. What is mounted below is left
            // out: it is hidden instead.
            Err(error) if error == ENOSYS => {
                let copy = self.copy(target.fd(), false)?;
                move_onto(copy.fd(), target.fd())?;
                self.add_attributes(copy.fd(), flags)?;
                self.mounted(path, copy, self.is_ours(path))
            }
            result => {
                result?;
                move_onto(copy.fd(), target.fd())?;
                self.mounted(path, copy, self.is_ours(path))
            }
        }
    }

    /// Step `chdir`. A directory that is not below the root is refused, however one got there.
    pub fn chdir(&mut self, path: &CStr) -> Result<()> {
        if self.root < 0 {
            return if self.staged >= 0 { sys::fchdir(self.staged) } else { sys::chdir(path) };
        }
        let directory = resolve::open(self.root, path, O_PATH | O_DIRECTORY, 0)?;
        sys::fchdir(directory.fd())?;
        let mut name = [0; crate::text::PATH_MAX];
        if sys::getcwd(&mut name)?.first() == Some(&b'/') { Ok(()) } else { fail(ENOENT) }
    }

    /// Step `pivot_root`: the old root is mounted on top of the new one until it is unmounted as ".".
    pub fn pivot_root(&mut self) -> Result<()> {
        match sys::pivot_root(c".", c".") {
            Err(error) if error == EINVAL && self.staged >= 0 => self.pivot_from_rootfs()?,
            result => result?,
        }
        self.enter_root()?;
        self.old_root = true;
        if self.staged >= 0 {
            sys::close(self.staged);
            self.staged = -1;
        }
        Ok(())
    }

    /// Nothing is mounted on the root: before the old one is gone it would lie on top of that, and be taken off in its
    /// place, and the host's tree would stay, at "/..". An image with `proc -> ..` asks for just that.
    fn not_root(&self, target: &Stat) -> Result<()> {
        if self.root >= 0 && target.same_place(&self.root_stat) { fail(EBUSY) } else { Ok(()) }
    }

    /// Takes the old root off, and sees to it that it is gone: the kernel's own ".." goes down into whatever is mounted
    /// on the root.
    fn umount_old_root(&mut self, flags: u64) -> Result<()> {
        sys::umount2(c".", flags as u32)?;
        let top = Owned::new(sys::openat(AT_FDCWD, c"/..", O_PATH | O_DIRECTORY | O_CLOEXEC, 0)?);
        if !sys::fstat(top.fd())?.same_place(&self.root_stat) {
            return fail(EBUSY);
        }
        self.old_root = false;
        Ok(())
    }

    /// A system that runs from its initramfs has a root that is mounted on nothing, which pivot_root(2) refuses to
    /// move. A copy of it is mounted on it and made our root, and the pivot begins there.
    fn pivot_from_rootfs(&mut self) -> Result<()> {
        let tree = self.copy(self.staged, true)?;
        sys::fchdir(self.staged)?;
        sys::umount2(c".", MNT_DETACH)?;
        let copy = Owned::new(open_tree(c"/", (OPEN_TREE_CLONE as i32 | AT_RECURSIVE) as u64)?);
        self.onto_root(copy.fd())?;
        sys::fchdir(copy.fd())?;
        sys::chroot(c".")?;
        self.onto_root(tree.fd())?;
        sys::fchdir(tree.fd())?;
        sys::pivot_root(c".", c".")
    }

    fn onto_root(&self, tree: Fd) -> Result<()> {
        let root = Owned::new(sys::openat(AT_FDCWD, c"/", O_PATH | O_CLOEXEC, 0)?);
        move_onto(tree, root.fd())
    }

    /// "/" is what paths are resolved in from now on.
    pub fn enter_root(&mut self) -> Result<()> {
        self.places.forget();
        let root = sys::openat(AT_FDCWD, c"/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0)?;
        if self.root >= 0 {
            sys::close(self.root);
        }
        self.root = root;
        self.root_stat = sys::fstat(root)?;
        Ok(())
    }

    /// Step `umount`. "." is the working directory's topmost mount; another path is unmounted by its name in its
    /// parent.
    pub fn umount(&mut self, path: &CStr, flags: u64) -> Result<()> {
        if path == c"." {
            return self.umount_old_root(flags);
        }
        let (parent, name) = self.parent(path)?;
        within(parent.fd(), || sys::umount2(name.as_c(), flags as u32 | UMOUNT_NOFOLLOW))?;
        self.places.forget();
        Ok(())
    }

    fn copy(&self, fd: Fd, recursive: bool) -> Result<Owned> {
        let recursive = if recursive { AT_RECURSIVE } else { 0 };
        let flags = OPEN_TREE_CLONE as i32 | AT_EMPTY_PATH | recursive;
        sys::open_tree(fd, c"", flags as u32 | OPEN_TREE_CLOEXEC).map(Owned::new)
    }

    fn propagate(&self, target: Fd, how: u64, recursive: bool) -> Result<()> {
        let flags = if recursive { EMPTY_RECURSIVE } else { AT_EMPTY_PATH };
        match sys::mount_setattr(target, c"", flags, &MountAttr { propagation: how, ..MountAttr::default() }) {
            Err(error) if error == ENOSYS => {
                let flags = how | if recursive { MS_REC } else { 0 };
                self.by_path(target, |path| sys::mount(None, path, None, flags, None))
            }
            result => result,
        }
    }

    /// Flags that a mount has are kept, these are added; of the times' flags one replaces another.
    fn add_attributes(&self, target: Fd, flags: u64) -> Result<()> {
        let clear = if flags & ATIME != 0 { MOUNT_ATTR_ATIME } else { 0 };
        let attributes = MountAttr { set: attributes(flags), clear, ..MountAttr::default() };
        let recursive = flags & MS_REC != 0;
        match sys::mount_setattr(target, c"", if recursive { EMPTY_RECURSIVE } else { AT_EMPTY_PATH }, &attributes) {
            Err(error) if error == ENOSYS && !recursive => {
                const KEPT: u64 = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
                let flags = flags | MS_BIND | MS_REMOUNT | sys::mount_flags(target)? & KEPT;
                self.by_path(target, |path| sys::mount(None, path, None, flags, None))
            }
            result => result,
        }
    }

    /// Calls with a path that leads to this descriptor, relative to the working directory of that moment.
    fn by_path(&self, fd: Fd, call: impl FnOnce(&CStr) -> Result<()>) -> Result<()> {
        let mut path = TextBuf::<32>::of(&[b"self/fd/"])?;
        path.push_number(fd as u64)?;
        within(self.slot(slot::PROC)?, || call(path.as_c()))
    }
}

/// Calls with this directory as the working directory.
fn within(directory: Fd, call: impl FnOnce() -> Result<()>) -> Result<()> {
    let back = Owned::new(sys::openat(AT_FDCWD, c".", O_PATH | O_CLOEXEC, 0)?);
    sys::fchdir(directory)?;
    let result = call();
    sys::fchdir(back.fd())?;
    result
}

/// The kernel says EINVAL to a file that shall cover a directory; which of the two it is, is told here.
fn move_onto(tree: Fd, target: Fd) -> Result<()> {
    let Err(error) = sys::move_mount(tree, target) else { return Ok(()) };
    let directory = |fd| sys::fstat(fd).is_ok_and(|stat| stat.is(S_IFDIR));
    match (directory(tree), directory(target)) {
        (false, true) => Err(Errno::of(EISDIR, error.call() as usize)),
        (true, false) => Err(Errno::of(ENOTDIR, error.call() as usize)),
        _ => Err(error),
    }
}

//! Paths of a container, resolved inside its root: no symlink, no `..` and no race leads out (path_resolution(7)).
//!
//! The kernel's openat2(2) answers for paths that have neither symlinks nor `..`, which is nearly all of them. The rest is
//! walked here, one name after the other, each opened with O_PATH | O_NOFOLLOW below a descriptor that we hold; `..` goes
//! back to the descriptor that we came from. So a directory that another process renames meanwhile can move us nowhere,
//! and an absolute symlink begins again at the root.
//!
//! openat2 with RESOLVE_IN_ROOT would follow symlinks and `..` too, but not safely here: between pivot_root(".", ".") and
//! the umount of the old root, that old root is mounted on top of the new one's "/", and a `..` that arrives there goes
//! down into it: `/a/../etc` is then the host's. Our own way back never looks at what is mounted on the root.
//!
//! Where the kernel has no openat2 (5.6), or a filter denies it, everything is walked.

use core::ffi::CStr;

use crate::abi::*;
use crate::errno::{EAGAIN, EEXIST, EINVAL, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOSYS, ENOTDIR, EPERM, Errno, Result, fail};
use crate::sys::{self, Fd, Owned};
use crate::text::{Name, PATH_MAX, Path};

/// Symlinks in one path, as Linux has it (MAXSYMLINKS).
const LINKS_MAX: usize = 40;
/// How deep below the root a walk can be.
const DEPTH_MAX: usize = 256;

/// The file or directory itself, as an O_PATH descriptor.
pub fn resolve(root: Fd, path: &CStr) -> Result<Owned> {
    open(root, path, O_PATH, 0)
}

/// The same, but a symlink as the last name is what is found.
pub fn resolve_link(root: Fd, path: &CStr) -> Result<Owned> {
    open(root, path, O_PATH | O_NOFOLLOW, 0)
}

/// open(2) inside the root. Whoever opens for reading or writing adds O_NONBLOCK, since an image may have a FIFO there.
pub fn open(root: Fd, path: &CStr, flags: i32, mode: u32) -> Result<Owned> {
    let flags = flags | O_CLOEXEC;
    let create = if flags & O_CREAT != 0 { mode } else { 0 };
    if !goes_up(path.to_bytes()) {
        let resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
        match sys::openat2(root, if path.is_empty() { c"/" } else { path }, flags, create, resolve) {
            Ok(fd) => return Ok(Owned::new(fd)),
            Err(error) if [ELOOP, ENOSYS, EPERM, EAGAIN].contains(&error.code()) => (),
            Err(error) => return Err(error),
        }
    }
    let mut walk = Walk::begin(root, path)?;
    let found = walk.to_end(flags & O_NOFOLLOW == 0, None)?;
    if flags & O_PATH != 0 {
        return found.ok_or(Errno::new(ENOENT));
    }
    let name = if walk.name.as_bytes().is_empty() { c"." } else { walk.name.as_c() };
    sys::openat(walk.top(), name, flags | O_NOFOLLOW, create).map(Owned::new)
}

/// Makes the directories of a path as far as they are missing, or with `file` an empty file as its last name, and gives
/// what is there in the end. Symlinks are followed, and where one leads nowhere, the way there is made.
pub fn make(root: Fd, path: &CStr, mode: u32, file: bool) -> Result<Owned> {
    // Mostly it is there.
    let found = match resolve(root, path) {
        Err(error) if error == ENOENT => {
            let make = Make { mode, file };
            Walk::begin(root, path)?.to_end(true, Some(make))?.ok_or(Errno::new(ENOENT))?
        }
        result => result?,
    };
    match (file, sys::fstat(found.fd())?.is(S_IFDIR)) {
        (true, true) => fail(EISDIR),
        (false, false) => fail(ENOTDIR),
        _ => Ok(found),
    }
}

/// The directory that holds a path's last name, and that name, for what is made or opened there without following it.
/// With `make`, missing directories are made.
pub fn parent(root: Fd, path: &CStr, make_mode: Option<u32>) -> Result<(Owned, Name)> {
    let mut bytes = path.to_bytes();
    while let [rest @ .., b'/'] = bytes {
        bytes = rest;
    }
    let at = bytes.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    let (before, name) = bytes.split_at_checked(at).ok_or(Errno::new(EINVAL))?;
    if name.is_empty() || name == b"." || name == b".." {
        return fail(EINVAL);
    }
    let before = Path::of(&[before])?;
    let dir = match make_mode {
        Some(mode) => make(root, before.as_c(), mode, false)?,
        None => open(root, before.as_c(), O_PATH | O_DIRECTORY, 0)?,
    };
    Ok((dir, Name::of(&[name])?))
}

fn goes_up(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|name| name == b"..")
}

#[derive(Clone, Copy)]
struct Make {
    mode: u32,
    file: bool,
}

/// A walk on its way.
struct Walk {
    /// The directories from the root to where we are. The first is not ours to close.
    stack: [Fd; DEPTH_MAX],
    depth: usize,
    /// What is still to be walked lies at the end of this buffer.
    rest: [u8; 2 * PATH_MAX],
    start: usize,
    /// The last name that was taken from it; empty where it was a `..` or the root.
    name: Name,
}

impl Walk {
    fn begin(root: Fd, path: &CStr) -> Result<Walk> {
        let rest = [0; 2 * PATH_MAX];
        let mut walk = Walk { stack: [root; DEPTH_MAX], depth: 1, rest, start: rest.len(), name: Name::new() };
        walk.put(path.to_bytes())?;
        Ok(walk)
    }

    /// The directory that we are in.
    fn top(&self) -> Fd {
        self.stack.get(self.depth - 1).copied().unwrap_or(-1)
    }

    /// Puts a path before what is still to be walked.
    fn put(&mut self, path: &[u8]) -> Result<()> {
        let start = self.start.checked_sub(path.len()).ok_or(Errno::new(ENAMETOOLONG))?;
        self.rest.get_mut(start..self.start).ok_or(Errno::new(ENAMETOOLONG))?.copy_from_slice(path);
        self.start = start;
        Ok(())
    }

    /// Takes the next name, and whether it is the last one. A slash behind it keeps a name from being the last: what it
    /// is of must be a directory.
    fn next(&mut self) -> Result<Option<bool>> {
        let rest = self.rest.get(self.start..).unwrap_or_default();
        let Some(skip) = rest.iter().position(|byte| *byte != b'/') else {
            self.start = self.rest.len();
            return Ok(None);
        };
        let rest = rest.get(skip..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
        self.name = Name::of(&[rest.get(..length).unwrap_or_default()])?;
        self.start += skip + length;
        Ok(Some(self.start == self.rest.len()))
    }

    /// Walks to the end. `None`: the last name is not there, but its directory is, at the top of the stack.
    fn to_end(&mut self, follow: bool, make: Option<Make>) -> Result<Option<Owned>> {
        let mut links = 0;
        while let Some(last) = self.next()? {
            match self.name.as_bytes() {
                b"." => {
                    self.name.clear();
                    continue;
                }
                b".." => {
                    self.up();
                    self.name.clear();
                    continue;
                }
                _ => (),
            }
            let found = match self.look(make, last) {
                Err(error) if error == ENOENT && last => return Ok(None),
                result => result?,
            };
            let kind = sys::fstat(found.fd())?;
            if kind.is(S_IFLNK) && (follow || !last) {
                links += 1;
                if links > LINKS_MAX || self.is_magic(&found)? {
                    return fail(ELOOP);
                }
                let mut target = [0; PATH_MAX];
                let target = sys::readlinkat(found.fd(), c"", &mut target)?;
                if target.is_empty() {
                    return fail(ENOENT);
                }
                if target.first() == Some(&b'/') {
                    self.to_root();
                }
                self.put(target)?;
            } else if last {
                return Ok(Some(found));
            } else if kind.is(S_IFDIR) {
                self.down(found)?;
            } else {
                return fail(ENOTDIR);
            }
        }
        // The path ended with a slash, a dot or the root.
        self.name.clear();
        sys::fcntl(self.top(), F_DUPFD_CLOEXEC, 3).map(|fd| Some(Owned::new(fd)))
    }

    /// Opens the name in the directory that we are in, and makes it if it is missing and shall be.
    fn look(&self, make: Option<Make>, last: bool) -> Result<Owned> {
        let (dir, name) = (self.top(), self.name.as_c());
        let open = || sys::openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0).map(Owned::new);
        let (error, make) = match (open(), make) {
            (Err(error), Some(make)) if error == ENOENT => (error, make),
            (result, _) => return result,
        };
        let made = if last && make.file {
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
            sys::openat(dir, name, flags, make.mode).map(sys::close)
        } else {
            sys::mkdirat(dir, name, if make.file { 0o755 } else { make.mode })
        };
        match made {
            Err(made) if made != EEXIST => Err(if made == ENOENT { error } else { made }),
            _ => open(),
        }
    }

    /// Whether a symlink is one of those that procfs follows by itself, to wherever (/proc/PID/fd, cwd, exe, ns). Below
    /// its root procfs has no others; those in its root (self, mounts, net) are plain.
    fn is_magic(&self, link: &Owned) -> Result<bool> {
        const PROC_ROOT_INODE: u64 = 1;
        Ok(sys::fstatfs(link.fd())? == PROC_SUPER_MAGIC && sys::fstat(self.top())?.inode != PROC_ROOT_INODE)
    }

    fn down(&mut self, directory: Owned) -> Result<()> {
        let place = self.stack.get_mut(self.depth).ok_or(Errno::new(ENAMETOOLONG))?;
        *place = directory.keep();
        self.depth += 1;
        Ok(())
    }

    /// The parent of the root is the root.
    fn up(&mut self) {
        if self.depth > 1 {
            sys::close(self.top());
            self.depth -= 1;
        }
    }

    fn to_root(&mut self) {
        while self.depth > 1 {
            self.up();
        }
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        self.to_root();
    }
}

//! Paths of a container, resolved inside its root: no symlink, no `..` and no race leads out (path_resolution(7)).
//!
//! The kernel's openat2(2) answers for paths that have neither symlinks nor `..`, which is nearly all of them. The rest
//! is walked here, one name after the other, each opened with O_PATH | O_NOFOLLOW below a descriptor that we hold; `..`
//! goes back to the descriptor that we came from. So a directory that another process renames meanwhile can move us
//! nowhere, and an absolute symlink begins again at the root.
//!
//! openat2 with RESOLVE_IN_ROOT would follow symlinks and `..` too, but not safely here: between pivot_root(".", ".")
//! and the umount of the old root, that old root is mounted on top of the new one's "/", and a `..` that arrives there
//! goes down into it: `/a/../etc` is then the host's. Our own way back never looks at what is mounted on the root.
//!
//! Where the kernel has no openat2 (5.6), or a filter denies it, everything is walked.

use core::ffi::CStr;

use crate::abi::*;
use crate::errno::{
    EAGAIN, EEXIST, EINVAL, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOSYS, ENOTDIR, EPERM, Errno, Result, fail,
};
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
    walked(root, path, flags, create)
}

/// open(2) of a file of a procfs that is the kernel's own: the kernel may follow its plain links there, such as `self`.
pub fn open_proc(proc: Fd, path: &CStr, flags: i32) -> Result<Owned> {
    let beneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
    match sys::openat2(proc, path, flags | O_CLOEXEC, 0, beneath) {
        Err(error) if [ENOSYS, EPERM].contains(&error.code()) => walked(proc, path, flags | O_CLOEXEC, 0),
        result => result.map(Owned::new),
    }
}

/// The same as `open` without openat2(2).
fn walked(root: Fd, path: &CStr, flags: i32, mode: u32) -> Result<Owned> {
    let mut walk = Walk::begin(root, path)?;
    let found = walk.finish(flags & O_NOFOLLOW == 0, None)?;
    if flags & O_PATH != 0 {
        let found = found.ok_or(Errno::new(ENOENT))?;
        let wrong = flags & O_DIRECTORY != 0 && !sys::fstat(found.fd())?.is(S_IFDIR);
        return if wrong { fail(ENOTDIR) } else { Ok(found) };
    }
    let name = if walk.name.as_bytes().is_empty() { c"." } else { walk.name.as_c() };
    sys::openat(walk.top(), name, flags | O_NOFOLLOW, mode).map(Owned::new)
}

/// Makes the directories of a path as far as they are missing, or with `file` an empty file as its last name, and gives
/// what is there in the end. Symlinks are followed, and where one leads nowhere, the way there is made.
pub fn make(root: Fd, path: &CStr, mode: u32, file: bool) -> Result<Owned> {
    let make = Make { mode, file };
    // Mostly it is there, or its parent is.
    let found = match open(root, path, O_PATH | if file { 0 } else { O_DIRECTORY }, 0) {
        Err(error) if error == ENOENT => match make_last(root, path, make)? {
            Some(made) => return Ok(made),
            None => Walk::begin(root, path)?.finish(true, Some(make))?.ok_or(error)?,
        },
        Ok(found) if !file => return Ok(found),
        result => result?,
    };
    match (file, sys::fstat(found.fd())?.is(S_IFDIR)) {
        (true, true) => fail(EISDIR),
        (false, false) => fail(ENOTDIR),
        _ => Ok(found),
    }
}

/// Makes the last name in a directory that is there. `None`: it is not, or the name is a symlink to nowhere.
fn make_last(root: Fd, path: &CStr, make: Make) -> Result<Option<Owned>> {
    if path.to_bytes().ends_with(b"/") {
        return Ok(None);
    }
    let Ok((directory, name)) = parent(root, path) else { return Ok(None) };
    match make.make(directory.fd(), name.as_c(), true) {
        Err(error) if error == EEXIST => return Ok(None),
        result => result?,
    }
    let flags = O_PATH | O_NOFOLLOW | O_CLOEXEC | if make.file { 0 } else { O_DIRECTORY };
    sys::openat(directory.fd(), name.as_c(), flags, 0).map(|fd| Some(Owned::new(fd)))
}

/// The directory that holds a path's last name, and that name, for what is made or opened there without following it.
pub fn parent(root: Fd, path: &CStr) -> Result<(Owned, Name)> {
    let (before, name) = split(path)?;
    Ok((open(root, Path::of(&[before])?.as_c(), O_PATH | O_DIRECTORY, 0)?, name))
}

/// The path of that directory, and the name.
pub fn split(path: &CStr) -> Result<(&[u8], Name)> {
    let bytes = without_slashes(path.to_bytes());
    let at = bytes.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    let (before, name) = bytes.split_at_checked(at).ok_or(Errno::new(EINVAL))?;
    if name.is_empty() || name == b"." || name == b".." {
        return fail(EINVAL);
    }
    Ok((without_slashes(before), Name::of(&[name])?))
}

/// Without those at its end; the root is the empty path.
fn without_slashes(mut path: &[u8]) -> &[u8] {
    while let [rest @ .., b'/'] = path {
        path = rest;
    }
    path
}

pub fn goes_up(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|name| name == b"..")
}

#[derive(Clone, Copy)]
struct Make {
    mode: u32,
    file: bool,
}

impl Make {
    fn make(self, directory: Fd, name: &CStr, last: bool) -> Result<()> {
        if last && self.file {
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
            return sys::openat(directory, name, flags, self.mode).map(sys::close);
        }
        sys::mkdirat(directory, name, if self.file { 0o755 } else { self.mode })
    }
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
    fn finish(&mut self, follow: bool, make: Option<Make>) -> Result<Option<Owned>> {
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
                    self.rewind();
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
        match make.make(dir, name, last) {
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

    fn rewind(&mut self) {
        while self.depth > 1 {
            self.up();
        }
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        self.rewind();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;
    use std::fs;
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::os::unix::fs::{MetadataExt, symlink};
    use std::path::{Path as StdPath, PathBuf};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    /// A directory with a root in it, and things beside that root which nobody may reach.
    struct Tree(PathBuf);

    impl Tree {
        fn new(name: &str) -> Tree {
            let path = std::env::temp_dir().join(format!("resolve-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            for directory in ["root/a/b/c", "root/x/dir", "root/run", "root/etc", "outside/b/c", "outside/dir"] {
                fs::create_dir_all(path.join(directory)).unwrap();
            }
            for file in ["root/a/b/c/file", "root/x/dir/file", "root/file"] {
                fs::write(path.join(file), file).unwrap();
            }
            for file in ["outside/secret", "outside/dir/secret", "outside/b/c/secret"] {
                fs::write(path.join(file), file).unwrap();
            }
            let outside = path.join("outside");
            #[rustfmt::skip]
            let links = [
                ("root/a/link", "b"), ("root/a/abs", "/x/dir"), ("root/up", "../../../../../.."),
                ("root/climb", "a/../../outside"), ("root/host", outside.to_str().unwrap()), ("root/loop", "loop"),
                ("root/ping", "pong"), ("root/pong", "ping"), ("root/nowhere", "/no/where"), ("root/slash", "/"),
                ("root/double", "//a//link/./c/../c/"), ("root/tofile", "/a/../file"), ("root/torun", "/run/sub/sub"),
            ];
            for (from, to) in links {
                symlink(to, path.join(from)).unwrap();
            }
            symlink("/file", path.join("root/n0")).unwrap();
            for n in 1..45 {
                symlink(format!("n{}", n - 1), path.join(format!("root/n{n}"))).unwrap();
            }
            Tree(path)
        }

        fn root(&self) -> OwnedFd {
            fs::File::open(self.0.join("root")).unwrap().into()
        }

        fn inode(&self, path: &str) -> u64 {
            fs::symlink_metadata(self.0.join(path)).unwrap().ino()
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    type Resolver = fn(Fd, &CStr, i32, u32) -> Result<Owned>;
    const BOTH: [(&str, Resolver); 2] = [("openat2", open), ("walk", walked)];

    #[test]
    fn every_path_ends_inside_the_root() {
        let tree = Tree::new("paths");
        let root = tree.root();
        // What it leads to below root, or the error.
        #[rustfmt::skip]
        let rows: &[(&str, core::result::Result<&str, i32>)] = &[
            ("", Ok("")), ("/", Ok("")), (".", Ok("")), ("..", Ok("")), ("/../..", Ok("")), ("a/b", Ok("a/b")),
            ("/a/b/", Ok("a/b")), ("a//b/./c/../c/file", Ok("a/b/c/file")), ("a/link/c", Ok("a/b/c")),
            ("a/abs", Ok("x/dir")), ("a/abs/file", Ok("x/dir/file")), ("slash", Ok("")), ("slash/a", Ok("a")),
            ("up", Ok("")), ("up/x/dir", Ok("x/dir")), ("up/outside", Err(ENOENT)), ("climb", Err(ENOENT)),
            ("climb/secret", Err(ENOENT)), ("host", Err(ENOENT)), ("host/secret", Err(ENOENT)), ("loop", Err(ELOOP)),
            ("ping/x", Err(ELOOP)), ("nowhere", Err(ENOENT)), ("double", Ok("a/b/c")), ("tofile", Ok("file")),
            ("tofile/", Err(ENOTDIR)), ("file/", Err(ENOTDIR)), ("file/x", Err(ENOTDIR)), ("file/..", Err(ENOTDIR)),
            ("file/.", Err(ENOTDIR)), ("none", Err(ENOENT)), ("none/x", Err(ENOENT)), ("n39", Ok("file")),
            ("n40", Err(ELOOP)),
        ];
        for (how, resolver) in BOTH {
            for (path, wanted) in rows {
                let found = resolver(root.as_raw_fd(), &CString::new(*path).unwrap(), O_PATH | O_CLOEXEC, 0);
                let found = found.map(|fd| sys::fstat(fd.fd()).unwrap().inode).map_err(|error| error.code());
                let wanted = wanted.map(|path| tree.inode(&format!("root/{path}")));
                assert_eq!(found, wanted, "{path:?} by {how}");
            }
        }
    }

    #[test]
    fn the_last_symlink_is_found_itself_if_it_is_not_followed() {
        let tree = Tree::new("last");
        let root = tree.root();
        for (how, resolver) in BOTH {
            for (path, wanted) in
                [("host", "host"), ("a/link", "a/link"), ("a/link/", "a/b"), ("up/loop", "loop"), ("file", "file")]
            {
                let fd = resolver(root.as_raw_fd(), &CString::new(path).unwrap(), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0)
                    .unwrap();
                assert_eq!(
                    sys::fstat(fd.fd()).unwrap().inode,
                    tree.inode(&format!("root/{wanted}")),
                    "{path} by {how}"
                );
            }
        }
    }

    #[test]
    fn procfs_links_to_anywhere_are_refused_and_its_plain_ones_are_not() {
        let root: OwnedFd = fs::File::open("/").unwrap().into();
        for (how, resolver) in BOTH {
            for path in [
                c"/proc/self/root",
                c"/proc/self/cwd/x",
                c"/proc/self/exe",
                c"/proc/self/fd/0",
                c"/proc/thread-self/ns/net",
            ] {
                let error = resolver(root.as_raw_fd(), path, O_PATH | O_CLOEXEC, 0).err();
                assert_eq!(error.map(Errno::code), Some(ELOOP), "{path:?} by {how}");
            }
            for path in [c"/proc/self/status", c"/proc/mounts", c"/proc/net/dev"] {
                assert!(resolver(root.as_raw_fd(), path, O_PATH | O_CLOEXEC, 0).is_ok(), "{path:?} by {how}");
            }
        }
    }

    #[test]
    fn directories_are_made_inside_also_where_a_symlink_leads_nowhere() {
        let tree = Tree::new("make");
        let root = tree.root();
        let there = |path: &str| fs::symlink_metadata(tree.0.join("root").join(path));
        for path in [c"/new/one/two", c"nowhere/below", c"torun", c"up/up/newer", c"a/abs/deep/er", c"climb/x"] {
            make(root.as_raw_fd(), path, 0o750, false).unwrap();
        }
        for path in ["new/one/two", "no/where/below", "run/sub/sub", "newer", "x/dir/deep/er", "outside/x"] {
            assert!(there(path).unwrap().is_dir(), "{path}");
        }
        assert!(fs::read_dir(tree.0.join("outside")).unwrap().all(|it| it.unwrap().file_name() != "x"));
        make(root.as_raw_fd(), c"/etc/some/file", 0o644, true).unwrap();
        make(root.as_raw_fd(), c"/etc/some/file", 0o644, true).unwrap();
        assert!(there("etc/some/file").unwrap().is_file());
        let error = |path, file| make(root.as_raw_fd(), path, 0o755, file).err().map(Errno::code);
        assert_eq!(error(c"/a/b", true), Some(EISDIR));
        assert_eq!(error(c"/file", false), Some(ENOTDIR));
        assert_eq!(error(c"/file/x", false), Some(ENOTDIR));
        assert_eq!(error(c"/loop/x", false), Some(ELOOP));
        assert_eq!(error(c"/etc/some/", true), Some(EISDIR));
    }

    #[test]
    fn a_parent_and_a_name_are_parted_without_following_the_name() {
        let tree = Tree::new("parent");
        let root = tree.root();
        for (path, directory, name) in
            [(c"/a/link", "root/a", "link"), (c"a/abs/new//", "root/x/dir", "new"), (c"host", "root", "host")]
        {
            let (parent, found) = parent(root.as_raw_fd(), path).unwrap();
            assert_eq!(sys::fstat(parent.fd()).unwrap().inode, tree.inode(directory));
            assert_eq!(found.as_bytes(), name.as_bytes());
        }
        for path in [c"/", c"", c"a/..", c"a/.", c".."] {
            assert!(parent(root.as_raw_fd(), path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn a_file_is_opened_or_made_where_its_links_lead() {
        let tree = Tree::new("open");
        let root = tree.root();
        for (how, resolver) in BOTH {
            let open = |path, flags| {
                resolver(root.as_raw_fd(), path, flags | O_CLOEXEC, if flags & O_CREAT != 0 { 0o600 } else { 0 })
            };
            assert_eq!(
                sys::fstat(open(c"tofile", O_RDONLY).unwrap().fd()).unwrap().inode,
                tree.inode("root/file"),
                "{how}"
            );
            assert_eq!(open(c"tofile", O_WRONLY | O_NOFOLLOW).err().map(Errno::code), Some(ELOOP), "{how}");
            assert_eq!(open(c"tofile", O_WRONLY | O_CREAT | O_NOFOLLOW).err().map(Errno::code), Some(ELOOP), "{how}");
            assert_eq!(
                open(c"a", O_RDONLY | O_DIRECTORY).map(|fd| sys::fstat(fd.fd()).unwrap().inode).unwrap(),
                tree.inode("root/a")
            );
            symlink("/run/made", tree.0.join("root/tomade")).unwrap();
            open(c"tomade", O_WRONLY | O_CREAT).unwrap();
            assert!(tree.0.join("root/run/made").is_file(), "{how}");
            fs::remove_file(tree.0.join("root/run/made")).unwrap();
            fs::remove_file(tree.0.join("root/tomade")).unwrap();
        }
    }

    #[test]
    fn deep_and_long_paths_end_in_an_error() {
        let tree = Tree::new("deep");
        let root = tree.root();
        let deep = "d/".repeat(400);
        let long = "x".repeat(300);
        for path in [deep, long] {
            let path = CString::new(path).unwrap();
            assert_eq!(make(root.as_raw_fd(), &path, 0o755, false).err().map(Errno::code), Some(ENAMETOOLONG));
        }
    }

    /// One thread moves directories out of the root and puts symlinks in their place, as fast as it can.
    #[test]
    fn a_renamer_cannot_lead_a_walk_out() {
        let tree = Tree::new("race");
        let root = tree.root();
        let mut secrets = vec![fs::metadata("/etc").unwrap().ino(), fs::metadata("/").unwrap().ino()];
        for path in ["", "/secret", "/dir", "/dir/secret", "/b/c", "/b/c/secret"] {
            secrets.push(tree.inode(&format!("outside{path}")));
        }
        let paths = [
            c"a/b/c/../../../../../etc",
            c"a/b/c/secret",
            c"a/b/../../../outside/secret",
            c"a/link/c/..",
            c"a/b/c/../../../../outside/dir/secret",
        ];
        let done = AtomicBool::new(false);
        let mut found = [0usize; 2];
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let at = |path: &str| tree.0.join(path);
                symlink(tree.0.join("outside/b"), at("root/a/trap")).unwrap();
                symlink("../../../outside/b", at("root/a/trap2")).unwrap();
                while !done.load(Ordering::Relaxed) {
                    move_over(&at("root/a/b"), &at("outside/moved"));
                    move_over(&at("outside/moved"), &at("root/a/b"));
                    move_over(&at("root/a/b"), &at("root/a/kept"));
                    move_over(&at("root/a/trap"), &at("root/a/b"));
                    move_over(&at("root/a/b"), &at("root/a/trap"));
                    move_over(&at("root/a/trap2"), &at("root/a/b"));
                    move_over(&at("root/a/b"), &at("root/a/trap2"));
                    move_over(&at("root/a/kept"), &at("root/a/b"));
                }
            });
            let end = Instant::now() + Duration::from_millis(1500);
            while Instant::now() < end {
                for path in paths {
                    for (n, (how, resolver)) in BOTH.into_iter().enumerate() {
                        if let Ok(fd) = resolver(root.as_raw_fd(), path, O_PATH | O_CLOEXEC, 0) {
                            found[n] += 1;
                            assert!(!secrets.contains(&sys::fstat(fd.fd()).unwrap().inode), "{path:?} by {how}");
                        }
                    }
                }
            }
            // What is made may land in a directory that is just being moved away, but never where a symlink led.
            while Instant::now() < end + Duration::from_millis(300) {
                let _ = make(root.as_raw_fd(), c"a/b/made/here", 0o755, false);
            }
            done.store(true, Ordering::Relaxed);
        });
        assert!(found.iter().all(|count| *count > 0));
        assert!(!tree.0.join("outside/b/made").exists());
        assert!(fs::read_dir("/proc/self/fd").unwrap().count() < 200, "descriptors are left open");
    }

    fn move_over(from: &StdPath, to: &StdPath) {
        let _ = fs::rename(from, to);
    }
}

//! Where a step's path leads, once things are mounted there.
//!
//! An image's directory may be another container's too, and that one can rename `proc` in it while this one is born. A
//! path that is looked up a second time may then lead elsewhere: what was to protect the new procfs would cover an
//! empty directory. So the mounts that were made are remembered by their descriptors. A path that names one is that
//! very mount, and a path below a file system that is ours (nobody else has it, or nobody can rename in it) begins
//! there.

use core::ffi::CStr;

use crate::abi::*;
use crate::errno::{E2BIG, EISDIR, ENOTDIR, Result, fail};
use crate::plan::{Op, Plan};
use crate::resolve;
use crate::step::Child;
use crate::sys::{self, Fd, Owned};
use crate::text::{Name, Path};

/// Mounts by their paths, oldest first: two words each, the hash of the path, and the descriptor with `OURS`.
pub struct Places {
    words: &'static mut [u64],
    count: usize,
}

const OURS: u64 = 1 << 32;

/// What is known of a path.
enum Known<'p> {
    /// A mount itself, and whether it is ours.
    Mount(Fd, bool),
    /// It lies below one that is ours.
    Below(Fd, &'p CStr),
    Nothing,
}

impl Places {
    pub fn new() -> Places {
        Places { words: &mut [], count: 0 }
    }

    /// As many more as this plan can have.
    pub fn grow(&mut self, plan: &Plan) -> Result<()> {
        let mounts = |op: Op| [Op::Mount, Op::MoveMount, Op::Readonly].contains(&op);
        let more = plan.steps().filter(|step| mounts(step.op)).count();
        let words = sys::table::<u64>(2 * (self.count + more))?;
        for (new, old) in words.iter_mut().zip(self.words.iter()) {
            *new = *old;
        }
        self.words = words;
        Ok(())
    }

    fn record(&mut self, path: &[u8], fd: Owned, ours: bool) -> Result<()> {
        let hash = components(path).last().map_or(0, |(hash, _)| hash);
        match self.words.get_mut(2 * self.count..) {
            Some([place, value, ..]) => {
                *place = hash;
                *value = fd.keep() as u64 | if ours { OURS } else { 0 };
                self.count += 1;
                Ok(())
            }
            _ => fail(E2BIG),
        }
    }

    /// Paths begin at another root, or what was mounted is no longer.
    pub fn forget(&mut self) {
        for pair in self.words.chunks(2).take(self.count) {
            sys::close(pair.get(1).map_or(-1, |value| *value as u32 as Fd));
        }
        self.count = 0;
    }

    /// A mount that is newer than one below it has covered that.
    fn find<'p>(&self, path: &'p CStr) -> Known<'p> {
        let bytes = path.to_bytes();
        if self.count == 0 || resolve::goes_up(bytes) {
            return Known::Nothing;
        }
        let mounts = self.words.get(..2 * self.count).unwrap_or_default();
        let (mut newest, mut exact, mut below) = (0, None, None);
        for (hash, end) in components(bytes) {
            exact = None;
            let Some(index) = mounts.chunks(2).rposition(|pair| pair.first() == Some(&hash)) else { continue };
            let Some(value) = mounts.get(2 * index + 1).filter(|_| index >= newest) else { continue };
            newest = index;
            let (fd, ours) = (*value as u32 as Fd, value & OURS != 0);
            exact = Some((fd, ours));
            if ours {
                below = Some((fd, end));
            }
        }
        let rest = |end: usize| CStr::from_bytes_with_nul(path.to_bytes_with_nul().get(end..)?).ok();
        match (exact, below) {
            (Some((fd, ours)), _) => Known::Mount(fd, ours),
            (None, Some((fd, end))) => rest(end).map_or(Known::Nothing, |rest| Known::Below(fd, rest)),
            (None, None) => Known::Nothing,
        }
    }
}

/// Where a path leads.
pub struct Place {
    pub file: Owned,
    /// Its name is in a file system in which nobody else can rename.
    pub ours: bool,
}

impl Child {
    /// What is at a path, O_PATH; `flags` may be O_NOFOLLOW and O_DIRECTORY.
    pub fn look(&self, path: &CStr, flags: i32) -> Result<Place> {
        let root = self.root()?;
        let (root, path, ours) = match self.places.find(path) {
            Known::Mount(fd, _) => return Ok(Place { file: duplicate(fd)?, ours: false }),
            Known::Below(fd, rest) => (fd, rest, true),
            Known::Nothing => (root, path, false),
        };
        Ok(Place { file: resolve::open(root, path, O_PATH | flags, 0)?, ours })
    }

    /// The target of a mount. Before the pivot "/" is the tree that will be pivoted into, once it is mounted.
    pub fn place(&mut self, path: &CStr) -> Result<Place> {
        if self.root < 0 {
            let file = match self.staged {
                -1 => Owned::new(sys::openat(AT_FDCWD, staging(path), O_PATH | O_CLOEXEC, 0)?),
                staged => duplicate(staged)?,
            };
            return Ok(Place { file, ours: false });
        }
        match self.recall(path.to_bytes()) {
            Some(file) => Ok(Place { file, ours: matches!(self.places.find(path), Known::Below(..)) }),
            None => self.look(path, 0),
        }
    }

    /// Makes what is missing of a path: resolve::make.
    pub fn make(&self, path: &CStr, mode: u32, file: bool) -> Result<Owned> {
        let (root, rest) = match self.places.find(path) {
            Known::Mount(fd, _) => {
                return match (file, sys::fstat(fd)?.is(S_IFDIR)) {
                    (true, true) => fail(EISDIR),
                    (false, false) => fail(ENOTDIR),
                    _ => duplicate(fd),
                };
            }
            Known::Below(fd, rest) => (fd, rest),
            Known::Nothing => (self.root()?, path),
        };
        resolve::make(root, rest, mode, file)
    }

    /// The directory that holds a path's last name, and that name.
    pub fn parent(&self, path: &CStr) -> Result<(Owned, Name)> {
        let (before, name) = resolve::split(path)?;
        Ok((self.look(Path::of(&[before])?.as_c(), O_DIRECTORY)?.file, name))
    }

    /// The path is a mount of ours.
    pub fn is_ours(&self, path: &CStr) -> bool {
        matches!(self.places.find(path), Known::Mount(_, true))
    }

    /// Something was mounted at a path: `tree`, which is kept. Kinds of file systems in which nobody can rename are
    /// ours, wherever they came from.
    pub fn mounted(&mut self, path: &CStr, tree: Owned, ours: bool) -> Result<()> {
        const STEADY: [i64; 5] =
            [PROC_SUPER_MAGIC, SYSFS_MAGIC, DEVPTS_SUPER_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC];
        let ours = ours || STEADY.contains(&sys::fstatfs(tree.fd())?);
        self.places.record(path.to_bytes(), tree, ours)
    }
}

fn duplicate(fd: Fd) -> Result<Owned> {
    sys::fcntl(fd, F_DUPFD_CLOEXEC, 3).map(Owned::new)
}

fn staging(path: &CStr) -> &CStr {
    if path.is_empty() { c"/" } else { path }
}

/// The hash (FNV-1a) of a path up to each of its names, and where that name ends.
fn components(path: &[u8]) -> impl Iterator<Item = (u64, usize)> {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut at = 0;
    core::iter::from_fn(move || {
        loop {
            at += path.get(at..)?.iter().position(|byte| *byte != b'/')?;
            let rest = path.get(at..)?;
            let length = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
            let name = rest.get(..length)?;
            at += length;
            if name != b"." {
                for byte in b"/".iter().chain(name) {
                    hash = (hash ^ *byte as u64).wrapping_mul(0x100_0000_01b3);
                }
                return Some((hash, at));
            }
        }
    })
}

//! Device nodes, directories and links that a container's root needs before anything runs in it.

use core::ffi::CStr;

use crate::abi::*;
use crate::errno::{EEXIST, Result};
use crate::resolve;
use crate::step::Child;
use crate::sys::{self, Fd, Owned};
use crate::text::{Name, PATH_MAX, Path};

/// What mknod(2) is told.
pub struct Node {
    /// S_IFCHR, S_IFBLK, S_IFIFO.
    pub kind: u32,
    pub major: u32,
    pub minor: u32,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
}

/// What a step has found at a path. The next one may begin there: devices are made in one directory one after the
/// other, and what was made is then mounted on. It is forgotten by every step that may change where paths lead.
pub struct Found {
    path: Option<Name>,
    file: Owned,
}

impl Child {
    fn remember(&mut self, path: &[u8], file: Owned) {
        self.found = Some(Found { path: Name::of(&[path]).ok(), file });
    }

    /// What the step before found there.
    pub fn recall(&mut self, path: &[u8]) -> Option<Owned> {
        let same = |found: &mut Found| found.path.as_ref().is_some_and(|known| known.as_bytes() == path);
        self.found.take_if(same).map(|found| found.file)
    }

    /// Step `mkdirs`.
    pub fn mkdirs(&mut self, path: &CStr, mode: u32, file: bool) -> Result<()> {
        let made = self.make(path, mode, file)?;
        self.remember(path.to_bytes(), made);
        Ok(())
    }

    /// The directory that something is made in, which is made as well if it is missing, and the last name.
    fn made_parent(&mut self, path: &CStr) -> Result<(Fd, Name)> {
        let (before, name) = resolve::split(path)?;
        let directory = match self.recall(before) {
            Some(directory) => directory,
            None => self.make(Path::of(&[before])?.as_c(), 0o755, false)?,
        };
        let fd = directory.fd();
        self.remember(before, directory);
        Ok((fd, name))
    }

    /// Step `mknod`. The very device that is wanted may be there already; anything else in its place is an error. The
    /// last name is never followed, so that no symlink of an image's can turn it into another.
    pub fn mknod(&mut self, path: &CStr, node: &Node) -> Result<()> {
        let (parent, name) = self.made_parent(path)?;
        let device = sys::makedev(node.major, node.minor);
        match sys::mknodat(parent, name.as_c(), node.kind | node.mode, device) {
            Err(error) if error == EEXIST => {
                let there = sys::statx(parent, name.as_c(), AT_SYMLINK_NOFOLLOW)?;
                let same = (there.major, there.minor) == (node.major, node.minor) || node.kind == S_IFIFO;
                return if there.is(node.kind) && same { Ok(()) } else { Err(error) };
            }
            result => result?,
        }
        if (node.uid, node.gid) == (0, 0) {
            return Ok(());
        }
        sys::fchownat(parent, name.as_c(), node.uid, node.gid, AT_SYMLINK_NOFOLLOW)
    }

    /// Step `symlink`. The same link may be there already.
    pub fn symlink(&mut self, target: &CStr, path: &CStr) -> Result<()> {
        let (parent, name) = self.made_parent(path)?;
        let Err(error) = sys::symlinkat(target, parent, name.as_c()) else { return Ok(()) };
        if error != EEXIST {
            return Err(error);
        }
        let mut there = [0; PATH_MAX];
        let there = sys::readlinkat(parent, name.as_c(), &mut there).map_err(|_| error)?;
        if there == target.to_bytes() { Ok(()) } else { Err(error) }
    }
}

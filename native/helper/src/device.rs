//! Device nodes, directories and links that a container's root needs before anything runs in it.

use core::ffi::CStr;

use crate::abi::*;
use crate::errno::{EEXIST, Result};
use crate::resolve;
use crate::step::Child;
use crate::sys;
use crate::text::PATH_MAX;

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

impl Child {
    /// Step `mkdirs`.
    pub fn mkdirs(&mut self, path: &CStr, mode: u32, file: bool) -> Result<()> {
        resolve::make(self.root()?, path, mode, file).map(|_| ())
    }

    /// Step `mknod`. The very device that is wanted may be there already; anything else in its place is an error. The
    /// last name is never followed, so that no symlink of an image's can turn it into another.
    pub fn mknod(&mut self, path: &CStr, node: &Node) -> Result<()> {
        let (parent, name) = resolve::parent(self.root()?, path, Some(0o755))?;
        let device = sys::makedev(node.major, node.minor);
        match sys::mknodat(parent.fd(), name.as_c(), node.kind | node.mode, device) {
            Err(error) if error == EEXIST => {
                let there = sys::statx(parent.fd(), name.as_c(), AT_SYMLINK_NOFOLLOW)?;
                let same = (there.major, there.minor) == (node.major, node.minor) || node.kind == S_IFIFO;
                return if there.is(node.kind) && same { Ok(()) } else { Err(error) };
            }
            result => result?,
        }
        if (node.uid, node.gid) == (0, 0) {
            return Ok(());
        }
        sys::fchownat(parent.fd(), name.as_c(), node.uid, node.gid, AT_SYMLINK_NOFOLLOW)
    }

    /// Step `symlink`. The same link may be there already.
    pub fn symlink(&mut self, target: &CStr, path: &CStr) -> Result<()> {
        let (parent, name) = resolve::parent(self.root()?, path, Some(0o755))?;
        let Err(error) = sys::symlinkat(target, parent.fd(), name.as_c()) else { return Ok(()) };
        if error != EEXIST {
            return Err(error);
        }
        let mut there = [0; PATH_MAX];
        let there = sys::readlinkat(parent.fd(), name.as_c(), &mut there).map_err(|_| error)?;
        if there == target.to_bytes() { Ok(()) } else { Err(error) }
    }
}

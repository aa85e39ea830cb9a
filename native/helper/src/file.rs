//! One operation on a file of a container, for a visitor (kind `visit`): a child that enters the container's
//! namespaces, does this and ends. Data comes in by fd 0 and goes out by fd 1.

use core::ffi::CStr;

use crate::abi::*;
use crate::errno::{EINVAL, EIO, EISDIR, Errno, Result, fail};
use crate::plan::slot;
use crate::resolve;
use crate::step::Child;
use crate::sys::{self, Fd};

const READ: i64 = 1;
const WRITE: i64 = 2;
const READDIR: i64 = 3;
const MKDIR: i64 = 4;
const UNLINK: i64 = 5;
const STAT: i64 = 6;

const BLOCK: usize = 16 << 10;

impl Child {
    /// Step `file`.
    pub fn file(&mut self, verb: i64, path: &CStr, mode: u32) -> Result<()> {
        let root = self.root()?;
        match verb {
            READ => {
                let file = regular(resolve::open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0)?)?;
                copy(file.fd(), 1)
            }
            WRITE => {
                let file = regular(resolve::open(root, path, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY, mode)?)?;
                sys::ftruncate(file.fd(), 0)?;
                copy(0, file.fd())
            }
            READDIR => names(resolve::open(root, path, O_RDONLY | O_DIRECTORY, 0)?.fd()),
            MKDIR => {
                let (parent, name) = resolve::parent(root, path)?;
                sys::mkdirat(parent.fd(), name.as_c(), mode)
            }
            UNLINK => {
                let (parent, name) = resolve::parent(root, path)?;
                match sys::unlinkat(parent.fd(), name.as_c(), 0) {
                    Err(error) if error == EISDIR => sys::unlinkat(parent.fd(), name.as_c(), AT_REMOVEDIR),
                    result => result,
                }
            }
            STAT => {
                let stat = sys::fstat(resolve::resolve(root, path)?.fd())?;
                for value in [stat.mode as i64, stat.size as i64, stat.uid as i64, stat.gid as i64, stat.mtime_ns] {
                    write_all(1, &value.to_le_bytes())?;
                }
                Ok(())
            }
            _ => fail(EINVAL),
        }
    }

    /// Step `write`: below /proc into the supervisor's procfs, whatever an image has put there, else into a regular
    /// file of the root.
    pub fn write(&mut self, path: &CStr, text: &CStr) -> Result<()> {
        let file = match below_proc(path) {
            Some(rest) => regular(resolve::open_proc(self.slot(slot::PROC)?, rest, O_WRONLY)?)?,
            None => {
                let flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
                let file = regular(resolve::open(self.root()?, path, flags, 0o644)?)?;
                sys::ftruncate(file.fd(), 0)?;
                file
            }
        };
        // In one piece, since procfs takes a value as one write(2).
        let bytes = text.to_bytes();
        if sys::retry(|| sys::write(file.fd(), bytes))? == bytes.len() { Ok(()) } else { fail(EIO) }
    }

    /// Step `setns`: a namespace of our own by its file, such as time_for_children.
    pub fn setns(&mut self, path: &CStr, kinds: u64) -> Result<()> {
        let rest = below_proc(path).ok_or(Errno::new(EINVAL))?;
        let name = rest.to_bytes().strip_prefix(b"self/ns/").ok_or(Errno::new(EINVAL))?;
        if name.contains(&b'/') || name.starts_with(b".") {
            return fail(EINVAL);
        }
        let flags = O_RDONLY | O_CLOEXEC;
        let file = sys::Owned::new(sys::openat(self.slot(slot::PROC)?, rest, flags, 0)?);
        sys::setns(file.fd(), kinds)
    }
}

/// What follows "/proc/", however many slashes there are.
fn below_proc(path: &CStr) -> Option<&CStr> {
    let mut rest = after_slashes(path.to_bytes_with_nul())?;
    rest = after_slashes(rest.strip_prefix(b"proc")?)?;
    CStr::from_bytes_with_nul(rest).ok()
}

/// `None` where there is no slash.
fn after_slashes(path: &[u8]) -> Option<&[u8]> {
    let length = path.iter().position(|byte| *byte != b'/').filter(|length| *length > 0)?;
    path.get(length..)
}

/// A FIFO would wait for ever, a device would do who knows what.
fn regular(file: sys::Owned) -> Result<sys::Owned> {
    let stat = sys::fstat(file.fd())?;
    match stat.mode & S_IFMT {
        S_IFREG => Ok(file),
        S_IFDIR => fail(EISDIR),
        _ => fail(EINVAL),
    }
}

fn copy(from: Fd, to: Fd) -> Result<()> {
    let mut block = [0; BLOCK];
    loop {
        let length = sys::retry(|| sys::read(from, &mut block))?;
        if length == 0 {
            return Ok(());
        }
        write_all(to, block.get(..length).unwrap_or_default())?;
    }
}

fn write_all(to: Fd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        let written = sys::retry(|| sys::write(to, bytes))?;
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}

/// Every name but "." and "..", each with a NUL behind it.
fn names(directory: Fd) -> Result<()> {
    let mut block = [0; BLOCK];
    loop {
        let length = sys::getdents64(directory, &mut block)?;
        let mut entries = block.get(..length).unwrap_or_default();
        if entries.is_empty() {
            return Ok(());
        }
        // struct linux_dirent64: inode 8, offset 8, u16 length, u8 type, the name with its NUL.
        while let Some(&[low, high]) = entries.get(16..18) {
            let record = u16::from_le_bytes([low, high]) as usize;
            let name =
                entries.get(19..record).and_then(|name| CStr::from_bytes_until_nul(name).ok()).unwrap_or_default();
            if name != c"." && name != c".." {
                write_all(1, name.to_bytes_with_nul())?;
            }
            entries = entries.get(record..).unwrap_or_default();
        }
    }
}

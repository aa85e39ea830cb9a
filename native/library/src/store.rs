//! Where the helper's bytes lie when it is run: in a sealed memfd, or, where policy forbids to execute one, in a file that
//! nobody can write to. Whatever a container does to the file behind /proc/PID/exe, it never reaches the helper.

use core::ffi::CStr;

use helper::abi::*;
use helper::errno::{EACCES, EINVAL, ENOSYS, EPERM, Errno, Result};
use helper::sys::{self, Fd, Owned};

static HELPER: &[u8] = include_bytes!(env!("HELPER"));

/// Tells one build of the helper from another.
pub fn hash() -> u64 {
    const DECIMAL: &str = env!("HELPER_HASH");
    DECIMAL.bytes().fold(0, |value: u64, digit| value.wrapping_mul(10).wrapping_add((digit as u64).wrapping_sub(48)))
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A memfd made with MFD_EXEC.
    Memfd = 0,
    /// The same before Linux 6.3, which does not know the flag.
    PlainMemfd = 1,
    File = 2,
}

/// What this system lets us use. With vm.memfd_noexec = 2, or by a security module, no memfd can be executed.
pub fn kind() -> Result<Kind> {
    match memfd() {
        Ok((file, kind)) => {
            drop(file);
            Ok(kind)
        }
        Err(error) if error == EACCES || error == EPERM || error == ENOSYS => Ok(Kind::File),
        Err(error) => Err(error),
    }
}

/// An open file with the helper in it, sealed.
pub fn memfd() -> Result<(Owned, Kind)> {
    let flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    let (file, kind) = match sys::memfd_create(c"twinbox", flags | MFD_EXEC) {
        Err(error) if error == EINVAL => (sys::memfd_create(c"twinbox", flags)?, Kind::PlainMemfd),
        result => (result?, Kind::Memfd),
    };
    let file = Owned::new(file);
    write(file.fd())?;
    seal(file.fd())?;
    Ok((file, kind))
}

/// Nothing in it can change any more.
pub fn seal(file: Fd) -> Result<()> {
    let seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    sys::fcntl(file, F_ADD_SEALS, seals).map(|_| ())
}

/// A file on a mount that is nobody's: a tmpfs that is never attached to a directory. Without the powers for that a file
/// in the state directory, whose name is gone before anything runs; it cannot be written to while it is executed, which
/// is as long as the supervisor lives.
pub fn file(entry: Option<Fd>) -> Result<Owned> {
    match detached() {
        Err(error) if error == EPERM || error == ENOSYS => {
            let directory = entry.ok_or(Errno::new(EACCES))?;
            let name = c"helper";
            let file = create(directory, name);
            let _ = sys::unlinkat(directory, name, 0);
            file
        }
        result => result,
    }
}

fn detached() -> Result<Owned> {
    let context = Owned::new(sys::fsopen(c"tmpfs", FSOPEN_CLOEXEC)?);
    sys::fsconfig(context.fd(), FSCONFIG_SET_STRING, Some(c"mode"), Some(c"0700"))?;
    sys::fsconfig(context.fd(), FSCONFIG_CMD_CREATE, None, None)?;
    let mount = Owned::new(sys::fsmount(context.fd(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)?);
    let file = create(mount.fd(), c"helper")?;
    // Linux 5.12. The file stays open for reading; before that its mode and its being run have to do.
    let readonly = MountAttr { set: MOUNT_ATTR_RDONLY, ..MountAttr::default() };
    let _ = sys::mount_setattr(mount.fd(), c"", AT_EMPTY_PATH, &readonly);
    Ok(file)
}

fn create(directory: Fd, name: &CStr) -> Result<Owned> {
    let file = Owned::new(sys::openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o500)?);
    write(file.fd())?;
    drop(file);
    sys::openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0).map(Owned::new)
}

fn write(file: Fd) -> Result<()> {
    write_all(file, HELPER)
}

pub fn write_all(file: Fd, bytes: &[u8]) -> Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let count = sys::retry(|| sys::write(file, rest))?;
        rest = rest.get(count..).unwrap_or(&[]);
    }
    Ok(())
}

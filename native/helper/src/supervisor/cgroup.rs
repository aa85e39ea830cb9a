//! Control groups as directories (cgroups(7)): made, given limits, emptied, removed. Nothing here waits: a group that
//! cannot be removed yet is tried again later.

use core::ffi::CStr;

use crate::abi::*;
use crate::errno::{EBUSY, EEXIST, EINVAL, ENOENT, ENOTEMPTY, Errno, Result, fail};
use crate::sys::{self, Fd, Owned};
use crate::text::{Name, Path, TextBuf, number};

/// How deep a signal goes into groups that a container has made; each level takes a descriptor and 4 KiB of stack.
const DEPTH_MAX: u32 = 256;
/// How many of them are removed before others have their turn.
const AT_ONCE: usize = 512;
const DIRECTORY: i32 = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

/// Parents as far as they are missing, `made` hears of each; then the group itself, which must be new.
pub fn make(dir: &CStr, cpuset: bool, made: &mut dyn FnMut(&CStr)) -> Result<()> {
    // Another runtime removes an empty parent between our making it and using it: then once more.
    let mut tries = 3;
    loop {
        match make_one(dir) {
            Err(error) if error == ENOENT && tries > 0 => make_parents(dir, cpuset, made)?,
            Err(error) => return Err(error),
            Ok(()) if cpuset => return inherit(dir),
            Ok(()) => return Ok(()),
        }
        tries -= 1;
    }
}

/// A directory is a group only where cgroups are mounted; another is none of our business.
fn make_one(dir: &CStr) -> Result<()> {
    sys::mkdirat(AT_FDCWD, dir, 0o755)?;
    match sys::statfs(dir) {
        Ok(CGROUP_SUPER_MAGIC | CGROUP2_SUPER_MAGIC) => Ok(()),
        _ => {
            let _ = sys::unlinkat(AT_FDCWD, dir, AT_REMOVEDIR);
            fail(EINVAL)
        }
    }
}

fn make_parents(dir: &CStr, cpuset: bool, made: &mut dyn FnMut(&CStr)) -> Result<()> {
    let bytes = dir.to_bytes();
    for (at, _) in bytes.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'/') {
        let parent = Path::of(&[bytes.get(..at).unwrap_or_default()])?;
        match make_one(parent.as_c()) {
            Err(error) if error == EEXIST => continue,
            result => result?,
        }
        made(parent.as_c());
        if cpuset {
            inherit(parent.as_c())?;
        }
    }
    Ok(())
}

/// A new group of v1's cpuset has no CPU and no memory, and takes no process until it has.
fn inherit(dir: &CStr) -> Result<()> {
    let bytes = dir.to_bytes();
    let end = bytes.iter().rposition(|byte| *byte == b'/').ok_or(Errno::new(EINVAL))?;
    let parent = bytes.get(..end).unwrap_or_default();
    for file in [&b"cpuset.cpus"[..], b"cpuset.mems"] {
        let mut text = [0u8; 4096];
        let from = Path::of(&[parent, b"/", file])?;
        let source = Owned::new(sys::openat(AT_FDCWD, from.as_c(), O_RDONLY | O_CLOEXEC, 0)?);
        let length = sys::read(source.fd(), &mut text)?;
        write(dir, file, text.get(..length).unwrap_or_default())?;
    }
    Ok(())
}

/// One of a group's files; it must exist.
pub fn write(dir: &CStr, file: &[u8], text: &[u8]) -> Result<()> {
    let file = open(dir, file, O_WRONLY | O_TRUNC)?;
    sys::retry(|| sys::write(file.fd(), text)).map(|_| ())
}

pub fn open(dir: &CStr, file: &[u8], flags: i32) -> Result<Owned> {
    // A name, not a path: what a limit is written to lies in the group.
    if file.is_empty() || file.contains(&b'/') {
        return fail(EINVAL);
    }
    let path = Path::of(&[dir.to_bytes(), b"/", file])?;
    sys::openat(AT_FDCWD, path.as_c(), flags | O_CLOEXEC | O_NOFOLLOW, 0).map(Owned::new)
}

/// The children of a v2 group may have these controllers, `+memory +pids`; nothing is written where they may already.
pub fn delegate(dir: &CStr, controllers: &CStr) -> Result<()> {
    let file = b"cgroup.subtree_control";
    let mut text = [0u8; 512];
    let now = open(dir, file, O_RDONLY)?;
    let length = sys::read(now.fd(), &mut text)?;
    let has = |name: &[u8]| {
        let enabled = text.get(..length).unwrap_or_default();
        enabled.split(u8::is_ascii_whitespace).any(|enabled| enabled == name)
    };
    let wanted = controllers.to_bytes();
    let mut missing = wanted.split(|byte| *byte == b' ').filter(|one| !one.strip_prefix(b"+").is_some_and(has));
    if missing.next().is_none() { Ok(()) } else { write(dir, file, wanted) }
}

/// For as long as the group exists: which devices it may use.
pub fn attach_device_program(group: Fd, instructions: &[u8]) -> Result<()> {
    let program = Owned::new(sys::bpf_prog_load(BPF_PROG_TYPE_CGROUP_DEVICE, instructions)?);
    sys::bpf_prog_attach(group, program.fd(), BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI)
}

/// SIGKILL to all in a v2 group and below, at once; ENOENT before Linux 5.14.
pub fn kill(dir: &CStr) -> Result<()> {
    write(dir, b"cgroup.kill", b"1")
}

/// A signal to each process in a group and below.
pub fn signal(dir: &CStr, signal: i32) -> Result<()> {
    let group = Owned::new(sys::openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)?);
    signal_below(group.fd(), signal, DEPTH_MAX);
    Ok(())
}

fn signal_below(group: Fd, signal: i32, depth: u32) {
    each_process(group, |pid| {
        let _ = sys::kill(pid, signal);
    });
    if depth > 0 {
        each_group(group, |child| signal_below(child, signal, depth - 1));
    }
}

/// Kills what is in the group and removes it with all below. EBUSY: not yet.
pub fn remove(dir: &CStr) -> Result<()> {
    match sys::unlinkat(AT_FDCWD, dir, AT_REMOVEDIR) {
        Err(error) if error == EBUSY || error == ENOTEMPTY => {}
        Err(error) if error == ENOENT => return Ok(()),
        result => return result,
    }
    let group = Owned::new(sys::openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)?);
    each_process(group.fd(), |pid| {
        let _ = sys::kill(pid, SIGKILL);
    });
    remove_below(group.fd());
    drop(group);
    sys::unlinkat(AT_FDCWD, dir, AT_REMOVEDIR)
}

/// The innermost first, down and up again: a container may have made them as deep as it likes. What is not done goes on
/// when the group is looked at again.
fn remove_below(group: Fd) {
    let Ok(mut here) = sys::openat(group, c".", DIRECTORY, 0).map(Owned::new) else { return };
    let (mut depth, mut removed) = (0u32, 0);
    while removed < AT_ONCE {
        let name = match first_below(here.fd()) {
            None if depth == 0 => return,
            None => {
                depth -= 1;
                let Ok(up) = sys::openat(here.fd(), c"..", DIRECTORY, 0) else { return };
                here = Owned::new(up);
                continue;
            }
            Some(name) => name,
        };
        if sys::unlinkat(here.fd(), name.as_c(), AT_REMOVEDIR).is_ok() {
            removed += 1;
            continue;
        }
        let Ok(inner) = sys::openat(here.fd(), name.as_c(), DIRECTORY, 0).map(Owned::new) else { return };
        each_process(inner.fd(), |pid| {
            let _ = sys::kill(pid, SIGKILL);
        });
        // Nothing but dying processes is in it.
        if first_below(inner.fd()).is_none() {
            return;
        }
        here = inner;
        depth += 1;
    }
}

/// The name of a group right below.
fn first_below(group: Fd) -> Option<Name> {
    // Opened anew: what was read of a directory is not read again.
    let again = Owned::new(sys::openat(group, c".", DIRECTORY, 0).ok()?);
    let mut first = None;
    each_name(again.fd(), |name| {
        first = Name::of(&[name.to_bytes()]).ok();
        false
    });
    first
}

fn each_process(group: Fd, mut visit: impl FnMut(i32)) {
    let Ok(file) = sys::openat(group, c"cgroup.procs", O_RDONLY | O_CLOEXEC, 0).map(Owned::new) else { return };
    // A number may be cut at the end of what one read brings.
    let mut line = TextBuf::<24>::new();
    let mut text = [0u8; 2048];
    while let Ok(length @ 1..) = sys::read(file.fd(), &mut text) {
        for byte in text.iter().take(length) {
            if *byte != b'\n' {
                let _ = line.push(&[*byte]);
                continue;
            }
            // 0 is a process that our PID namespace does not see; below 2 is nobody's to kill.
            if let Some(pid) = number(line.as_bytes(), i32::MAX as u64).filter(|pid| *pid > 1) {
                visit(pid as i32);
            }
            line.clear();
        }
    }
}

/// The groups right below, each opened.
fn each_group(group: Fd, mut visit: impl FnMut(Fd)) {
    each_name(group, |name| {
        if let Ok(child) = sys::openat(group, name, DIRECTORY, 0).map(Owned::new) {
            visit(child.fd());
        }
        true
    });
}

/// The names of the groups below, for as long as `visit` wants more.
fn each_name(group: Fd, mut visit: impl FnMut(&CStr) -> bool) {
    const DT_DIR: u8 = 4;
    let mut entries = [0u8; 1024];
    while let Ok(length @ 1..) = sys::getdents64(group, &mut entries) {
        // struct linux_dirent64: inode, offset, u16 length, u8 type, the name.
        let mut at = 0;
        while let Some(record) = entries.get(at..length).filter(|rest| rest.len() > 19) {
            let size = u16::from_le_bytes([record[16], record[17]]) as usize;
            let name = record.get(19..size).and_then(|name| CStr::from_bytes_until_nul(name).ok()).unwrap_or_default();
            let is_group = record[18] == DT_DIR && name != c"." && name != c".." && !name.is_empty();
            if size == 0 || (is_group && !visit(name)) {
                return;
            }
            at += size;
        }
    }
}

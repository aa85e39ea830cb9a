//! The library as its users see it: loaded by name, one entry, a supervisor that answers over a socket. Containers proper
//! are tested from Node; here a process without namespaces is born, so that no powers are needed.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

unsafe extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlerror() -> *const c_char;
    fn close(fd: RawFd) -> c_int;
}

type Entry = unsafe extern "C" fn(*const u8, u32, *mut u8, u32) -> i64;

const EAGAIN: i64 = 11;

/// As it is shipped: `cargo build --release` comes first, since cargo builds no cdylib for a test.
fn library() -> PathBuf {
    let built = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/release/libtwinbox.so");
    let path = std::env::var_os("TWINBOX_NATIVE_PATH").map_or(built, PathBuf::from);
    assert!(path.exists(), "{} is missing: cargo build --release makes it", path.display());
    path
}

fn entry() -> Entry {
    let path = CString::new(library().to_str().unwrap()).unwrap();
    unsafe {
        let handle = dlopen(path.as_ptr(), 2);
        assert!(!handle.is_null(), "{:?}", CStr::from_ptr(dlerror()));
        let symbol = dlsym(handle, c"twinbox_call".as_ptr());
        assert!(!symbol.is_null());
        std::mem::transmute::<*mut c_void, Entry>(symbol)
    }
}

fn call(verb: u32, fields: &[u8]) -> Result<Vec<u8>, i64> {
    let request = [&verb.to_le_bytes()[..], &[0; 4], fields].concat();
    let mut reply = vec![0u8; 256];
    let length = unsafe { entry()(request.as_ptr(), request.len() as u32, reply.as_mut_ptr(), reply.len() as u32) };
    if length < 0 {
        return Err(-length);
    }
    reply.truncate(length as usize);
    Ok(reply)
}

fn numbers(reply: &[u8]) -> Vec<i32> {
    reply.chunks_exact(4).map(|bytes| i32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

#[derive(Debug, PartialEq)]
struct Event {
    kind: u32,
    handle: u32,
    tag: u32,
    a: i32,
    b: i64,
    c: i64,
}

struct Supervisor {
    pid: i32,
    requests: RawFd,
    events: UnixStream,
    pidfd: RawFd,
}

impl Supervisor {
    fn open(entry: &str, flags: u32) -> Result<Supervisor, i64> {
        let fields = [&flags.to_le_bytes()[..], &(entry.len() as u32).to_le_bytes(), entry.as_bytes()].concat();
        let fds = numbers(&call(2, &fields)?);
        let events = unsafe { UnixStream::from(OwnedFd::from_raw_fd(fds[2])) };
        events.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut supervisor = Supervisor { pid: fds[0], requests: fds[1], events, pidfd: fds[3] };
        let hello = supervisor.event().unwrap();
        assert_eq!((hello.kind, hello.a), (7, 1));
        Ok(supervisor)
    }

    fn event(&mut self) -> Option<Event> {
        let mut bytes = [0u8; 32];
        self.events.read_exact(&mut bytes).ok()?;
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let wide = |at: usize| i64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        Some(Event { kind: word(0), handle: word(4), tag: word(8), a: word(12) as i32, b: wide(16), c: wide(24) })
    }

    fn send(&self, header: [u32; 4], a: i64, b: i64, kinds: [u8; 4], plan: &[u8]) -> Result<Vec<i32>, i64> {
        let mut fields = [self.requests as u32, plan.len() as u32].map(u32::to_le_bytes).concat();
        fields.extend(header.map(u32::to_le_bytes).concat());
        fields.extend([a, b, 0, 0].map(i64::to_le_bytes).concat());
        fields.extend(kinds);
        fields.extend([0; 12]);
        fields.extend(plan);
        call(3, &fields).map(|reply| numbers(&reply))
    }

    fn close(mut self) {
        self.send([10, 0, 0, u32::MAX], 0, 0, [0; 4], &[]).unwrap();
        while let Some(event) = self.event() {
            if event.kind == 6 && event.tag == u32::MAX {
                assert_eq!(event.a, 0);
                break;
            }
        }
        assert_eq!(self.event(), None);
        self.forget();
    }

    /// Closing its pidfd reaps it.
    fn forget(self) {
        call(5, &self.pidfd.to_le_bytes()).unwrap();
        assert!(!fs::exists(format!("/proc/{}", self.pid)).unwrap());
        unsafe { close(self.requests) };
    }
}

/// A plan as src/native/encode.ts writes it.
struct Plan {
    bytes: Vec<u8>,
    steps: u32,
}

impl Plan {
    fn new(kind: u16) -> Plan {
        let mut bytes = vec![0; 64];
        bytes[..4].copy_from_slice(&0x5842_5754u32.to_le_bytes());
        bytes[4..6].copy_from_slice(&1u16.to_le_bytes());
        bytes[6..8].copy_from_slice(&kind.to_le_bytes());
        Plan { bytes, steps: 0 }
    }

    fn step(mut self, op: u16, by: u8, fields: &[u8]) -> Plan {
        let start = self.bytes.len();
        self.bytes.extend(op.to_le_bytes());
        self.bytes.extend([by, 0]);
        self.bytes.extend((24 + fields.len() as u32).to_le_bytes());
        self.bytes.extend(u16::MAX.to_le_bytes());
        self.bytes.resize(start + 24, 0);
        self.bytes.extend(fields);
        self.steps += 1;
        self
    }

    fn exec(self, arguments: &[&str]) -> Plan {
        let place = self.bytes.len() + 24;
        let first = vector(place, arguments, 0);
        let second = vector(place + first.len(), &["PATH=/bin:/usr/bin"], 1);
        self.step(44, 1, &[first, second].concat())
    }

    fn end(mut self) -> Vec<u8> {
        let size = self.bytes.len() as u32;
        for (at, word) in [(8, size), (12, self.steps), (16, 8)] {
            self.bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        self.bytes
    }
}

fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

fn vector(place: usize, strings: &[&str], spare: u32) -> Vec<u8> {
    let mut bytes = [strings.len() as u32, spare].map(u32::to_le_bytes).concat();
    let mut at = place + 8 + 8 * (strings.len() + spare as usize + 1);
    for string in strings {
        bytes.extend((at as u64).to_le_bytes());
        at += string.len() + 1;
    }
    bytes.resize(bytes.len() + 8 * (spare as usize + 1), 0);
    for string in strings {
        bytes.extend(string.as_bytes());
        bytes.push(0);
    }
    padded(bytes)
}

fn ints(numbers: &[i64]) -> Vec<u8> {
    let mut bytes = [numbers.len() as u32, 0].map(u32::to_le_bytes).concat();
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    bytes
}

/// A child in the namespaces that we have, without a group.
fn plain(arguments: &[&str]) -> Vec<u8> {
    let clone = [vec![0; 16], ints(&[])].concat();
    let begun = Plan::new(1).step(8, 0, &ints(&[0, 1, 1])).step(9, 0, &clone).step(13, 1, &[]);
    begun.step(15, 1, &9i64.to_le_bytes()).step(46, 1, &[]).step(12, 1, &[]).exec(arguments).end()
}

#[test]
fn a_process_is_born_prints_ends_and_is_forgotten() {
    let mut supervisor = Supervisor::open("", 0).unwrap();
    let plan = plain(&["sh", "-c", "echo $0; kill -9 $$", "hello"]);
    let ends = supervisor.send([1, 7, 0, 0], 6, 1, [0, 1, 1, 0], &plan).unwrap();
    let parked = supervisor.event().unwrap();
    assert_eq!((parked.kind, parked.handle), (1, 7));
    let started = supervisor.event().unwrap();
    assert_eq!((started.kind, started.a), (3, parked.a));
    let mut text = String::new();
    unsafe { fs::File::from_raw_fd(ends[1]) }.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello\n");
    let exited = supervisor.event().unwrap();
    assert_eq!(exited, Event { kind: 4, handle: 7, tag: 0, a: 2, b: 9, c: 0 });
    supervisor.send([7, 7, 0, 5], 0, 0, [0; 4], &[]).unwrap();
    assert_eq!(supervisor.event().unwrap(), Event { kind: 6, handle: 7, tag: 5, a: 0, b: -1, c: 0 });
    supervisor.close();
    unsafe { close(ends[2]) };
}

#[test]
fn a_program_that_is_not_there_is_a_failed_step() {
    let mut supervisor = Supervisor::open("", 0).unwrap();
    supervisor.send([1, 1, 0, 0], 0, 1, [0; 4], &plain(&["/nothing"])).unwrap();
    assert_eq!(supervisor.event().unwrap().kind, 1);
    let failed = supervisor.event().unwrap();
    assert_eq!((failed.kind, failed.a, failed.b), (2, 2, 6));
    supervisor.close();
}

#[test]
fn whoever_closes_either_socket_ends_it_and_its_children() {
    for requests in [true, false] {
        let mut supervisor = Supervisor::open("", 0).unwrap();
        supervisor.send([1, 1, 0, 0], 0, 1, [0; 4], &plain(&["sleep", "1000"])).unwrap();
        supervisor.event().unwrap();
        let pid = supervisor.event().unwrap().a;
        let before = Instant::now();
        if requests {
            unsafe { close(supervisor.requests) };
            assert_eq!(supervisor.events.read(&mut [0; 32]).unwrap(), 32);
            assert_eq!(supervisor.events.read(&mut [0; 32]).unwrap(), 0);
        } else {
            supervisor.events.shutdown(std::net::Shutdown::Both).unwrap();
            while fs::exists(format!("/proc/{pid}")).unwrap() {
                assert!(before.elapsed() < Duration::from_secs(5));
            }
            call(5, &supervisor.requests.to_le_bytes()).unwrap();
        }
        assert!(!fs::exists(format!("/proc/{pid}")).unwrap());
        call(5, &supervisor.pidfd.to_le_bytes()).unwrap();
    }
}

#[test]
fn an_entry_has_one_supervisor_which_holds_its_lock() {
    let entry = std::env::temp_dir().join(format!("twinbox-test-{}", std::process::id()));
    fs::create_dir(&entry).unwrap();
    let path = entry.to_str().unwrap();
    let supervisor = Supervisor::open(path, 0).unwrap();
    assert_eq!(Supervisor::open(path, 0).err(), Some(EAGAIN));
    let lock = entry.join("lock");
    let name = [&(lock.to_str().unwrap().len() as u32).to_le_bytes()[..], lock.to_str().unwrap().as_bytes()].concat();
    assert_eq!(call(4, &name).err(), Some(EAGAIN));
    supervisor.close();
    let fd = numbers(&call(4, &name).unwrap())[0];
    call(5, &fd.to_le_bytes()).unwrap();
    // The helper in a file of the entry, or of a mount that is nobody's; neither leaves anything.
    Supervisor::open(path, 1).unwrap().close();
    let left: Vec<_> = fs::read_dir(&entry).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    fs::remove_dir_all(&entry).unwrap();
}

#[test]
fn nonsense_is_answered_and_harms_nobody() {
    let mut supervisor = Supervisor::open("", 0).unwrap();
    let mut seed = 7u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        seed >> 33
    };
    let good = plain(&["true"]);
    for round in 0..2000u32 {
        let mut plan = good.clone();
        for _ in 0..1 + random() % 4 {
            let at = random() as usize % plan.len();
            plan[at] = random() as u8;
        }
        if random() % 8 == 0 {
            plan.truncate(random() as usize % plan.len());
        }
        // Not CLOSE, and not a plan that would be right by chance and change this machine.
        let op = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 1000][random() as usize % 11];
        plan.iter_mut().skip(6).take(1).for_each(|kind| *kind = 9);
        let (a, b) = (random() as i64 % 70 - 3, random() as i64 % 3);
        let header = [op, 1 + random() as u32 % 9, random() as u32 % 9, round + 1];
        while supervisor.send(header, if op == 1 { 0 } else { a }, b, [0; 4], &plan) == Err(EAGAIN) {
            supervisor.event().unwrap();
        }
    }
    supervisor.close();
}

#[test]
fn a_bad_request_to_the_library_is_an_errno() {
    assert_eq!(call(99, &[]).err(), Some(38));
    assert_eq!(call(2, &[1, 2, 3]).err(), Some(22));
    assert_eq!(call(2, &[0, 0, 0, 0, 255, 255, 255, 255]).err(), Some(22));
    assert_eq!(call(3, &[0; 70]).err(), Some(22));
    let version = call(1, &[]).unwrap();
    assert_eq!((version.len(), &version[..4]), (12, &[1, 0, 0, 0][..]));
    let mut reply = [0u8; 4];
    let request = [1u8, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(unsafe { entry()(request.as_ptr(), 8, reply.as_mut_ptr(), 4) }, -34);
}

#[test]
fn the_helper_by_itself_does_nothing() {
    let name = library();
    let bytes = fs::read(&name).unwrap();
    let from = bytes.windows(4).skip(4).position(|four| four == b"\x7fELF").expect("the helper is inside") + 4;
    let path = std::env::temp_dir().join(format!("twinbox-helper-{}", std::process::id()));
    fs::write(&path, &bytes[from..]).unwrap();
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    for arguments in [&[][..], &["twinbox"], &["/bin/sh", "-c", "echo no"]] {
        let output = Command::new(&path).arg0("twinbox").args(arguments).stdin(Stdio::null()).output().unwrap();
        assert_eq!((output.status.code(), output.status.signal()), (Some(126), None));
        assert!(output.stdout.is_empty());
    }
    fs::remove_file(&path).unwrap();
}

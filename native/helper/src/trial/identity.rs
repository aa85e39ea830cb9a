//! Ids, capabilities, limits, signals and descriptors of the program.

use super::*;
use crate::errno::*;

const STATUS: &str =
    "grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|SigBlk|SigIgn):' /proc/self/status | tr '\\t' ' '";

fn status<'a>(outcome: &'a Outcome, name: &str) -> &'a str {
    let mut lines = outcome.printed().lines();
    let line = lines.find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} in {outcome:?}"));
    line.split_once(':').unwrap().1.trim()
}

#[test]
fn the_program_has_three_descriptors_and_clean_signals() {
    if !is_root() {
        return;
    }
    let image = Image::new("clean");
    let stray = fs::File::open("/etc/passwd").unwrap();
    sys::fcntl(stray.as_raw_fd(), F_SETFD, 0).unwrap();
    let high = sys::fcntl(stray.as_raw_fd(), F_DUPFD, 700).unwrap();
    let mut birth = Birth::container(&image);
    birth.detach();
    // Rust's own runtime ignores SIGPIPE, as Node does.
    let outcome = birth.sh(&format!("ls /proc/self/fd | tr '\\n' ' '; echo; {STATUS}"));
    sys::close(high);
    assert!(outcome.printed().starts_with("0 1 2 3"), "{outcome:?}");
    assert_eq!(outcome.printed().lines().next().unwrap().trim(), "0 1 2 3");
    for name in ["SigBlk", "SigIgn"] {
        assert_eq!(status(&outcome, name), "0000000000000000", "{name}");
    }
}

#[test]
fn capabilities_are_what_the_plan_says() {
    if !is_root() {
        return;
    }
    let image = Image::new("caps");
    // CHOWN, KILL, NET_BIND_SERVICE.
    let keep = 1i64 | 1 << 5 | 1 << 10;
    let birth = |uid: u32, ambient: i64| {
        let mut birth = Birth::container(&image);
        birth.detach();
        birth.child(Op::Bounding).int(keep);
        birth.child(Op::Keepcaps).int(1);
        birth.credentials(uid, uid, &[10, 20]);
        birth.child(Op::Capset).int(keep).int(keep).int(ambient);
        birth.child(Op::Ambient).int(ambient);
        birth.child(Op::NoNewPrivs);
        birth.child(Op::Umask).int(0o27);
        birth.child(Op::Park);
        birth.sh(&format!("{STATUS}; umask"))
    };
    let outcome = birth(1000, 0);
    assert_eq!(outcome.parked, Some((1000, 1000, 1)));
    for (name, wanted) in [
        ("Uid", "1000 1000 1000 1000"),
        ("Gid", "1000 1000 1000 1000"),
        ("Groups", "10 20"),
        ("CapInh", "0000000000000000"),
        ("CapPrm", "0000000000000000"),
        ("CapEff", "0000000000000000"),
        ("CapBnd", "0000000000000421"),
        ("CapAmb", "0000000000000000"),
        ("NoNewPrivs", "1"),
    ] {
        assert_eq!(status(&outcome, name), wanted, "{name}");
    }
    assert!(outcome.printed().ends_with("0027"));
    let outcome = birth(0, 0);
    assert_eq!((status(&outcome, "CapPrm"), status(&outcome, "CapBnd")), ("0000000000000421", "0000000000000421"));
    let outcome = birth(1000, 1 << 10);
    assert_eq!((status(&outcome, "CapAmb"), status(&outcome, "CapEff")), ("0000000000000400", "0000000000000400"));
}

#[test]
fn a_user_is_the_exact_one_or_an_error() {
    if !is_root() {
        return;
    }
    let image = Image::new("users");
    let passwd = "root:x:0:0:root:/root:/bin/sh\nann:x:1001:101::/home/ann:\nzero:x:0x0:0::/:\n+5:x:0:0::/:\n";
    image.write("etc/passwd", passwd);
    image.write("etc/group", "root:x:0:\nwheel:x:10:ann\nann:x:101:\nusers:x:100:bob,ann\nempty:x::ann2\n");
    let run = |spec: &str| {
        let mut birth = Birth::container(&image);
        birth.detach();
        birth.user(spec);
        birth.sh("id -u; id -g; id -G; echo $HOME")
    };
    let rows = [
        ("ann", "1001\n101\n101 10 100\n/home/ann"),
        ("1001", "1001\n101\n101 10 100\n/home/ann"),
        ("ann:wheel", "1001\n10\n10\n/home/ann"),
        ("ann:7", "1001\n7\n7\n/home/ann"),
        ("5", "5\n0\n0\n/"),
        ("5:6", "5\n6\n6\n/"),
        ("0", "0\n0\n0\n/root"),
        ("ann:10\nusers\n55", "1001\n10\n10 100 55\n/home/ann"),
        ("4294967294", "4294967294\n0\n0\n/"),
        ("0010:0", "10\n0\n0\n/"),
    ];
    for (spec, wanted) in rows {
        let outcome = run(spec);
        let mut lines: Vec<String> = outcome.printed().lines().map(String::from).collect();
        let mut groups: Vec<&str> = lines[2].split(' ').collect();
        groups[1..].sort();
        lines[2] = groups.join(" ");
        assert_eq!(lines.join("\n"), wanted, "{spec:?}");
    }
    #[rustfmt::skip]
    let odd = [
        "", ":", "4294967295", "4294967296", "1000x", "+5", "-1", " 1", "1 ", "0x10", "1000:", ":5", "5:6:7", "nobody",
        "ann:nogroup", "zero", "99999999999999999999", "ann\nnogroup", "ann:-1", "ann:4294967295", "ann\n", "5:empty",
    ];
    for spec in odd {
        assert_eq!(run(spec).error(), EINVAL, "{spec:?}");
    }
}

#[test]
fn the_files_of_users_may_be_anything() {
    if !is_root() {
        return;
    }
    let image = Image::new("userfiles");
    let run = |spec: &str| {
        let mut birth = Birth::container(&image);
        birth.detach();
        birth.user(spec);
        birth.sh("id -u; echo $HOME")
    };
    assert_eq!(run("5").printed(), "5\n/");
    assert_eq!(run("ann").error(), EINVAL);
    let mut fifo = Birth::container(&image);
    fifo.child(Op::Mknod).text("/etc/passwd").int(S_IFIFO as i64).int(0).int(0).int(0o666).int(0).int(0);
    fifo.detach();
    fifo.user("ann");
    assert_eq!(fifo.sh("true").error(), EINVAL);
    fs::remove_file(image.0.join("etc/passwd")).unwrap();
    // As some systems have it; and a link that would lead out.
    fs::create_dir_all(image.0.join("run/etc")).unwrap();
    image.write("run/etc/passwd", "ann:x:7:7::/ann:\n");
    image.link("../../../../run/etc/passwd", "etc/passwd");
    assert_eq!(run("ann").printed(), "7\n/ann");
}

#[test]
fn a_user_without_powers_in_a_namespace_can_open_its_pipes() {
    if !is_root() {
        return;
    }
    let image = Image::new("pipes");
    for (kind, wanted) in [(1, "w"), (3, "no")] {
        let mut birth = Birth::user_container(&image, 200_000, 1000);
        birth.plan.runtime(Op::Stdio).ints(&[0, kind, kind]);
        birth.pipes_of = Some(200_000);
        birth.detach();
        birth.credentials(7, 7, &[]);
        birth.exec(&["sh", "-c", "(echo w > /proc/self/fd/1) 2>&- || echo no"], &["PATH=/bin"]);
        assert_eq!(birth.run().printed(), wanted);
    }
}

#[test]
fn null_is_the_containers_own_where_it_has_one() {
    if !is_root() {
        return;
    }
    let image = Image::new("null");
    let run = |prepare: &dyn Fn(&mut Birth)| {
        let mut birth = Birth::container(&image);
        birth.plan.runtime(Op::Stdio).ints(&[0, 1, 1]);
        prepare(&mut birth);
        birth.detach();
        birth.credentials(7, 7, &[]);
        let outcome = birth.sh("stat -L -c '%d %t %T' /proc/self/fd/0; cat");
        let text = outcome.printed().to_string();
        let _ = fs::remove_file(image.0.join("dev/null"));
        text
    };
    let host = fs::metadata("/dev/null").unwrap();
    let host = format!("{} 1 3", std::os::unix::fs::MetadataExt::dev(&host));
    let node = |birth: &mut Birth, minor: i64| {
        birth.child(Op::Mknod).text("/dev/null").int(S_IFCHR as i64).int(1).int(minor).int(0o666).int(0).int(0);
    };
    assert_eq!(run(&|_| ()), host);
    assert_eq!(run(&|birth| node(birth, 5)), host);
    assert_eq!(run(&|birth| birth.symlink("/etc", "/dev/null")), host);
    let own = run(&|birth| node(birth, 3));
    assert!(own.ends_with(" 1 3") && own != host, "{own}");
}

#[test]
fn limits_are_set_lowered_and_kept() {
    if !is_root() {
        return;
    }
    let image = Image::new("limits");
    let mut birth = Birth::container(&image);
    birth.detach();
    birth.child(Op::Prlimit).int(7).int(1024).int(2048);
    birth.child(Op::Prlimit).int(4).int(0).int(-2);
    birth.child(Op::Prlimit).int(1).int(-1).int(4096);
    let outcome = birth.sh("ulimit -n; ulimit -Hn; ulimit -c; ulimit -f; ulimit -Hf");
    assert_eq!(outcome.printed(), "1024\n2048\n0\n8\n8");
    let mut birth = Birth::container(&image);
    birth.child(Op::Prlimit).int(7).int(-3).int(5);
    assert_eq!(birth.sh("true").error(), EINVAL);
}

#[test]
fn a_filter_and_a_keyring_of_its_own() {
    if !is_root() {
        return;
    }
    let image = Image::new("filter");
    let mut birth = Birth::container(&image);
    birth.detach();
    birth.child(Op::Keyring).optional(ENOSYS);
    birth.child(Op::NoNewPrivs);
    birth.child(Op::Seccomp).int(0).blob(&filter(&[crate::number::MKDIRAT, 83], 0x0005_0000 | 1));
    let outcome = birth.sh(&format!("mkdir /tmp/x 2>&1; {STATUS}"));
    assert!(outcome.printed().contains("Operation not permitted"));
    assert_eq!(status(&outcome, "Seccomp"), "2");
    for bytes in [&b""[..], b"1234567"] {
        let mut birth = Birth::container(&image);
        birth.child(Op::Seccomp).int(0).blob(bytes);
        assert_eq!(birth.sh("true").error(), EINVAL);
    }
}

#[test]
fn a_child_whose_parent_is_gone_does_nothing() {
    if !is_root() {
        return;
    }
    let image = Image::new("orphan");
    let mut birth = Birth::container(&image);
    birth.orphan = true;
    birth.child(Op::Pdeathsig).int(9);
    birth.detach();
    let outcome = birth.sh("echo ran");
    assert_eq!((outcome.output.as_str(), outcome.end), ("", (1, 125)));
}

/// What a process of the container could try on one that enters it: root, as that one is, but without CAP_SYS_PTRACE.
#[test]
fn a_child_cannot_be_looked_into_before_it_is_the_program() {
    if !is_root() {
        return;
    }
    fn look(pid: i32) {
        std::thread::scope(|scope| {
            scope
                .spawn(|| {
                    sys::capset(1, 1, 0).unwrap();
                    for name in ["exe", "cwd", "root", "fd/0", "ns/mnt"] {
                        assert!(fs::read_link(format!("/proc/{pid}/{name}")).is_err(), "{name}");
                    }
                    for name in ["exe", "fd/0", "mem", "environ", "maps", "auxv"] {
                        assert!(fs::File::open(format!("/proc/{pid}/{name}")).is_err(), "{name}");
                    }
                })
                .join()
                .unwrap();
        });
    }
    let image = Image::new("dumpable");
    let mut births = [Birth::container(&image), Birth::user_container(&image, 0, 65536)];
    births[0].child(Op::Pdeathsig).int(9);
    for mut birth in births {
        birth.detach();
        birth.at_park = Some(look);
        birth.child(Op::Park);
        let outcome = birth.sh("echo ran");
        assert_eq!((outcome.printed(), outcome.parked), ("ran", Some((0, 0, 1))));
    }
}

/// PDEATHSIG follows the thread that cloned, and a change of ids clears it.
#[test]
fn the_end_of_its_parent_ends_a_child_that_has_other_ids() {
    if !is_root() {
        return;
    }
    for (again, killed) in [(true, true), (false, false)] {
        let mut birth = Birth::new(CLONE_NEWPID);
        birth.child(Op::Pdeathsig).int(9);
        birth.credentials(1000, 1000, &[]);
        if again {
            birth.child(Op::Pdeathsig).int(9);
        }
        birth.child(Op::Park);
        let plan = map(&birth.plan.finish(1, SLOTS));
        let slots = sys::table::<Fd>(birth.slots.len()).unwrap();
        slots.copy_from_slice(&birth.slots);
        let [mine, theirs] = sys::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC).unwrap();
        let parent = std::thread::spawn(move || {
            let cloned = sys::clone3(CLONE_NEWPID, SIGCHLD, -1).unwrap();
            if cloned.pid == 0 {
                step::run(plan, Child::new(slots, theirs), 1);
            }
            channel::expect(mine, channel::PARKED).unwrap();
            cloned.pidfd
        });
        let pidfd = parent.join().unwrap();
        let mut poll = [PollFd { fd: pidfd, events: POLLIN, revents: 0 }];
        let timeout = Timespec { seconds: if killed { 5 } else { 0 }, nanoseconds: 200_000_000 };
        let ended = sys::poll(&mut poll, Some(timeout)).unwrap();
        assert_eq!(ended == 1, killed);
        sys::pidfd_send_signal(pidfd, SIGKILL).unwrap();
        let waited = sys::waitid(P_PIDFD, pidfd, WEXITED).unwrap().unwrap();
        assert_eq!((waited.code, waited.status), (2, SIGKILL));
        [mine, theirs, pidfd].into_iter().for_each(sys::close);
    }
}

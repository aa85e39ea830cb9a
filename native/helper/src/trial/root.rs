//! The root of a container: mounts, devices, what is covered, and that nothing of the host's is in reach.

use super::*;
use crate::errno::*;

#[test]
fn a_container_has_its_own_root_processes_and_names() {
    if !is_root() {
        return;
    }
    let image = Image::new("own");
    let mut birth = Birth::container(&image);
    birth.child(Op::Sethostname).text("box");
    birth.child(Op::Setdomainname).text("domain");
    birth.child(Op::Loopback);
    birth.detach();
    let outcome = birth.sh("echo $$; hostname; cat /proc/sys/kernel/domainname; ls -1 / | tr '\n' ' '; \
         wc -l < /proc/self/mountinfo; ifconfig lo | grep -c UP");
    assert_eq!(outcome.printed(), "1\nbox\ndomain\nbin dev etc proc run sys tmp 2\n1");
}

#[test]
fn a_container_in_a_user_namespace_has_the_same() {
    if !is_root() {
        return;
    }
    let image = Image::new("user");
    let mut birth = Birth::user_container(&image, 100_000, 65536);
    birth.mount("tmpfs", "/dev", MS_NOSUID, &["mode=755", "size=64k"]);
    birth.mkdirs("/dev/shm");
    birth.mount("sysfs", "/sys", MS_RDONLY | MS_NOSUID, &[]);
    birth.mount("mqueue", "/run", 0, &[]);
    birth.detach();
    let outcome = birth.sh("echo $$; id -u; cat /proc/self/uid_map; mount | cut -d' ' -f1,3; ls -d /dev/shm");
    let printed = outcome.printed().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(printed.starts_with("1 0 0 100000 65536"), "{printed}");
    assert!(printed.ends_with("proc /proc tmpfs /dev sysfs /sys mqueue /run /dev/shm"), "{printed}");
}

#[test]
fn a_user_without_powers_makes_one_with_a_single_id() {
    if !is_root() {
        return;
    }
    let image = Image::new("single");
    std::os::unix::fs::chown(&image.0, Some(65534), Some(65534)).unwrap();
    let outcome = as_user(65534, 65534, || {
        let mut birth = Birth::user_container(&image, 65534, 1);
        birth.deny_setgroups = true;
        birth.detach();
        birth.sh("id -u; id -g; cat /proc/self/setgroups; ls /proc/self/fd | tr '\n' ' '")
    });
    assert_eq!(outcome.printed(), "0\n0\ndeny\n0 1 2 3");
}

/// Between the pivot and the umount the old root is mounted on "/": a `..` that the kernel walks would fall into it.
#[test]
fn no_symlink_leads_into_the_old_root_while_it_is_there() {
    if !is_root() {
        return;
    }
    let image = Image::new("stacked");
    let victim = Image::new("victim");
    image.link(&format!("bin/..{}", victim.path()), "evil");
    image.link("tmp/../../../../../..", "up");
    image.write("etc/kept", "kept");
    let inside = |path: &str| image.0.join(victim.path().trim_start_matches('/')).join(path);
    let mut birth = Birth::container(&image);
    birth.mkdirs("/evil/made");
    birth.mkdirs(&format!("/up{}/made2", victim.path()));
    birth.child(Op::Write).text("/evil/written").text("x");
    birth.child(Op::Mknod).text("/evil/null").int(S_IFCHR as i64).int(1).int(3).int(0o666).int(0).int(0);
    birth.child(Op::Symlink).text("there").text("/evil/link");
    birth.mkdirs("/evil/mounted");
    birth.mount("tmpfs", "/evil/mounted", 0, &[]);
    birth.child(Op::Chdir).text("/evil/made");
    birth.child(Op::Chdir).text("/");
    birth.detach();
    let outcome = birth.sh(&format!("cat {}/written; mount | grep -c mounted", victim.path()));
    assert_eq!(outcome.printed(), "x1");
    for name in ["made", "made2", "written", "null", "link", "mounted"] {
        assert!(!victim.0.join(name).exists(), "{name} is outside");
        assert!(fs::symlink_metadata(inside(name)).is_ok(), "{name} is not inside");
    }
}

#[test]
fn masked_and_read_only_paths() {
    if !is_root() {
        return;
    }
    let image = Image::new("mask");
    image.write("etc/secret", "secret");
    image.write("etc/secret2", "secret");
    for directory in ["etc/secrets", "etc/secrets2", "etc/ro/below"] {
        fs::create_dir_all(image.0.join(directory)).unwrap();
        image.write(&format!("{directory}/one"), "secret");
    }
    let mut birth = Birth::container(&image);
    birth.mkdirs("/etc/ro/tmpfs");
    birth.mount("tmpfs", "/etc/ro/tmpfs", 0, &[]);
    birth.detach();
    let missing = ["/etc/missing/x", "/proc/acpi", "/bin/busybox/x"];
    let there = ["/etc/secret", "/etc/secrets", "/etc/secret2", "/etc/secrets2", "/proc/uptime"];
    for path in there.into_iter().chain(missing) {
        birth.child(Op::Mask).text(path).int(NULL as i64);
    }
    birth.child(Op::Readonly).text("/etc/ro");
    birth.child(Op::Readonly).text("/proc/sys");
    birth.child(Op::Readonly).text("/none");
    let outcome =
        birth.sh("cat /etc/secret /etc/secret2 /proc/uptime; ls /etc/secrets /etc/secrets2; echo x > /etc/secret; \
         for f in /etc/secrets/x /etc/ro/x /etc/ro/below/x /etc/ro/tmpfs/x /proc/sys/kernel/hostname; do \
         (echo x > $f) 2>/dev/null || echo no; done; \
         echo x > /etc/free && cat /etc/free; for f in secret secret2; do chmod 600 /etc/$f 2>/dev/null || echo no; done");
    assert_eq!(outcome.printed(), "/etc/secrets:\n\n/etc/secrets2:\nno\nno\nno\nno\nno\nx\nno\nno");
    assert_eq!(fs::metadata("/dev/null").unwrap().permissions().mode() & 0o777, 0o666);
}

#[test]
fn nothing_that_is_mounted_inside_appears_on_a_shared_host() {
    if !is_root() {
        return;
    }
    let image = Image::new("shared");
    image.write("etc/secret", "secret");
    image.write("etc/secret2", "secret");
    image.write("etc/other", "other");
    for without in [vec![], vec![crate::number::MOUNT_SETATTR]] {
        let escaped = where_all_is_shared(|| {
            let mut birth = Birth::container(&image);
            birth.without = without.clone();
            birth.mkdirs("/tmp/x");
            birth.mount("tmpfs", "/tmp/x", 0, &[]);
            birth.detach();
            birth.child(Op::Mask).text("/etc/secret").int(NULL as i64);
            birth.child(Op::Mask).text("/etc/secret2").int(NULL as i64);
            birth.child(Op::Readonly).text("/etc");
            // On top of what covers a secret lies a copy of the host's own /dev/null.
            let outcome = birth
                .sh("for f in secret secret2; do mount -o bind /etc/other /etc/$f && cat /etc/$f; done; \
                 mount -t tmpfs t /tmp; mount -t tmpfs t /etc");
            assert_eq!(outcome.printed(), "otherother");
        });
        assert_eq!(escaped, [] as [&str; 0], "{without:?}");
    }
}

/// What is mounted on the root would be taken off in place of the old root, which would stay.
#[test]
fn nothing_is_mounted_on_the_root() {
    if !is_root() {
        return;
    }
    for target in ["..", "/", ".", "../..", "/data/..", "/up/.", "proc2/.."] {
        let image = Image::new("onroot");
        for name in ["data", "proc2"] {
            fs::create_dir_all(image.0.join(name)).unwrap();
        }
        image.link("..", "up");
        fs::remove_dir(image.0.join("sys")).unwrap();
        image.link(target, "sys");
        let run = |act: &dyn Fn(&mut Birth), after: bool| {
            let mut birth = Birth::container(&image);
            let flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE as u32;
            let tree = super::sys::open_tree(AT_FDCWD, &c(image.path()), flags).unwrap();
            birth.slots[FREE as usize] = tree;
            if after {
                birth.detach();
            }
            act(&mut birth);
            if !after {
                birth.detach();
            }
            let outcome = birth.sh("ls /..");
            super::sys::close(tree);
            outcome.error()
        };
        for after in [false, true] {
            assert_eq!(run(&|birth| birth.mount("sysfs", "/sys", 0, &[]), after), EBUSY, "{target}");
            assert_eq!(run(&|birth| birth.mount("tmpfs", "/sys", 0, &["mode=755"]), after), EBUSY, "{target}");
            assert_eq!(run(&|birth| birth.mount("tmpfs", "/sys/.", 0, &[]), after), EBUSY, "{target}");
            let tree = |birth: &mut Birth| {
                birth.mkdirs("/sys");
                birth.child(Op::MoveMount).int(FREE as i64).text("/sys");
            };
            assert_eq!(run(&tree, after), EBUSY, "{target}");
            let bind = |birth: &mut Birth| {
                birth.child(Op::Mount).text("/etc").text("/sys").text("").int(MS_BIND as i64).texts(&[]);
            };
            assert_eq!(run(&bind, after), EBUSY, "{target}");
            let readonly = |birth: &mut Birth| {
                birth.child(Op::Readonly).text("/sys");
            };
            assert_eq!(run(&readonly, after), EBUSY, "{target}");
            let mask = |birth: &mut Birth| {
                birth.child(Op::Mask).text("/sys/").int(-1);
            };
            assert_eq!(run(&mask, after), EBUSY, "{target}");
        }
    }
}

#[test]
fn no_program_runs_while_the_old_root_is_there() {
    if !is_root() {
        return;
    }
    let image = Image::new("oldroot");
    assert_eq!(Birth::container(&image).sh("ls /..").error(), EBUSY);
    // What someone else has put on top of it.
    let mut birth = Birth::container(&image);
    birth.child(Op::Chdir).text("/proc");
    birth.child(Op::Umount).text(".").int(MNT_DETACH as i64);
    assert_eq!(birth.sh("ls /..").error(), EBUSY);
    let mut birth = Birth::container(&image);
    birth.detach();
    assert_eq!(
        birth.sh("ls -d /../etc/shadow 2>&- || echo none; grep -c ' / / ' /proc/self/mountinfo").output,
        "none\n0\n"
    );
}

/// Another container with the same image renames directories of it while this one is born: what was mounted there moves
/// with them, and its protections must follow.
#[test]
fn what_is_mounted_is_not_looked_up_again() {
    if !is_root() {
        return;
    }
    let image = Image::new("renamed");
    let source = Image::new("renamedsource");
    source.write("etc/file", "kept");
    for name in ["data", "proc2", "dev2", "data2"] {
        fs::create_dir_all(image.0.join(name)).unwrap();
    }
    let run = |without: Vec<usize>| {
        let mut birth = Birth::container(&image);
        birth.without = without;
        let flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE as u32;
        let tree = super::sys::open_tree(AT_FDCWD, &c(source.path()), flags).unwrap();
        birth.slots[FREE as usize] = tree;
        birth.mkdirs("/dev");
        birth.mount("tmpfs", "/dev", MS_NOSUID, &["mode=755"]);
        birth.mkdirs("/data");
        birth.child(Op::MoveMount).int(FREE as i64).text("/data");
        // Here the other one acts: each name now is of another directory.
        birth.child(Op::Sync);
        let path = image.0.clone();
        birth.at_sync = Some(Box::new(move || {
            for name in ["proc", "dev", "data"] {
                fs::rename(path.join(name), path.join("aside")).unwrap();
                fs::rename(path.join(format!("{name}2")), path.join(name)).unwrap();
                fs::rename(path.join("aside"), path.join(format!("{name}2"))).unwrap();
            }
        }));
        birth
            .child(Op::Mount)
            .text("")
            .text("/data")
            .text("")
            .int((MS_BIND | MS_REMOUNT | MS_RDONLY) as i64)
            .texts(&[]);
        birth.child(Op::Mknod).text("/dev/null").int(S_IFCHR as i64).int(1).int(3).int(0o666).int(0).int(0);
        birth.mkdirs("/dev/pts");
        birth.mount("devpts", "/dev/pts", 0, &["newinstance", "ptmxmode=0666"]);
        birth.detach();
        birth.child(Op::Readonly).text("/proc/sys");
        birth.child(Op::Mask).text("/proc/uptime").int(NULL as i64);
        let outcome = birth.sh("cat /proc2/uptime; for f in /proc2/sys/kernel/hostname /data2/etc/file; do \
             (echo x > $f) 2>&- || echo no; done; ls -x /dev2; ls -x /dev2/pts; ls /proc /dev /data");
        super::sys::close(tree);
        outcome.printed().to_string()
    };
    for without in [vec![], vec![crate::number::OPENAT2], vec![crate::number::MOUNT_SETATTR]] {
        assert_eq!(run(without.clone()), "no\nno\nnull  pts\nptmx\n/data:\n\n/dev:\n\n/proc:", "{without:?}");
    }
    assert!(!image.0.join("dev/null").exists() && !image.0.join("dev2/null").exists());
}

#[test]
fn a_symlink_is_not_masked_but_an_error() {
    if !is_root() {
        return;
    }
    let image = Image::new("masklink");
    image.link("/etc/real", "etc/link");
    image.write("etc/real", "secret");
    let mut birth = Birth::container(&image);
    birth.detach();
    birth.child(Op::Mask).text("/etc/link").int(NULL as i64);
    assert_eq!(birth.sh("true").error(), ELOOP);
    let mut birth = Birth::container(&image);
    birth.detach();
    birth.child(Op::Mask).text("/etc/real").int(-1);
    assert_eq!(birth.sh("true").error(), EBADF);
    // Something else than the host's /dev/null in the slot.
    let mut birth = Birth::container(&image);
    birth.detach();
    birth.slots[FREE as usize] = fs::File::open("/dev/zero").unwrap().into_raw_fd();
    birth.child(Op::Mask).text("/etc/real").int(FREE as i64);
    assert_eq!(birth.sh("true").error(), EINVAL);
}

#[test]
fn binds_go_where_symlinks_lead_inside_and_types_must_fit() {
    if !is_root() {
        return;
    }
    let image = Image::new("bind");
    let source = Image::new("source");
    source.write("etc/file", "from outside");
    image.link("/run", "etc/run");
    let tree = |birth: &mut Birth, path: &str| {
        let flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE as u32;
        birth.slots[FREE as usize] = super::sys::open_tree(AT_FDCWD, &c(path), flags).unwrap();
    };
    let mut birth = Birth::container(&image);
    tree(&mut birth, source.path());
    birth.mkdirs("/etc/run/data");
    birth.child(Op::MoveMount).int(FREE as i64).text("/etc/run/data");
    let attributes = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_REC;
    birth.child(Op::Mount).text("").text("/run/data").text("").int(attributes as i64).texts(&[]);
    birth.child(Op::Mount).text("").text("/run/data").text("").int((MS_REC | MS_PRIVATE) as i64).texts(&[]);
    birth.detach();
    let fd = birth.slots[FREE as usize];
    let outcome = birth.sh("cat /run/data/etc/file; (echo x > /run/data/etc/file) 2>&1 | grep -c 'Read-only'; \
         grep -c 'data ro,nosuid' /proc/self/mountinfo");
    assert_eq!(outcome.printed(), "from outside1\n1");
    super::sys::close(fd);

    let mut birth = Birth::container(&image);
    tree(&mut birth, &format!("{}/etc/file", source.path()));
    birth.mkdirs("/etc/adir");
    birth.child(Op::MoveMount).int(FREE as i64).text("/etc/adir");
    assert_eq!(birth.sh("true").error(), EISDIR);
    let mut birth = Birth::container(&image);
    tree(&mut birth, &format!("{}/etc/file", source.path()));
    birth.child(Op::Mkdirs).text("/etc/deep/afile").int(0o644).int(1);
    birth.child(Op::MoveMount).int(FREE as i64).text("/etc/deep/afile");
    birth.detach();
    assert_eq!(birth.sh("cat /etc/deep/afile").printed(), "from outside");
}

#[test]
fn devices_are_the_wanted_ones_or_an_error() {
    if !is_root() {
        return;
    }
    let image = Image::new("device");
    image.write("dev/zero", "a file of the image's");
    image.link("/etc/passwd", "dev/full");
    image.link("pts/ptmx", "dev/ptmx");
    let node = |birth: &mut Birth, path: &str, minor: i64, uid: i64| {
        birth.child(Op::Mknod).text(path).int(S_IFCHR as i64).int(1).int(minor).int(0o666).int(uid).int(uid);
    };
    let mut birth = Birth::container(&image);
    node(&mut birth, "/dev/null", 3, 0);
    node(&mut birth, "/dev/null", 3, 0);
    node(&mut birth, "/dev/net/urandom", 9, 7);
    birth.child(Op::Symlink).text("/proc/self/fd").text("/dev/fd");
    birth.child(Op::Symlink).text("pts/ptmx").text("/dev/ptmx");
    birth.detach();
    let outcome = birth.sh(
        "stat -c '%F %t %T %a %u' /dev/null /dev/net/urandom; readlink /dev/fd; echo x > /dev/null && cat /dev/null",
    );
    let wanted = "character special file 1 3 666 0\ncharacter special file 1 9 666 7\n/proc/self/fd";
    assert_eq!(outcome.printed(), wanted);
    for (path, minor) in [("/dev/zero", 5), ("/dev/full", 7), ("/dev/null", 5)] {
        let mut birth = Birth::container(&image);
        node(&mut birth, path, minor, 0);
        assert_eq!(birth.sh("true").error(), EEXIST, "{path}");
    }
    let mut birth = Birth::container(&image);
    birth.child(Op::Symlink).text("other").text("/dev/ptmx");
    assert_eq!(birth.sh("true").error(), EEXIST);
}

#[test]
fn proc_and_sys_as_symlinks_of_the_image_are_mounted_inside() {
    if !is_root() {
        return;
    }
    let image = Image::new("proclink");
    fs::remove_dir(image.0.join("sys")).unwrap();
    image.link("/run", "sys");
    let mut birth = Birth::container(&image);
    birth.mount("tmpfs", "/sys", 0, &[]);
    // A kernel parameter goes to the kernel, whatever is at /proc inside.
    birth.mount("tmpfs", "/proc", 0, &[]);
    birth.mkdirs("/proc/sys/kernel");
    birth.child(Op::Write).text("/proc/sys/kernel/hostname").text("written");
    birth.child(Op::Write).text("/proc/self/oom_score_adj").text("77");
    birth.detach();
    let outcome = birth.sh("hostname; ls /proc/sys/kernel; mount | grep -c ' /run '; \
         mkdir /tmp/p; mount -t proc p /tmp/p; cat /tmp/p/self/oom_score_adj");
    assert_eq!(outcome.printed(), "written\nmount: no /proc/mounts\n0\n77");
}

#[test]
fn writes_to_procfs_stay_in_it() {
    if !is_root() {
        return;
    }
    let image = Image::new("procwrite");
    for (path, errno) in [
        ("/proc/../etc/kept", EXDEV),
        ("/proc/self/root/etc/kept", ELOOP),
        ("/proc/self/cwd/kept", ELOOP),
        ("//proc///self/root/etc/kept", ELOOP),
        ("/proc/", ENOENT),
        ("/proc/sys/none", ENOENT),
        ("/proc/self/fd/1", ELOOP),
    ] {
        let mut birth = Birth::container(&image);
        birth.child(Op::Write).text(path).text("x");
        assert_eq!(birth.sh("true").error(), errno, "{path}");
    }
    image.link("/tmp/elsewhere", "etc/link");
    let mut birth = Birth::container(&image);
    birth.child(Op::Write).text("/etc/link").text("x");
    assert_eq!(birth.sh("true").error(), ELOOP);
}

#[test]
fn a_working_directory_is_below_the_root() {
    if !is_root() {
        return;
    }
    let image = Image::new("cwd");
    image.link("/proc/self/fd", "tmp/fds");
    for (path, errno) in [
        ("/proc/self/fd/0", ELOOP),
        ("/proc/self/cwd", ELOOP),
        ("/proc/1/root", ELOOP),
        ("/tmp/fds/0", ELOOP),
        ("/bin/busybox", ENOTDIR),
        ("/none", ENOENT),
    ] {
        let mut birth = Birth::container(&image);
        birth.detach();
        birth.child(Op::Chdir).text(path);
        let outcome = birth.sh("pwd");
        assert_eq!(outcome.error(), errno, "{path}");
    }
    let mut birth = Birth::container(&image);
    birth.detach();
    birth.child(Op::Chdir).text("/../etc/.");
    assert_eq!(birth.sh("pwd").printed(), "/etc");
}

#[test]
fn what_is_optional_is_passed_over_and_a_failure_names_its_step() {
    if !is_root() {
        return;
    }
    let image = Image::new("optional");
    let mut birth = Birth::container(&image);
    birth.child(Op::Umount).text("/tmp").int(0).optional(ENOENT).optional(EINVAL);
    birth.detach();
    assert_eq!(birth.sh("echo ran").printed(), "ran");
    let mut birth = Birth::container(&image);
    let index = birth.plan.next_index();
    birth.child(Op::Umount).text("/tmp").int(0).optional(ENOENT);
    assert_eq!(birth.sh("echo ran").failed, Some((EINVAL, index as i64, crate::number::UMOUNT2 as i64)));
}

#[test]
fn an_overlay_with_a_long_list_of_layers() {
    if !is_root() || !kernel_has("/proc/filesystems", "overlay") {
        return;
    }
    let image = Image::new("overlay");
    let mut lower = vec![];
    for n in 0..12 {
        let name = format!("tmp/a-layer-with-a-long-name-of-{n}");
        fs::create_dir_all(image.0.join(&name)).unwrap();
        image.write(&format!("{name}/file{n}"), "x");
        lower.push(format!("/{name}"));
    }
    let mut birth = Birth::container(&image);
    birth.mount("tmpfs", "/run", 0, &[]);
    birth.mkdirs("/run/upper");
    birth.mkdirs("/run/work");
    birth.detach();
    let lower = format!("lowerdir={}", lower.join(":"));
    assert!(lower.len() > 256);
    birth.mount("overlay", "/etc", MS_NOSUID, &[&lower, "upperdir=/run/upper", "workdir=/run/work"]);
    let outcome = birth
        .sh("ls /etc | wc -l; echo y > /etc/new; ls /run/upper; grep -c 'etc .*nosuid.* overlay' /proc/self/mountinfo");
    assert_eq!(outcome.printed(), "12\nnew\n1");
}

#[test]
fn time_offsets_are_entered_by_exec() {
    if !is_root() || !Path::new("/proc/self/ns/time").exists() {
        return;
    }
    let image = Image::new("time");
    let mut birth = Birth::container(&image);
    birth.child(Op::Unshare).int(CLONE_NEWTIME as i64);
    birth.child(Op::Write).text("/proc/self/timens_offsets").text("monotonic 0 0\nboottime 1000000 0\n");
    birth.child(Op::Setns).text("/proc/self/ns/time_for_children").int(CLONE_NEWTIME as i64);
    birth.detach();
    let outcome = birth.sh("cut -d. -f1 /proc/uptime");
    assert!(outcome.printed().parse::<u64>().unwrap() >= 1_000_000);
    for path in ["/proc/self/ns/../ns/time", "/proc/self/ns/", "/etc/passwd", "/proc/1/ns/mnt"] {
        let mut birth = Birth::container(&image);
        birth.child(Op::Setns).text(path).int(CLONE_NEWTIME as i64);
        assert_eq!(birth.sh("true").error(), EINVAL, "{path}");
    }
}

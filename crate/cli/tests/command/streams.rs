//! What goes to standard output, to standard error and to files.

use std::io::Read;
use std::process::Stdio;

use crate::support::{Scratch, floatscope, outcome, scan, test_data};

#[test]
fn a_piped_table_is_plain_and_whole() {
    let path = test_data("fixtures/dtypes.safetensors");
    let outcome = scan([&path]);
    assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
    assert!(!outcome.stdout.contains('\x1b'));
    assert!(
        outcome.stdout.starts_with("Stored as "),
        "{}",
        outcome.stdout
    );
    for name in ["bell.BF16", "random.F4", "bell.C64"] {
        let line = outcome.stdout.lines().find(|line| line.starts_with(name));
        let line = line.unwrap_or_else(|| panic!("no line for {name}"));
        assert!(line.contains('×') && line.contains('/'), "{line}");
    }
    assert!(!outcome.stdout.contains("Not shown"));
}

#[test]
fn names_cannot_steer_the_terminal() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["\x1b[2Jgone\u{202e}\r\n"]);
    let outcome = scan([&path]);
    assert!(
        outcome.stdout.contains(r"\u{1b}[2Jgone\u{202e}\r\n"),
        "{}",
        outcome.stdout
    );
    assert!(!outcome.stdout.contains(['\x1b', '\r', '\u{202e}']));
}

#[cfg(unix)]
#[test]
fn file_names_cannot_either() {
    let scratch = Scratch::new();
    let path = scratch.write("a\x1b[2J\n.safetensors", "");
    let outcome = scan([&path]);
    assert_eq!(outcome.complaints().len(), 1, "{:?}", outcome.stderr);
    assert!(
        outcome
            .stderr
            .contains(r"a\u{1b}[2J\n.safetensors: the file is empty"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn reports_go_to_files_beside_the_table() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["a"]);
    let (json, csv) = (scratch.path("r.json"), scratch.path("r.csv"));
    let outcome = outcome(
        floatscope()
            .arg("scan")
            .arg(&path)
            .arg("--json")
            .arg(&json)
            .arg("--csv")
            .arg(&csv),
    );
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("3 parameters"));
    let read = |path| std::fs::read_to_string(path).expect("the report was written");
    let alone = |option: &str| scan([path.as_os_str(), option.as_ref(), "-".as_ref()]).stdout;
    assert_eq!(read(&json), alone("--json"));
    assert_eq!(read(&csv), alone("--csv"));
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_before_the_scan() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["a"]);
    let target = scratch.path("absent/r.json");
    let outcome = scan([path.as_os_str(), "--json".as_ref(), target.as_os_str()]);
    assert_eq!((outcome.status, &*outcome.stdout), (Some(2), ""));
    let begin = format!("floatscope: {}: cannot be written: ", target.display());
    assert_eq!(outcome.complaints().len(), 1);
    assert!(outcome.stderr.starts_with(&begin), "{}", outcome.stderr);
}

#[test]
fn the_checkpoint_is_never_written_over() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["a"]);
    let before = std::fs::read(&path).expect("it can be read");
    let outcome = scan([path.as_os_str(), "--json".as_ref(), path.as_os_str()]);
    assert_eq!(outcome.status, Some(2));
    assert!(
        outcome.stderr.contains("it is to be read"),
        "{}",
        outcome.stderr
    );
    assert_eq!(std::fs::read(&path).expect("it can be read"), before);
}

#[test]
fn neither_is_its_index() {
    let scratch = Scratch::new();
    scratch.checkpoint("m-1.safetensors", &["a"]);
    let index = scratch.index("model.safetensors.index.json", &[("a", "m-1.safetensors")]);
    let before = std::fs::read(&index).expect("it can be read");
    let outcome = scan([
        scratch.folder().as_os_str(),
        "--csv".as_ref(),
        index.as_os_str(),
    ]);
    assert_eq!(outcome.status, Some(2));
    assert_eq!(std::fs::read(&index).expect("it can be read"), before);
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_to_it_either() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["a"]);
    let before = std::fs::read(&path).expect("it can be read");
    let (hard, soft) = (scratch.path("hard.json"), scratch.path("soft.json"));
    std::fs::hard_link(&path, &hard).expect("a link can be made");
    std::os::unix::fs::symlink(&path, &soft).expect("a link can be made");
    for link in [&hard, &soft] {
        let outcome = scan([path.as_os_str(), "--json".as_ref(), link.as_os_str()]);
        assert_eq!(outcome.status, Some(2), "{link:?}");
        assert_eq!(std::fs::read(&path).expect("it can be read"), before);
    }
}

#[cfg(unix)]
#[test]
fn a_report_takes_the_place_of_the_one_before_as_a_whole() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["a"]);
    let (target, before) = (scratch.path("r.json"), scratch.path("before.json"));
    scratch.write("r.json", "the one before");
    // A second name for the file shows whether it is written over.
    std::fs::hard_link(&target, &before).expect("a link can be made");
    let rights = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(&target, rights).expect("they can be set");
    let link = scratch.path("link.json");
    std::os::unix::fs::symlink(&target, &link).expect("a link can be made");
    let outcome = scan([path.as_os_str(), "--json".as_ref(), link.as_os_str()]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    let read = |path| std::fs::read_to_string(path).expect("it can be read");
    assert_eq!(read(&before), "the one before");
    assert!(read(&target).starts_with('{'));
    let mode = |path| {
        std::fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
    };
    assert_eq!(mode(&target) & 0o777, 0o640);
    assert!(link.is_symlink());
    let names = std::fs::read_dir(scratch.folder()).expect("a folder");
    assert_eq!(names.count(), 4, "nothing else is left");
}

#[test]
fn what_fails_leaves_no_file_behind() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["a"]);
    let target = scratch.path("r.json");
    let refused = scan([
        path.as_os_str(),
        "--json".as_ref(),
        target.as_os_str(),
        "--csv".as_ref(),
        scratch.path("absent/r.csv").as_os_str(),
    ]);
    assert_eq!(refused.status, Some(2));
    let names = std::fs::read_dir(scratch.folder()).expect("a folder");
    assert_eq!(names.count(), 1);
}

#[test]
fn two_reports_do_not_share_a_file() {
    let scratch = Scratch::new();
    let path = scratch.checkpoint("c.safetensors", &["a"]);
    let target = scratch.path("report");
    let mut command = floatscope();
    let command = command.arg("scan").arg(&path);
    let outcome = outcome(command.arg("--json").arg(&target).arg("--csv").arg(&target));
    assert_eq!((outcome.status, &*outcome.stdout), (Some(2), ""));
    assert!(
        outcome
            .stderr
            .ends_with(": cannot be written: it is what --json writes\n"),
        "{}",
        outcome.stderr
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let path = test_data("fixtures/ragged.safetensors");
    let to_file = scan([path.as_os_str(), "--json".as_ref(), "/dev/full".as_ref()]);
    assert_eq!(to_file.status, Some(2));
    let says = "floatscope: /dev/full: cannot be written: no space left on device";
    assert_eq!(to_file.complaints(), [says]);
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("it opens");
    let output = floatscope().arg("scan").arg(&path).stdout(full).output();
    let output = output.expect("the command starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output: cannot be written"));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let path = test_data("fixtures/every_code.safetensors");
    for target in [&["--json", "-"][..], &["--csv", "-"], &[]] {
        let mut command = floatscope();
        let command = command.arg("scan").arg(&path).args(target);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.expect("the command starts");
        let mut out = child.stdout.take().expect("it is piped");
        out.read_exact(&mut [0; 1]).expect("something is written");
        drop(out);
        let output = child.wait_with_output().expect("the command ends");
        assert_eq!(output.status.code(), Some(0), "{target:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{target:?}");
    }
}

#[test]
fn wrong_usage_is_status_2() {
    let path = test_data("fixtures/ragged.safetensors");
    let with = |arguments: &[&str]| outcome(floatscope().arg("scan").arg(&path).args(arguments));
    for arguments in [
        &["--threads", "0"][..],
        &["--threads", "many"],
        &["--tensor", "[a"],
        &["--nonsense"],
        &["--json", "-", "--csv", "-"],
    ] {
        let outcome = with(arguments);
        assert_eq!(
            (outcome.status, &*outcome.stdout),
            (Some(2), ""),
            "{arguments:?}"
        );
        assert!(!outcome.stderr.is_empty(), "{arguments:?}");
    }
    assert_eq!(outcome(floatscope().arg("scan")).status, Some(2));
    assert_eq!(outcome(&mut floatscope()).status, Some(2));
    assert_eq!(outcome(floatscope().arg("--version")).status, Some(0));
}

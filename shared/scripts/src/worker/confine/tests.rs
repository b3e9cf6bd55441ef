//! What a confined process dies of. Each attempt is this test again, as a process of its own.

use std::{
    collections::HashSet,
    env, fs,
    net::{TcpStream, UdpSocket},
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
    thread,
};

use rustix::process::{Pid, Signal, kill_process};

const ATTEMPT: &str = "SCRIPTS_TEST_ATTEMPT";

fn attempt(what: &str, parent: Pid) {
    match what {
        "open a file" => drop(fs::File::open("/")),
        "remove a file" => drop(fs::remove_file("/nowhere")),
        "list a folder" => drop(fs::read_dir("/")),
        "open a socket" => drop(UdpSocket::bind("127.0.0.1:0")),
        "connect" => drop(TcpStream::connect("127.0.0.1:1")),
        "start a thread" => drop(thread::Builder::new().spawn(|| ())),
        "start a process" => drop(Command::new("/bin/true").spawn()),
        "send a signal" => drop(kill_process(parent, Signal::WINCH)),
        "lift a limit" => drop(super::give_up()),
        "hash" => assert!(HashSet::from([what]).contains(what)),
        _ => {}
    }
}

#[test]
fn whatever_a_script_does_not_need_kills() {
    if let Some(what) = env::var_os(ATTEMPT) {
        let parent = rustix::process::getppid().unwrap();
        super::give_up().unwrap();
        super::filter().unwrap();
        attempt(what.to_str().unwrap(), parent);
        std::process::exit(0);
    }
    let again = |what| {
        let name = "worker::confine::tests::whatever_a_script_does_not_need_kills";
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", name, "--test-threads=1"]).env(ATTEMPT, what);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap()
    };
    for allowed in ["nothing", "hash"] {
        assert_eq!(again(allowed).code(), Some(0), "{allowed}");
    }
    let attempts = [
        "open a file",
        "remove a file",
        "list a folder",
        "open a socket",
        "connect",
        "start a thread",
        "start a process",
        "send a signal",
        "lift a limit",
    ];
    for what in attempts {
        assert_eq!(again(what).signal(), Some(Signal::SYS.as_raw()), "{what}");
    }
}

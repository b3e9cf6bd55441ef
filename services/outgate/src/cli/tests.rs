use clap::CommandFactory;

use super::*;

fn parse(arguments: &[&str]) -> Cli {
    Cli::try_parse_from([&["outgate"], arguments].concat()).unwrap()
}

#[test]
fn the_definitions_hold_together() {
    Cli::command().debug_assert();
}

#[test]
fn common_options_may_stand_behind_every_command() {
    let cli = parse(&["register", "list", "--json", "--unit", "berlin", "--tenant", "acme", "--data", "d"]);
    assert!(cli.common.json);
    assert_eq!(cli.common.unit.as_deref(), Some("berlin"));
    assert_eq!(cli.common.tenant, "acme");
}

#[test]
fn a_call_reads_like_curl() {
    let cli = parse(&[
        "call",
        "CRM",
        "POST",
        "https://a.example/x",
        "-H",
        "A: b",
        "-H",
        "C: d",
        "-d",
        "@body.json",
    ]);
    let Command::Call(call) = cli.command else { panic!() };
    assert_eq!(call.headers, ["A: b", "C: d"]);
    assert_eq!(call.body.as_deref(), Some("@body.json"));
}

#[test]
fn a_secret_has_no_argument_for_its_value() {
    let error =
        Cli::try_parse_from(["outgate", "secret", "put", "NAME", "hunter2", "--url", "https://a.example"])
            .unwrap_err();
    assert_eq!(error.kind(), clap::error::ErrorKind::UnknownArgument);
}

#[test]
fn help_tells_the_exit_codes() {
    let help = Cli::command().render_help().to_string();
    for code in ["0  it worked", "1  the suite refused", "2  the command line", "3  the counterpart"] {
        assert!(help.contains(code), "{help}");
    }
}

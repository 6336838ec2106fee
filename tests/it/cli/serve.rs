//! The server as a process: where it listens, how it stops, what keeps it from starting.

use rustix::process::Signal;

use crate::harness::Home;

#[test]
fn it_says_where_it_listens_and_stops_when_told() {
    for signal in [Signal::TERM, Signal::INT] {
        let home = Home::new();
        let mut server = home.serve();
        let port = server
            .url()
            .rsplit(':')
            .next()
            .and_then(|port| port.parse::<u16>().ok());
        assert!(
            server.url().starts_with("ws://127.0.0.1:"),
            "{}",
            server.url()
        );
        assert!(port.is_some_and(|port| port != 0), "{}", server.url());
        server.binary.signal(signal);
        let end = server.binary.wait();
        assert_eq!(end.status, 0, "{}", end.stderr);
        assert!(end.stderr.starts_with("open: "), "{}", end.stderr);
        assert!(home.path().join("data/offhook/offhook.db").exists());
    }
}

#[test]
fn a_closed_server_says_so() {
    let home = Home::new();
    let mut server = home.serve_with(&["--closed", "--data", "here"]);
    server.binary.signal(Signal::TERM);
    let end = server.binary.wait();
    assert!(end.stderr.contains("closed: "), "{}", end.stderr);
    assert!(home.path().join("here/offhook.db").exists());
}

#[test]
fn a_taken_port_is_an_error_with_a_way_out() {
    let home = Home::new();
    let first = home.serve();
    let address = first.url().trim_start_matches("ws://");
    let second = home.run(["serve", "--listen", address]);
    assert_eq!(second.status, 1);
    assert!(
        second
            .stderr
            .starts_with(&format!("error: cannot listen on {address}\n"))
    );
    assert!(second.stderr.contains("\nhint: "), "{}", second.stderr);
}

#[test]
fn a_data_directory_that_cannot_be_made_is_an_error() {
    let home = Home::new();
    home.write("file", "");
    let run = home.run(["serve", "--listen", "127.0.0.1:0", "--data", "file/below"]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("file/below"), "{}", run.stderr);
}

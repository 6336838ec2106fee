//! The list of users: passwords from stdin, clear refusals, nothing secret kept.

use crate::harness::Home;

#[test]
fn users_come_change_and_go() {
    let home = Home::new();
    let add = home.run_with("secret\n", ["user", "add", "alice"]);
    assert_eq!((add.status, add.stderr.as_str()), (0, ""));
    assert_eq!(home.run_with("other", ["user", "add", "bob"]).status, 0);
    assert_eq!(home.run(["user", "list"]).stdout, "alice\nbob\n");
    assert_eq!(
        home.run_with("new\n", ["user", "passwd", "alice"]).status,
        0
    );
    assert_eq!(home.run(["user", "remove", "bob"]).status, 0);
    assert_eq!(home.run(["user", "list"]).stdout, "alice\n");
}

#[test]
fn what_cannot_be_done_ends_with_1() {
    let home = Home::new();
    assert_eq!(
        home.run_with("secret\n", ["user", "add", "alice"]).status,
        0
    );
    let again = home.run_with("secret\n", ["user", "add", "alice"]);
    assert_eq!(again.status, 1);
    assert!(
        again
            .stderr
            .starts_with("error: there is a user alice already\n")
    );
    for args in [["user", "passwd", "bob"], ["user", "remove", "bob"]] {
        let run = home.run_with("secret\n", args);
        assert_eq!(run.status, 1);
        assert!(
            run.stderr.starts_with("error: there is no user bob\n"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn an_empty_password_is_refused() {
    let home = Home::new();
    let add = home.run_with("\n", ["user", "add", "alice"]);
    assert_eq!(add.stderr, "error: the password is empty\n");
    assert_eq!(add.status, 1);
    assert_eq!(home.run(["user", "list"]).stdout, "");
}

#[test]
fn the_password_itself_is_not_kept() {
    let home = Home::new();
    home.run_with(
        "a-very-secret-word\n",
        ["user", "add", "alice", "--data", "here"],
    );
    let file = std::fs::read(home.path().join("here/offhook.db")).expect("a database");
    let secret = b"a-very-secret-word";
    assert!(!file.windows(secret.len()).any(|window| window == secret));
}

//! The people one knows: what is taken, located errors, and changes that leave the owner's words alone.

use std::fs;
use std::time::Duration;

use offhook::address::Address;
use offhook::contacts::{Contacts, EditError};
use offhook::id::UserId;

use crate::harness::Home;

const FILE: &str = "\
# My people.

# From school.
[bob] # the tall one
name = \"Bob Miller\"
favourite = true

# Ring first.
[\"carol@example.org\"]
auto_answer = 0   # at once

[\"d.lee\"]
";

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

fn parse(text: &str) -> Contacts {
    let (contacts, warnings) = Contacts::parse(text, "f").expect("it is good");
    assert_eq!(warnings, []);
    contacts
}

#[test]
fn all_that_is_written_is_taken() {
    let text = r#"
        [zoe]
        name = "Zoe \u001b[2J \u202eeoZ"
        auto_answer = 60
        ring = "file:/srv/bell.wav"
        silent = true
        ring_timeout = 30
        allowed = true
        favourite = true
        [adam]
        auto_answer = true
        [mia]
        auto_answer = false
    "#;
    let contacts = parse(text);
    let zoe = contacts.get(&address("sip:zoe")).expect("she is there");
    assert_eq!(zoe.name, "Zoe  [2J eoZ");
    assert_eq!(zoe.auto_answer, Some(Duration::from_secs(60)));
    assert_eq!(zoe.ring.as_deref(), Some("file:/srv/bell.wav"));
    assert_eq!(zoe.ring_timeout, Some(Duration::from_secs(30)));
    assert!(zoe.silent && zoe.allowed && zoe.favourite);
    let adam = contacts.get(&address("adam")).expect("he is there");
    assert_eq!(adam.auto_answer, Some(Duration::from_secs(3)));
    assert_eq!(adam.name, "adam");
    let mia = contacts.get(&address("mia")).expect("she is there");
    assert_eq!(mia.auto_answer, None);
    let order: Vec<String> = contacts.iter().map(|it| it.address.to_string()).collect();
    assert_eq!(order, ["zoe", "adam", "mia"]);
}

#[test]
fn somebody_of_another_domain_is_somebody_else() {
    let contacts = parse(FILE);
    let carol = UserId::parse("carol").expect("an ID");
    assert!(contacts.get(&address("carol@example.org")).is_some());
    assert!(contacts.get(&address("carol")).is_none());
    assert!(contacts.get_user(&carol).is_none());
    // Unless that domain is our own.
    let contacts = contacts.at_home("Example.org");
    assert!(contacts.get_user(&carol).is_some());
    assert!(contacts.get(&address("carol")).is_some());
}

#[test]
fn an_error_names_file_line_key_and_what_was_expected() {
    let cases = [
        ("[bob", "f, line 1: "),
        (
            "\n[\"b b\"]",
            "f, line 2: b b: expected an ID as it is dialled: a user ID cannot contain ' '",
        ),
        (
            "bob = 1",
            "f, line 1: bob: expected a section, [bob], found 1",
        ),
        (
            "[bob]\nname = \"\\u200b\"",
            "f, line 2: bob.name: expected a name, found \"\\u200b\": it is empty",
        ),
        (
            "[bob]\nauto_answer = 61",
            "f, line 2: bob.auto_answer: expected true, false or a whole number of seconds from 0 to 60, found 61",
        ),
        (
            "[bob]\nring = \"file:\"",
            "f, line 2: bob.ring: expected a sound's name or file:PATH.wav, found \"file:\": it is empty",
        ),
        (
            "[bob]\nring_timeout = 0",
            "f, line 2: bob.ring_timeout: expected a whole number of seconds from 1 to 600, found 0",
        ),
        (
            "[bob]\nsilent = \"yes\"",
            "f, line 2: bob.silent: expected true or false, found \"yes\"",
        ),
        (
            "[bob.smith]\nname = \"Bob\"",
            "f, line 1: bob.smith: expected one ID; an ID with a dot stands in quotes, [\"bob.smith\"]",
        ),
        (
            "[bob]\n[\"sip:bob\"]",
            "f, line 2: sip:bob: [bob] is the same ID",
        ),
    ];
    for (text, wanted) in cases {
        let error = Contacts::parse(text, "f").expect_err(text).to_string();
        assert!(error.starts_with(wanted), "{error}\nwanted {wanted}");
    }
}

#[test]
fn a_hostile_key_is_shown_without_its_teeth() {
    let error = Contacts::parse("[\"\\u001b[2Jbob\"]", "f").expect_err("no ID");
    assert!(!error.to_string().contains('\u{1b}'), "{error:?}");
}

#[test]
fn an_unknown_key_is_a_warning_with_its_line() {
    let (contacts, warnings) = Contacts::parse("[bob]\nnmae = \"Bob\"\n", "f").expect("no error");
    assert!(contacts.get(&address("bob")).is_some());
    assert_eq!(
        warnings[0].to_string(),
        "f, line 2: unknown key bob.nmae; known here: name, auto_answer, ring, silent, ring_timeout, allowed, favourite"
    );
}

#[test]
fn adding_leaves_all_else_as_it_was() {
    let added = Contacts::add(FILE, "f", &address("erin@x.org"), Some("Erin")).expect("added");
    assert_eq!(
        added,
        format!("{FILE}\n[\"erin@x.org\"]\nname = \"Erin\"\n")
    );
    let first = Contacts::add("", "f", &address("bob"), None).expect("added");
    assert_eq!(first, "[bob]\n");
    let noted = "[bob]\n\n# the end\n";
    let added = Contacts::add(noted, "f", &address("eve"), None).expect("added");
    assert_eq!(added, "[bob]\n\n# the end\n\n[eve]\n");
    let taken = Contacts::add(FILE, "f", &address("sip:bob"), None);
    assert_eq!(taken, Err(EditError::Taken(address("bob"))));
}

#[test]
fn removing_leaves_all_else_as_it_was() {
    let without = Contacts::remove(FILE, "f", &address("bob")).expect("removed");
    let wanted = "\
# My people.

# Ring first.
[\"carol@example.org\"]
auto_answer = 0   # at once

[\"d.lee\"]
";
    assert_eq!(without, wanted);
    let without = Contacts::remove(FILE, "f", &address("d.lee")).expect("removed");
    assert_eq!(without, FILE.replace("\n[\"d.lee\"]\n", ""));
    let inline = "bob = { name = \"Bob\" }\ncarol.name = \"Carol\"\n";
    let without = Contacts::remove(inline, "f", &address("bob")).expect("removed");
    assert_eq!(without, "carol.name = \"Carol\"\n");
    let without = Contacts::remove(inline, "f", &address("carol")).expect("removed");
    assert_eq!(without, "bob = { name = \"Bob\" }\n");
    let unknown = Contacts::remove(FILE, "f", &address("carol"));
    assert_eq!(unknown, Err(EditError::Unknown(address("carol"))));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(\\[bob\\]\n)?(\\PC|[\\[\\]=\"'\n.#])*") {
        let _either = Contacts::parse(&text, "f");
    }

    #[test]
    fn whoever_is_added_is_there_and_is_removed_again(
        id in "[a-z0-9._%é-]{1,20}(@[a-z]{1,8}\\.[a-z]{2})?",
        name in "\\PC{0,80}",
    ) {
        let address = address(&id);
        let added = Contacts::add(FILE, "f", &address, Some(&format!("x{name}"))).expect("added");
        let contacts = parse(&added);
        let contact = contacts.get(&address).expect("it is there");
        proptest::prop_assert!(contact.name.starts_with('x'));
        proptest::prop_assert_eq!(contacts.iter().count(), 4);
        let removed = Contacts::remove(&added, "f", &address).expect("removed");
        proptest::prop_assert_eq!(removed, FILE);
    }
}

#[test]
fn contacts_come_and_go() {
    let home = Home::new();
    let path = home.path().join("config/offhook/contacts.toml");
    let shown = home.run(["contacts", "path"]);
    assert_eq!(shown.stdout.trim_end(), path.to_str().expect("UTF-8"));
    let none = home.run(["contacts"]);
    assert_eq!((none.status, none.stdout.as_str()), (0, ""));
    let add = home.run(["contacts", "add", "bob", "--name", "Bob Miller"]);
    assert_eq!((add.status, add.stderr.as_str()), (0, ""));
    assert_eq!(home.run(["contacts", "add", "carol@example.org"]).status, 0);
    let list = home.run(["contacts"]);
    assert_eq!(
        list.stdout,
        "bob                Bob Miller\ncarol@example.org  carol@example.org\n"
    );
    let json = home.run(["contacts", "--json"]).stdout;
    let bob: serde_json::Value =
        serde_json::from_str(json.lines().next().expect("a line")).expect("JSON");
    assert_eq!(bob["id"], "bob");
    assert_eq!(bob["name"], "Bob Miller");
    assert!(bob["auto_answer"].is_null(), "{bob}");
    let again = home.run(["contacts", "add", "bob"]);
    assert_eq!(again.status, 1);
    assert!(
        again
            .stderr
            .starts_with("error: there is a contact bob already\nhint: "),
        "{}",
        again.stderr
    );
    assert_eq!(home.run(["contacts", "remove", "bob"]).status, 0);
    let gone = home.run(["contacts", "remove", "bob"]);
    assert_eq!(gone.status, 1);
    assert!(
        gone.stderr.starts_with("error: there is no contact bob\n"),
        "{}",
        gone.stderr
    );
    let text = fs::read_to_string(&path).expect("the file");
    assert_eq!(text, "[\"carol@example.org\"]\n");
}

#[test]
fn a_file_that_makes_no_sense_is_not_written_over() {
    let home = Home::new();
    let text = "[bob]\nsilent = 3\n";
    let path = home.write("config/offhook/contacts.toml", text);
    for words in [&["contacts"][..], &["contacts", "add", "eve"]] {
        let run = home.run(words);
        assert_eq!(run.status, 1);
        let wanted = format!(
            "error: the contacts cannot be used\n  {}, line 2: bob.silent: expected true or false, found 3\n",
            path.display()
        );
        assert_eq!(run.stderr, wanted);
    }
    assert_eq!(fs::read_to_string(&path).expect("the file"), text);
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_the_file_stays_one() {
    let home = Home::new();
    let there = home.write("dotfiles/contacts.toml", "[bob]\n");
    fs::create_dir_all(home.path().join("config/offhook")).expect("a directory");
    let link = home.path().join("config/offhook/contacts.toml");
    std::os::unix::fs::symlink(&there, &link).expect("a link");
    assert_eq!(home.run(["contacts", "add", "eve"]).status, 0);
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&there).expect("it"), "[bob]\n\n[eve]\n");
}

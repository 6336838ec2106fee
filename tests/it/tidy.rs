//! House rules that a machine can check: layers, sizes, headers, forgotten files, reasons.

use std::fs;
use std::path::{Path, PathBuf};

/// Who may name whom; a path covers what is below it. `run`, `cli` and the crate's own root may name everything.
const LAYERS: &[(&str, &[&str])] = &[
    ("av", &["id"]),
    ("id", &[]),
    ("address", &["id"]),
    ("config", &["id", "address", "av", "event"]),
    ("contacts", &["config::source", "id", "address"]),
    ("command", &["id", "address", "av"]),
    ("event", &["id", "address", "av"]),
    ("history", &["event", "id", "address", "av"]),
    (
        "phone",
        &["id", "address", "av", "config", "command", "event"],
    ),
    ("sip", &["phone::signal", "address", "id", "av"]),
    (
        "server",
        &["sip::bridge", "sip::digest", "sip::header", "address", "id"],
    ),
    ("media", &["id", "av"]),
    (
        "tui",
        &[
            "phone", "command", "event", "history", "contacts", "config", "av", "id", "address",
        ],
    ),
];

/// The longest a file may be; long before that, look for the noun that hides in it.
const LINES: usize = 600;

#[test]
fn modules_name_only_those_below_them() {
    let mut wrong = Vec::new();
    for file in rust_files("src") {
        let module = module_of(&file);
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == module) else {
            assert!(
                ["lib", "main", "run", "cli"].contains(&module.as_str()),
                "no layer: {module}"
            );
            continue;
        };
        for (line, path) in named(&read(&file)) {
            let is_below = |whole: &str| path == whole || path.starts_with(&format!("{whole}::"));
            if !is_below(&module) && !allowed.iter().any(|whole| is_below(whole)) {
                wrong.push(format!("{}:{line}: crate::{path}", file.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "not theirs to name:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_phone_has_no_clock_and_no_runtime() {
    const FORBIDDEN: &[&str] = &[
        "tokio",
        "Instant::now",
        "SystemTime::now",
        "thread::",
        "std::net",
        "println!",
        "rand::rng()",
        "rand::random",
    ];
    for file in rust_files("src").filter(|file| ["phone", "tui"].contains(&&*module_of(file))) {
        // The terminal itself is driven beside `update` and `draw`, not by them.
        let name = file.to_string_lossy();
        if name.ends_with("tui/terminal.rs") || name.contains("tui/terminal/") {
            continue;
        }
        for (index, line) in read(&file).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for word in FORBIDDEN {
                assert!(
                    !code.contains(word),
                    "{}:{}: {word}",
                    file.display(),
                    index + 1
                );
            }
        }
    }
}

#[test]
fn no_file_is_too_long_and_each_says_what_it_is_for() {
    for file in rust_files("src").chain(rust_files("tests")) {
        let text = read(&file);
        let n_lines = text.lines().count();
        assert!(n_lines <= LINES, "{} has {n_lines} lines", file.display());
        assert!(
            text.starts_with("//! "),
            "{} does not say what it is for",
            file.display()
        );
        assert_ne!(
            file.file_name().and_then(|name| name.to_str()),
            Some("mod.rs"),
            "{file:?}"
        );
    }
}

#[test]
fn nothing_is_unwrapped_without_a_reason() {
    for file in rust_files("src") {
        let text = read(&file);
        let code = text.split("[cfg(test)]").next().unwrap_or_default();
        for (index, line) in code.lines().enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            assert!(
                is_comment || !line.contains(".unwrap()"),
                "{}:{}",
                file.display(),
                index + 1
            );
        }
    }
}

#[test]
fn no_file_is_forgotten() {
    for root in ["src/lib.rs", "tests/it/main.rs"] {
        let dir = Path::new(root).parent().expect("it is in a directory");
        let mut forgotten = Vec::new();
        for file in rust_files(dir.to_str().expect("UTF-8")) {
            let relative = file.strip_prefix(dir).expect("it is below");
            if ["lib.rs", "main.rs"]
                .iter()
                .any(|name| relative == Path::new(name))
            {
                continue;
            }
            let above = relative.parent().filter(|above| *above != Path::new(""));
            let parent = above.map_or_else(
                || PathBuf::from(root),
                |above| dir.join(above).with_extension("rs"),
            );
            let stem = file
                .file_stem()
                .and_then(|stem| stem.to_str())
                .expect("UTF-8");
            let text = if parent.exists() {
                read(&parent)
            } else {
                String::new()
            };
            let is_named = text.lines().any(|line| {
                let line = line.trim();
                let line = line
                    .trim_start_matches("pub ")
                    .trim_start_matches("pub(crate) ");
                line == format!("mod {stem};")
            });
            if !is_named {
                forgotten.push(file.display().to_string());
            }
        }
        assert!(
            forgotten.is_empty(),
            "in no module: {}",
            forgotten.join(", ")
        );
    }
}

#[test]
fn each_dependency_has_its_reason() {
    let text = read(Path::new("Cargo.toml"));
    let mut is_dependency = false;
    let mut has_heading = false;
    for line in text.lines() {
        if line.starts_with('[') {
            is_dependency = line.contains("dependencies");
            has_heading = false;
        } else if line.starts_with('#') {
            has_heading = true;
        } else if line.trim().is_empty() {
            has_heading = false;
        } else if is_dependency {
            assert!(has_heading || line.contains('#'), "no reason: {line}");
        }
    }
}

#[test]
fn secrets_are_never_an_option() {
    let text = read(Path::new("src/cli/args.rs"));
    assert!(
        !text.contains("pub password"),
        "argv is for everybody to read"
    );
}

fn rust_files(dir: &str) -> impl Iterator<Item = PathBuf> + use<> {
    let mut waiting = vec![PathBuf::from(dir)];
    let mut files = Vec::new();
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(&dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files.into_iter()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn module_of(file: &Path) -> String {
    let below = file.strip_prefix("src").expect("it is in src");
    let first = below.components().next().expect("it has a name");
    let name = Path::new(first.as_os_str()).with_extension("");
    name.to_str().expect("UTF-8").to_owned()
}

/// Returns each path below `crate::` that code names, with its line; `use` groups are taken apart.
fn named(text: &str) -> Vec<(usize, String)> {
    let lines = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    let code = lines.collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate::` and names that end in `crate` are something else.
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let line = 1 + code[..at].matches('\n').count();
        let mut paths = Vec::new();
        spread(&code[at + "crate::".len()..], "", &mut paths);
        found.extend(paths.into_iter().map(|path| (line, path)));
    }
    found
}

/// Reads one use tree and returns how many bytes it takes.
fn spread(text: &str, above: &str, paths: &mut Vec<String>) -> usize {
    let skipped = text.len() - text.trim_start().len();
    let rest = &text[skipped..];
    if let Some(group) = rest.strip_prefix('{') {
        let mut at = 0;
        loop {
            at += spread(&group[at..], above, paths);
            match group[at..].find([',', '}']) {
                Some(end) if group[at + end..].starts_with(',') => at += end + 1,
                Some(end) => return skipped + 1 + at + end + 1,
                None => return text.len(),
            }
            if group[at..].trim_start().starts_with('}') {
                let end = group[at..].find('}').expect("it was just seen");
                return skipped + 1 + at + end + 1;
            }
        }
    }
    let n_name = rest
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    let name = &rest[..n_name];
    let path = match (above, name) {
        ("", name) => name.to_owned(),
        (above, "" | "self") => above.to_owned(),
        (above, name) => format!("{above}::{name}"),
    };
    match rest[n_name..].strip_prefix("::") {
        Some(below) => skipped + n_name + 2 + spread(below, &path, paths),
        None => {
            paths.push(path);
            skipped + n_name
        }
    }
}

#[test]
fn use_groups_are_taken_apart() {
    let text = "use crate::{id::UserId, sip::{self, bridge::{A, B}}};\nfn f() -> crate::av::Kind { 1 } // crate::run";
    let paths: Vec<String> = named(text).into_iter().map(|(_, path)| path).collect();
    assert_eq!(
        paths,
        [
            "id::UserId",
            "sip",
            "sip::bridge::A",
            "sip::bridge::B",
            "av::Kind"
        ]
    );
}

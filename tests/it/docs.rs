//! What the documents say is true: commands, files, keys.

use std::fs;
use std::path::Path;

use offhook::cli::args::Args;

#[test]
fn ci_runs_the_test_command_of_the_readme() {
    let readme = read("README.md");
    let wanted = readme
        .lines()
        .find(|line| line.contains("cargo test"))
        .expect("the README says how to run the tests")
        .trim();
    let run = read(".ci/run");
    assert!(
        run.lines().any(|line| line == wanted),
        "not in .ci/run: {wanted}"
    );
}

#[test]
fn every_offhook_command_in_the_readme_can_be_typed() {
    let mut n_commands = 0;
    for line in commands(&read("README.md")) {
        let words = words(&line);
        let Some(at) = words.iter().position(|word| word == "offhook") else {
            continue;
        };
        if let Err(error) = Args::read(&words[at..]) {
            assert!(!error.use_stderr(), "{line}\n{error}");
        }
        n_commands += 1;
    }
    assert!(n_commands >= 5, "only {n_commands} commands were found");
}

#[test]
fn files_that_documents_link_to_exist() {
    for document in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        let text = read(document);
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let path = target.split('#').next().unwrap_or_default();
            if !path.is_empty() && !target.contains("://") {
                assert!(Path::new(path).exists(), "{document} links to {target}");
            }
        }
    }
}

#[test]
fn the_layer_table_of_the_architecture_names_every_module() {
    let architecture = read("ARCHITECTURE.md");
    let library = read("src/lib.rs");
    for module in library
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod "))
    {
        let module = module.trim_end_matches(';');
        assert!(
            architecture.contains(&format!("`{module}`")),
            "{module} is missing"
        );
    }
}

/// Returns the lines of a document's `sh` and `console` blocks, without prompts and comments.
fn commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut is_inside = false;
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            is_inside = !is_inside && matches!(language, "sh" | "console");
        } else if is_inside {
            let line = line.split(" #").next().unwrap_or_default();
            commands.push(
                line.trim_start_matches("$ ")
                    .trim_end_matches('&')
                    .trim()
                    .to_owned(),
            );
        }
    }
    commands
}

/// Splits a line as a shell would, single quotes and pipes included; takes what stands last in a pipe of ours.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for c in line.chars() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            '|' | '>' if !is_quoted => {
                // What is redirected or piped on is not ours to read.
                if words.iter().any(|word| word == "offhook") {
                    break;
                }
                words = vec![String::new()];
            }
            c => words.last_mut().expect("there is always one").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

//! The two questions of the first start.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use expect_test::expect_file;
use offhook::tui::{FirstRun, FirstRunAnswer};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::desk::text_of;

fn press(first: &mut FirstRun, code: KeyCode) -> Option<FirstRunAnswer> {
    first.on(&Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn screen(first: &FirstRun, columns: u16, rows: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| first.draw(frame)).unwrap();
    text_of(terminal.backend().buffer())
}

#[test]
fn the_likely_answers_take_three_enters() {
    let mut first = FirstRun::new("alice", "ws://127.0.0.1:7443", false, true);
    let sizes = [(80, 24), (40, 10)];
    let all = sizes.map(|(x, y)| format!("== {x}x{y}\n{}", screen(&first, x, y)));
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/it/tui/screens/first_run.txt"
    );
    expect_file![path].assert_eq(&all.concat());
    assert_eq!(press(&mut first, KeyCode::Enter), None);
    assert_eq!(press(&mut first, KeyCode::Enter), None);
    let Some(FirstRunAnswer::Begin {
        id,
        server,
        start_server,
    }) = press(&mut first, KeyCode::Enter)
    else {
        panic!("no answer");
    };
    assert_eq!(id.as_str(), "alice");
    assert_eq!(server.as_str(), "ws://127.0.0.1:7443");
    assert!(start_server);
}

#[test]
fn a_server_elsewhere_is_not_started_here() {
    let mut first = FirstRun::new("alice", "wss://calls.example", false, true);
    press(&mut first, KeyCode::Up);
    press(&mut first, KeyCode::Char(' '));
    let Some(FirstRunAnswer::Begin { start_server, .. }) = press(&mut first, KeyCode::Enter) else {
        panic!("no answer");
    };
    assert!(!start_server);
}

#[test]
fn a_bad_answer_is_explained() {
    let mut first = FirstRun::new("", "http://example.org", false, true);
    press(&mut first, KeyCode::Up);
    assert_eq!(press(&mut first, KeyCode::Enter), None);
    assert!(screen(&first, 80, 24).contains("✕ A user ID needs at least one character"));
    press(&mut first, KeyCode::Char('a'));
    press(&mut first, KeyCode::Up);
    assert_eq!(press(&mut first, KeyCode::Enter), None);
    let screen = screen(&first, 80, 24);
    assert!(screen.contains("✕ "), "{screen}");
}

#[test]
fn esc_leaves() {
    let mut first = FirstRun::new("alice", "ws://127.0.0.1:7443", false, true);
    assert_eq!(press(&mut first, KeyCode::Esc), Some(FirstRunAnswer::Leave));
}

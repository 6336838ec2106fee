//! The numbers of each line, over the call: one line for each person.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::av::{Path, Quality, Verdict};
use crate::phone::call::Member;
use crate::tui::page::{Page, Size, inset, row};
use crate::tui::text::{fit, pad};
use crate::tui::widget::boxed;
use crate::tui::words::{short_verdict, verdict};
use crate::tui::{Action, theme};

/// Draws them over what is there, where somebody wants to see them.
pub(super) fn draw(page: &mut Page<'_>, area: Rect) {
    let Some(call) = page.ui.current(page.phone).filter(|_| page.ui.shows_stats) else {
        return;
    };
    let lines: Vec<(String, Option<Quality>)> = call
        .joined()
        .map(|member| {
            (
                page.ui.name_of(&member.user).to_owned(),
                known(page, member),
            )
        })
        .collect();
    let is_small = page.size == Size::Small;
    let sentences: Vec<String> = lines.iter().filter_map(sentence).collect();
    let n_rows = 3 + lines.len() + if is_small { 0 } else { sentences.len() };
    let edge = Rect {
        height: u16::try_from(n_rows).unwrap_or(u16::MAX).min(area.height),
        ..area
    };
    page.hits.add(edge, Action::Stats);
    let inside = inset(
        boxed(page, edge, "Stats: s closes", theme::key()),
        u16::from(!is_small),
    );
    let head = if is_small { small_head() } else { head() };
    page.put(inside, Span::styled(head, theme::dim()));
    let mut n = 1;
    for (name, quality) in lines {
        let style = match quality.map(|it| it.verdict) {
            None => theme::dim(),
            Some(Verdict::Fine) => theme::text(),
            Some(_) => theme::warning(),
        };
        let told = match (quality, is_small) {
            (None, _) => format!("{} nothing is measured yet", pad(&fit(&name, 9), 9)),
            (Some(quality), true) => small(&name, &quality),
            (Some(quality), false) => large(&name, &quality),
        };
        page.put(row(inside, n), Line::styled(told, style));
        n += 1;
    }
    for told in sentences {
        let told = fit(&told, usize::from(inside.width));
        page.put(row(inside, n), Line::styled(told, theme::warning()));
        n += 1;
    }
}

fn known(page: &Page<'_>, member: &Member) -> Option<Quality> {
    page.meters.peer(member.leg).quality
}

fn sentence((name, quality): &(String, Option<Quality>)) -> Option<String> {
    let quality = quality.filter(|it| it.verdict != Verdict::Fine)?;
    Some(format!("{name}: {}", verdict(&quality)))
}

fn ms(time: Option<u32>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| time.to_string())
}

fn small_head() -> String {
    format!("{:8}{:>5}{:>5}{:>9}  line", "ms", "rtt", "ear", "in/out %")
}

fn small(name: &str, quality: &Quality) -> String {
    format!(
        "{}{:>5}{:>5}{:>9}  {}",
        pad(&fit(name, 7), 8),
        ms(quality.rtt_ms),
        ms(quality.delay_ms),
        losses(quality),
        short_verdict(quality.verdict),
    )
}

fn head() -> String {
    format!(
        "{:9}{:9}{:7}{:>5}{:>5}{:>10}{:>6}{:>5}{:>5}{:>9} codec",
        "ms, %", "line", "path", "rtt", "ear", "lost i/o", "made", "jit", "buf", "kbit i/o"
    )
}

fn large(name: &str, quality: &Quality) -> String {
    let path = match quality.path {
        None => "-",
        Some(Path::Direct) => "direct",
        Some(Path::Relayed) => "relay",
    };
    let kbit = |bits: u32| (bits + 500) / 1000;
    let kbits = format!(
        "{}/{}",
        kbit(quality.bitrate_bps),
        kbit(quality.send_bitrate_bps)
    );
    format!(
        "{}{:9}{path:7}{:>5}{:>5}{:>10}{:>6}{:>5}{:>5}{kbits:>9} opus",
        pad(&fit(name, 8), 9),
        short_verdict(quality.verdict),
        ms(quality.rtt_ms),
        ms(quality.delay_ms),
        losses(quality),
        bare(quality.concealed_percent.tenths()),
        quality.jitter_ms,
        quality.buffer_ms,
    )
}

/// What gets lost of theirs, and of ours.
fn losses(quality: &Quality) -> String {
    let (theirs, ours) = (quality.loss_percent, quality.send_loss_percent);
    format!("{}/{}", bare(theirs.tenths()), bare(ours.tenths()))
}

/// Tenths of a percent without the sign.
fn bare(tenths: u16) -> String {
    match tenths {
        0 => "0".to_owned(),
        1..100 => format!("{}.{}", tenths / 10, tenths % 10),
        _ => format!("{}", (tenths + 5) / 10),
    }
}

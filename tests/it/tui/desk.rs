//! Alice's phone with its screen on a virtual clock; the test plays network, media and terminal.

use std::time::{Duration, Instant};

use crossterm::event::{
    Event as Key, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use offhook::address::data_with_note;
use offhook::address::{Address, User};
use offhook::av::{Kind, MicrophoneState, Quality};
use offhook::command::Command;
use offhook::event::InvitationState;
use offhook::id::{CallId, DeviceId, InvitationId, LegId, SessionId, UserId};
use offhook::phone::effect::{Effect, MediaOrder};
use offhook::phone::input::MediaReport;
use offhook::phone::signal::{
    CallLabel, DeviceState, Heard, Purpose, Refusal, Roster, RosterEntry, Say, Sdp,
};
use offhook::phone::{Epoch, Input, Phone, Settings};
use offhook::tui::{
    Action, CellSize, Hits, Meters, Painter, PeerMeter, Pictures, Ui, UiOptions, Wish, draw,
    keymap, update,
};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

pub(crate) struct Desk {
    pub(crate) now: Instant,
    pub(crate) phone: Phone,
    pub(crate) ui: Ui,
    pub(crate) meters: Meters,
    pub(crate) pictures: Pictures,
    pub(crate) wishes: Vec<Wish>,
    pub(crate) said: Vec<Say>,
    pub(crate) hits: Hits,
    /// How well everybody comes through.
    pub(crate) quality: Quality,
}

pub(crate) fn user(id: &str, name: &str) -> User {
    User::new(UserId::parse(id).unwrap(), name)
}

/// Makes a roster of a call, its host first.
fn roster(label: &CallLabel, rev: u64, users: &[(&str, InvitationState)]) -> Roster {
    let users = users.iter().enumerate().map(|(order, (id, state))| {
        let mut name = (*id).to_owned();
        name[..1].make_ascii_uppercase();
        RosterEntry {
            id: UserId::parse(id).unwrap(),
            name,
            state: *state,
            order: u32::try_from(order).unwrap(),
            device: None,
            data: None,
        }
    });
    Roster {
        call: label.call.clone(),
        session: SessionId::new(label.call.as_str()),
        rev,
        host: label.host.clone(),
        token: None,
        users: users.collect(),
    }
}

pub(crate) fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub(crate) fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

impl Desk {
    /// Alice, signed in.
    pub(crate) fn new() -> Self {
        Self::with(UiOptions::default())
    }

    pub(crate) fn with(options: UiOptions) -> Self {
        Self::with_settings(options, |_settings| {})
    }

    /// Alice, signed in, with some things settled beforehand.
    pub(crate) fn with_settings(options: UiOptions, settle: impl FnOnce(&mut Settings)) -> Self {
        let now = Instant::now();
        let epoch = Epoch {
            instant: now,
            unix_ms: 1_795_000_000_000,
        };
        let mut settings = Settings::new(user("alice", "Alice"), DeviceId::new("desk"));
        settle(&mut settings);
        let options = UiOptions {
            server: "ws://127.0.0.1:7443".to_owned(),
            unix_ms: i64::try_from(epoch.unix_ms).unwrap(),
            ..options
        };
        let mut desk = Self {
            now,
            phone: Phone::new(settings, epoch, 1),
            ui: Ui::new(now, options),
            meters: Meters::default(),
            pictures: Pictures::default(),
            wishes: Vec::new(),
            said: Vec::new(),
            hits: Hits::default(),
            quality: Quality::default(),
        };
        desk.hear(Heard::SigningIn);
        desk.hear(Heard::SignedIn);
        desk
    }

    pub(crate) fn handle(&mut self, input: Input) {
        if let Err(error) = self.phone.handle(self.now, input) {
            self.ui.refuse(&error);
        }
        while let Some(effect) = self.phone.poll_effect() {
            match effect {
                Effect::Publish(event) => self.ui.observe(&event, &self.phone),
                Effect::Say(Say::Reoffer { leg, .. }) => {
                    let sdp = Sdp(String::new());
                    self.hear(Heard::ReofferTaken { leg, sdp });
                }
                Effect::Say(say) => self.said.push(say),
                Effect::Media(MediaOrder::Offer { leg, .. } | MediaOrder::Reoffer { leg, .. }) => {
                    let sdp = Sdp(String::new());
                    self.handle(Input::Media(MediaReport::Offer { leg, sdp }));
                }
                Effect::Media(MediaOrder::Answer { leg, .. }) => {
                    let sdp = Sdp(String::new());
                    self.handle(Input::Media(MediaReport::Answer { leg, sdp }));
                }
                Effect::Media(_) | Effect::Ring(_) | Effect::Leave => {}
            }
        }
    }

    pub(crate) fn hear(&mut self, heard: Heard) {
        self.handle(Input::Heard(heard));
    }

    pub(crate) fn report(&mut self, report: MediaReport) {
        self.handle(Input::Media(report));
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.now += time;
        self.ui.now = self.now;
        while let Some((at, _)) = self.phone.poll_timeout().filter(|(at, _)| *at <= self.now) {
            let _ = at;
            self.handle(Input::Timeout);
        }
        self.ui.tick();
    }

    /// Does what keys mean, and commands that come of it.
    pub(crate) fn act(&mut self, action: Action) {
        for wish in update(&mut self.ui, action, &self.phone) {
            self.wishes.push(wish.clone());
            if let Wish::Command(command) = wish {
                self.handle(Input::Command(command));
            }
        }
    }

    pub(crate) fn event(&mut self, event: &Key) {
        if let Some(action) = keymap(&self.ui, &self.phone, &self.hits, event) {
            self.act(action);
        }
    }

    pub(crate) fn key(&mut self, code: KeyCode) {
        self.event(&Key::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    pub(crate) fn control(&mut self, c: char) {
        let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        self.event(&Key::Key(key));
    }

    pub(crate) fn keys(&mut self, text: &str) {
        for c in text.chars() {
            self.key(KeyCode::Char(c));
        }
    }

    /// Clicks where a text begins on the screen.
    pub(crate) fn click(&mut self, text: &str) {
        let screen = self.screen(80, 24);
        let found = screen.lines().enumerate().find_map(|(row, line)| {
            let at = line.find(text)?;
            Some((line[..at].chars().count(), row))
        });
        let (column, row) = found.unwrap_or_else(|| panic!("no {text:?} on\n{screen}"));
        self.event(&Key::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: column as u16,
            row: row as u16,
            modifiers: KeyModifiers::NONE,
        }));
    }

    /// Bob's invitation comes in.
    pub(crate) fn invited(&mut self, note: Option<&str>) {
        self.invited_by(user("bob", "Bob"), note);
    }

    pub(crate) fn invited_by(&mut self, from: User, note: Option<&str>) {
        self.invited_to("01CALL", LegId(1), from, note, None);
    }

    /// An invitation comes in from somebody whom another one sent to us.
    pub(crate) fn sent_by(&mut self, sender: User, from: User) {
        let mut invited = invitation("01CALL", LegId(1), from, None, None);
        if let Heard::Invited { referred_by, .. } = &mut invited {
            *referred_by = Some(sender);
        }
        self.hear(invited);
    }

    /// An invitation comes in to a call of that id; with a roster it is a group call.
    pub(crate) fn invited_to(
        &mut self,
        call: &str,
        leg: LegId,
        from: User,
        note: Option<&str>,
        roster: Option<&[(&str, InvitationState)]>,
    ) {
        self.hear(invitation(call, leg, from, note, roster));
    }

    /// Alice calls several people, and it rings at each.
    pub(crate) fn calling_all(&mut self, ids: &[&str]) {
        let to = ids.iter().map(|id| Address::parse(id).unwrap()).collect();
        self.handle(Input::Command(Command::dial(to)));
        for id in ids {
            let leg = self.leg_of(id);
            let device = (*id == "bob").then(|| "laptop".to_owned());
            self.hear(Heard::Ringing { leg, device });
        }
    }

    /// Somebody takes Alice's call, and sound flows.
    pub(crate) fn taken_by(&mut self, id: &str) {
        let leg = self.leg_of(id);
        self.hear(Heard::Accepted {
            leg,
            sdp: Sdp(String::new()),
            data: None,
            device: None,
            ours: true,
        });
        self.report(MediaReport::Connected { leg });
    }

    pub(crate) fn refused_by(&mut self, id: &str, refusal: Refusal, note: Option<&str>) {
        let leg = self.leg_of(id);
        let data = note.map(data_with_note);
        self.hear(Heard::Refused { leg, refusal, data });
    }

    /// Returns our leg to somebody in any call.
    pub(crate) fn leg_of(&self, id: &str) -> LegId {
        let members = self.phone.calls().iter().flat_map(|call| &call.members);
        let mut found = members.filter(|member| member.user.id.as_str() == id);
        found.next().unwrap().leg.unwrap()
    }

    /// Alice calls bob, and it rings there.
    pub(crate) fn calling(&mut self) {
        let to = Address::parse("bob").unwrap();
        self.handle(Input::Command(Command::dial(vec![to])));
        let leg = self.leg();
        self.hear(Heard::Ringing { leg, device: None });
    }

    /// Bob takes Alice's call; `ours` tells whether sound flows.
    pub(crate) fn talking(&mut self) {
        self.calling();
        let leg = self.leg();
        self.hear(Heard::Accepted {
            leg,
            sdp: Sdp(String::new()),
            data: None,
            device: None,
            ours: true,
        });
        self.report(MediaReport::Connected { leg });
    }

    pub(crate) fn refused(&mut self, refusal: Refusal, note: Option<&str>) {
        let leg = self.leg();
        self.hear(Heard::Refused {
            leg,
            refusal,
            data: note.map(data_with_note),
        });
    }

    pub(crate) fn their_mic(&mut self, mic: MicrophoneState) {
        let leg = self.leg();
        let state = DeviceState {
            seq: 1,
            mic,
            speaker: true,
            ..DeviceState::default()
        };
        self.hear(Heard::Device { leg, state });
    }

    pub(crate) fn leg(&self) -> LegId {
        self.phone.foreground().unwrap().peer().leg.unwrap()
    }

    /// Lets both people speak for twelve seconds, in a wave that is always the same.
    pub(crate) fn voices(&mut self) {
        let legs: Vec<LegId> = {
            let call = self.phone.foreground().unwrap();
            call.joined().filter_map(|member| member.leg).collect()
        };
        for n in 0..120_u16 {
            let wave = |late: f32| {
                let n = f32::from(n) + late;
                let phrase = (n / 14.0).sin().max(0.0).sqrt();
                let syllable = 0.55 + 0.3 * (n * 1.9).sin() + 0.15 * (n * 4.3).cos();
                -58.0 + 52.0 * phrase * syllable
            };
            let peer = |late: f32, rtt: u32| PeerMeter {
                level: wave(late),
                quality: Some(Quality {
                    rtt_ms: Some(rtt),
                    jitter_ms: 2,
                    buffer_ms: 20,
                    ..self.quality
                }),
            };
            let peers = (0_u16..).zip(&legs);
            let peers = peers.map(|(n, leg)| {
                let far = f32::from(n);
                (*leg, peer(far * 30.0, 31 + u32::from(n) * 57))
            });
            self.meters = Meters {
                microphone: wave(44.0),
                speaker: wave(0.0),
                peers: peers.collect(),
                ..Meters::default()
            };
            self.wait(millis(100));
            self.ui.hear(&self.meters);
        }
        let peers = self.meters.peers.clone();
        let peers = peers.iter().map(|(leg, meter)| (Some(*leg), meter.level));
        let own = (None, self.meters.microphone);
        for (leg, level) in peers.chain([own]).collect::<Vec<_>>() {
            let on = level >= -42.0;
            self.report(MediaReport::Speaking { leg, on });
        }
    }

    pub(crate) fn buffer(&mut self, columns: u16, rows: u16) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal
            .draw(|frame| {
                self.hits = draw(&self.ui, &self.phone, &self.meters, &self.pictures, frame);
                let mut painter = Painter::new(CellSize::default());
                let (spots, renderer) = (self.hits.pictures(), self.ui.renderer);
                painter.paint(frame.buffer_mut(), spots, &self.pictures, renderer);
            })
            .unwrap();
        terminal.backend().buffer().clone()
    }

    /// Returns the screen as lines of text between bars.
    pub(crate) fn screen(&mut self, columns: u16, rows: u16) -> String {
        text_of(&self.buffer(columns, rows))
    }
}

pub(crate) fn text_of(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut covered = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if covered == 0 {
                line.push_str(symbol);
                covered = unicode_width::UnicodeWidthStr::width(symbol).max(1);
            }
            covered -= 1;
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// An invitation to a call of that id.
fn invitation(
    call: &str,
    leg: LegId,
    from: User,
    note: Option<&str>,
    roster: Option<&[(&str, InvitationState)]>,
) -> Heard {
    let label = CallLabel {
        call: CallId::new(call),
        invitation: InvitationId::new(format!("{call}-INVITATION")),
        host: from.id.clone(),
        device: DeviceId::new("theirs"),
        is_group: roster.is_some(),
    };
    let roster = roster.map(|users| self::roster(&label, 1, users));
    Heard::Invited {
        leg,
        from,
        label: Some(label),
        sip_call_id: format!("{call}@somewhere"),
        kind: Kind::Voice,
        sdp: Sdp(String::new()),
        expires: Some(seconds(60)),
        data: note.map(data_with_note),
        ours: true,
        purpose: Purpose::Ring { roster },
        replaces: None,
        referred_by: None,
    }
}

//! The command line: what can be typed, and its help. Carries nothing out.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::address::{Address, NAME_CHARS, NOTE_CHARS, clean};
use crate::command::CUSTOM_DATA_BYTES;
use crate::config::ServerUrl;
use crate::id::UserId;
use crate::media::device::{CameraSpec, DeviceSpec, Direction, SpecError};

/// The longest ring that can be asked for, in seconds.
pub const RING_SECONDS: u16 = 600;

const TEMPLATE: &str = "\
{about-with-newline}
{before-help}{usage-heading} {usage}

{all-args}{after-help}
";

const EXAMPLES: &str = "\
Examples:
  offhook demo                     a call in one terminal, nothing to set up
  offhook serve                    a server for this machine
  offhook --as alice --server ws://127.0.0.1:7443
                                   the phone; type an ID, press Enter
  offhook call bob --as alice      ring bob without a screen
  offhook listen --accept --json   answer by itself, one JSON event a line
  offhook config default           print a configuration file with every key";

const AFTER: &str = "\
Exit status of calls:
  0 talked and ended   1 failed    2 wrong usage   10 declined   11 busy
  12 no answer   13 canceled   14 offline or unknown   15 removed
  16 network lost or server not reached   17 sound device   18 sign-in refused
  130 interrupted

Environment:
  OFFHOOK_PASSWORD   the password, before password_command and the prompt
  RUST_LOG           what goes to the log in $XDG_STATE_HOME/offhook/offhook.log
  NO_COLOR           no colours";

/// A softphone for the terminal: ring people by ID, talk, hang up.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "offhook",
    version,
    before_help = EXAMPLES,
    after_help = AFTER,
    help_template = TEMPLATE,
    disable_help_subcommand = true
)]
pub struct Args {
    /// Who calls, through which server, with which devices.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do; nothing opens the phone on the screen.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Options that mean the same before and after every verb. They win over the configuration file.
#[derive(Debug, Clone, Default, ClapArgs)]
#[command(next_help_heading = "Account and devices")]
pub struct Globals {
    /// Sign in with this user ID
    #[arg(long = "as", value_name = "ID", global = true, value_parser = UserId::parse)]
    pub id: Option<UserId>,
    /// The name others see
    #[arg(long, global = true)]
    pub name: Option<String>,
    /// The server, ws://HOST:PORT or wss://HOST
    #[arg(long, value_name = "URL", global = true, value_parser = ServerUrl::parse)]
    pub server: Option<ServerUrl>,
    /// Read this configuration file in place of $XDG_CONFIG_HOME/offhook/config.toml
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Microphone: default, a device's name, file:PATH.wav, tone, tone:HZ or none
    #[arg(long, value_name = "DEV", global = true, value_parser = microphone)]
    pub mic: Option<String>,
    /// Speaker: default, a device's name, file:PATH.wav (records) or none
    #[arg(long, value_name = "DEV", global = true, value_parser = speaker)]
    pub speaker: Option<String>,
    /// Camera: default, a camera's name, file:PATH.y4m, test or none
    #[arg(long, value_name = "DEV", global = true, value_parser = camera)]
    pub camera: Option<String>,
    /// Ring on this device, not on the speaker; may be given several times
    #[arg(long, value_name = "DEV", global = true, value_parser = speaker)]
    pub ring_on: Vec<String>,
    /// Record every call in this directory: a track each and the mix; everybody in it sees that
    #[arg(long, value_name = "DIR", global = true)]
    pub record: Option<String>,
}

/// What the program can do besides showing the phone.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Call somebody without a screen
    Call(Call),
    /// Wait for calls without a screen
    Listen(Listen),
    /// Show the calls that were
    History(HistoryArgs),
    /// List, add and remove the people you know
    Contacts(ContactsArgs),
    /// Run the server: sign-in and call routing
    Serve(Serve),
    /// Keep the list of those who may sign in
    User(User),
    /// Try it: a server, you and two sample IDs in one process
    Demo,
    /// Step through a flight recording
    Replay(Replay),
    /// List microphones, speakers and cameras
    Devices(Devices),
    /// Try out devices, codecs, terminal and server, and say how to mend them
    Doctor(Doctor),
    /// Find, check and print the configuration
    Config(ConfigArgs),
}

/// Where a phone without a screen leaves the others' pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VideoOut {
    /// `none`: nowhere; the others are told so.
    None,
    /// `file:PATH.y4m`: in a film.
    File(PathBuf),
}

/// `offhook call`
#[derive(Debug, Clone, ClapArgs)]
#[command(help_template = TEMPLATE, before_help = "\
Examples:
  offhook call bob
  offhook call bob --timeout 20 --for 60 --json
  offhook call bob carol dave                a group call
  offhook call sip:bob@pbx.example --note 'about lunch' --mic file:hello.wav")]
pub struct Call {
    /// Whom to ring: bob, bob@domain or sip:bob@domain; several make a group call
    #[arg(value_name = "ID", required = true, value_parser = Address::parse)]
    pub ids: Vec<Address>,
    /// Call by video: your camera opens at once
    #[arg(long)]
    pub video: bool,
    /// Give up after ringing this long (1 to 600; default 60, or ring_timeout)
    #[arg(long, value_name = "SECONDS",
          value_parser = clap::value_parser!(u16).range(1..=i64::from(RING_SECONDS)))]
    pub timeout: Option<u16>,
    /// Hang up after talking this long
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    pub talk: Option<Duration>,
    /// Print one JSON event a line, and take commands on stdin, one JSON object a line
    #[arg(long)]
    pub json: bool,
    /// A line the other side sees while it rings
    #[arg(long, value_name = "TEXT", value_parser = note)]
    pub note: Option<String>,
    /// An opaque string for the other side's program, at most 4096 bytes
    #[arg(long, value_name = "TEXT", value_parser = data, conflicts_with = "note")]
    pub data: Option<String>,
    /// Where the other's pictures go: file:PATH.y4m, or none
    #[arg(long, value_name = "WHERE", default_value = "none", value_parser = video_out)]
    pub video_out: VideoOut,
}

/// `offhook listen`
#[derive(Debug, Clone, ClapArgs)]
#[command(help_template = TEMPLATE, before_help = "\
Examples:
  offhook listen --as bob                   ring and wait
  offhook listen --as bob --accept --once   answer one call, then exit with its result
  echo '{\"id\":1,\"command\":\"dial\",\"to\":[\"alice\"]}' | offhook listen --as bob --json")]
pub struct Listen {
    /// What to do with a call; nothing means --ring
    #[command(flatten)]
    pub mode: Mode,
    /// Exit after the first call has ended, with its result
    #[arg(long)]
    pub once: bool,
    /// A line the caller sees when the call is accepted or refused
    #[arg(long, value_name = "TEXT", value_parser = note)]
    pub note: Option<String>,
    /// An opaque string for the caller's program, at most 4096 bytes
    #[arg(long, value_name = "TEXT", value_parser = data, conflicts_with = "note")]
    pub data: Option<String>,
    /// Print one JSON event a line, and take commands on stdin, one JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Where the other's pictures go: file:PATH.y4m, or none
    #[arg(long, value_name = "WHERE", default_value = "none", value_parser = video_out)]
    pub video_out: VideoOut,
}

/// The four ways to treat an incoming call; at most one is set.
#[derive(Debug, Clone, Copy, Default, ClapArgs)]
#[group(multiple = false)]
pub struct Mode {
    /// Accept every call
    #[arg(long)]
    pub accept: bool,
    /// Decline every call
    #[arg(long)]
    pub decline: bool,
    /// Say that you are on another call
    #[arg(long)]
    pub busy: bool,
    /// Ring and leave it to the commands on stdin
    #[arg(long)]
    pub ring: bool,
}

/// `offhook history`
#[derive(Debug, Clone, ClapArgs)]
#[command(help_template = TEMPLATE, disable_help_subcommand = true,
          args_conflicts_with_subcommands = true, before_help = "\
Examples:
  offhook history                        the newest calls first
  offhook history --missed --with bob    what bob wanted
  offhook history --json --limit 1       the last call, with everything that is kept of it
  offhook history clear")]
pub struct HistoryArgs {
    /// Print one JSON object a line; times are UTC
    #[arg(long)]
    pub json: bool,
    /// Only calls that were missed
    #[arg(long)]
    pub missed: bool,
    /// Only the newest so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Only calls with this ID, whoever called
    #[arg(long, value_name = "ID", value_parser = Address::parse)]
    pub with: Option<Address>,
    /// What else to do with the calls.
    #[command(subcommand)]
    pub verb: Option<HistoryVerb>,
}

/// What can be done with the calls besides showing them.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum HistoryVerb {
    /// Forget all calls that are over; with --as, those of that ID
    Clear {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// `offhook contacts`
#[derive(Debug, Clone, ClapArgs)]
#[command(help_template = TEMPLATE, disable_help_subcommand = true,
          args_conflicts_with_subcommands = true, before_help = "\
Examples:
  offhook contacts add bob --name 'Bob Miller'
  offhook contacts --json
  $EDITOR \"$(offhook contacts path)\"")]
pub struct ContactsArgs {
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
    /// What to do with the file.
    #[command(subcommand)]
    pub verb: Option<ContactsVerb>,
}

/// What can be done with the contacts besides listing them.
#[derive(Debug, Clone, Subcommand)]
pub enum ContactsVerb {
    /// Add somebody
    Add {
        /// Whom: bob or bob@domain, as dialled
        #[arg(value_name = "ID", value_parser = Address::parse)]
        address: Address,
        /// What you call them
        // Its name here must be that of the global option, whose place it takes.
        #[arg(long, value_name = "NAME", value_parser = contact_name)]
        name: Option<String>,
    },
    /// Remove somebody
    Remove {
        /// Whom
        #[arg(value_name = "ID", value_parser = Address::parse)]
        address: Address,
    },
    /// Print where the file is looked for
    Path,
}

/// `offhook serve`
#[derive(Debug, Clone, ClapArgs)]
#[command(help_template = TEMPLATE, before_help = "\
Examples:
  offhook serve                              for this machine; anybody on it may take an ID
  offhook serve --listen 0.0.0.0:7443        for the network; only users you have added
  offhook serve --listen 127.0.0.1:0         on a free port, which it prints
  offhook serve --max-devices 1              whoever signs in elsewhere is signed out here")]
pub struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:7443")]
    pub listen: SocketAddr,
    /// Where the users are kept [default: $XDG_DATA_HOME/offhook]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Only users that were added may sign in, on a loopback address too
    #[arg(long)]
    pub closed: bool,
    /// On how many devices a user may be signed in; one more replaces the first [default: as many as they like]
    #[arg(long, value_name = "N")]
    pub max_devices: Option<NonZeroUsize>,
}

/// `offhook user`
#[derive(Debug, Clone, ClapArgs)]
#[command(help_template = TEMPLATE, disable_help_subcommand = true, before_help = "\
Examples:
  offhook user add alice                     asks for the password twice
  pass show sip/alice | offhook user add alice
  offhook user list --data /var/lib/offhook")]
pub struct User {
    /// Where the users are kept [default: $XDG_DATA_HOME/offhook]
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// What to do with the list.
    #[command(subcommand)]
    pub verb: UserVerb,
}

/// What can be done with the list of users.
#[derive(Debug, Clone, Subcommand)]
pub enum UserVerb {
    /// Add somebody; the password comes from a prompt or from stdin
    Add {
        /// The new user's ID
        #[arg(value_parser = UserId::parse)]
        id: UserId,
    },
    /// Change somebody's password
    Passwd {
        /// Whose password
        #[arg(value_parser = UserId::parse)]
        id: UserId,
    },
    /// Print the IDs, one a line
    List,
    /// Take somebody off the list
    Remove {
        /// Whom to remove
        #[arg(value_parser = UserId::parse)]
        id: UserId,
    },
}

/// `offhook replay`
#[derive(Debug, Clone, ClapArgs)]
pub struct Replay {
    /// The recording
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `offhook devices`
#[derive(Debug, Clone, Copy, ClapArgs)]
#[command(help_template = TEMPLATE, before_help = "\
Examples:
  offhook devices                what --mic, --speaker and --camera take; * is the default
  offhook devices --json")]
pub struct Devices {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `offhook doctor`
#[derive(Debug, Clone, Copy, ClapArgs)]
#[command(help_template = TEMPLATE, before_help = "\
Examples:
  offhook doctor                 what works, what does not, and how to mend it
  offhook doctor --server wss://pbx.example --mic 'USB headset'", after_help = "\
Exit status: 0 if nothing failed, 1 otherwise; a warning is no failure.")]
pub struct Doctor {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `offhook config`
#[derive(Debug, Clone, ClapArgs)]
#[command(help_template = TEMPLATE, disable_help_subcommand = true, before_help = "\
Examples:
  mkdir -p ~/.config/offhook && offhook config default > ~/.config/offhook/config.toml
  offhook config check")]
pub struct ConfigArgs {
    /// What to do with the configuration.
    #[command(subcommand)]
    pub verb: ConfigVerb,
}

/// What can be done with the configuration.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigVerb {
    /// Print where the file is looked for
    Path,
    /// Read the file and say what is wrong with it
    Check,
    /// Print a file with every key at its default
    Default,
}

impl Args {
    /// Reads a command line, the program's name first.
    ///
    /// The error is clap's: it also stands for `--help` and `--version`, and knows how to print itself.
    pub fn read<I, T>(words: I) -> Result<Self, clap::Error>
    where
        I: IntoIterator<Item = T>,
        T: Into<std::ffi::OsString> + Clone,
    {
        Self::try_parse_from(words)
    }
}

fn microphone(text: &str) -> Result<String, SpecError> {
    DeviceSpec::parse_for(Direction::Microphone, text).map(|_spec| text.to_owned())
}

fn speaker(text: &str) -> Result<String, SpecError> {
    DeviceSpec::parse_for(Direction::Speaker, text).map(|_spec| text.to_owned())
}

fn contact_name(text: &str) -> Result<String, &'static str> {
    let name = clean(text, NAME_CHARS);
    if name.is_empty() {
        return Err("a name needs at least one character that can be seen");
    }
    Ok(name)
}

fn camera(text: &str) -> Result<String, SpecError> {
    text.parse().map(|_spec: CameraSpec| text.to_owned())
}

fn video_out(text: &str) -> Result<VideoOut, &'static str> {
    match text.split_once(':') {
        None if text == "none" => Ok(VideoOut::None),
        Some(("file", path)) if !path.is_empty() => Ok(VideoOut::File(PathBuf::from(path))),
        _ => Err("expected file:PATH.y4m or none"),
    }
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let wanted = "expected a number of seconds above 0, such as 30 or 0.5";
    let number: f64 = text.parse().map_err(|_not_a_number| wanted)?;
    match Duration::try_from_secs_f64(number) {
        Ok(span) if !span.is_zero() => Ok(span),
        Ok(_) | Err(_) => Err(wanted),
    }
}

fn data(text: &str) -> Result<String, String> {
    if text.len() > CUSTOM_DATA_BYTES {
        let n_bytes = text.len();
        return Err(format!(
            "at most {CUSTOM_DATA_BYTES} bytes are carried, this has {n_bytes}"
        ));
    }
    Ok(text.to_owned())
}

fn note(text: &str) -> Result<String, String> {
    let n_chars = text.chars().count();
    if n_chars > NOTE_CHARS {
        return Err(format!(
            "a note has at most {NOTE_CHARS} characters, this one {n_chars}"
        ));
    }
    Ok(text.to_owned())
}

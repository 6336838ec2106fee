//! Messages for people who are signed in nowhere, in the database of the users.
//!
//! All calls block for as long as the disk takes; what is kept is on the disk when they return. Who
//! gets a letter, and when, is said in `delivery`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rsipstack::sip::{Header, HeadersExt as _, Request};
use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior, params};
use time::OffsetDateTime;
use time::macros::format_description;

use super::limits::{LETTER_BYTES, LETTER_HEAD_BYTES, LETTERS};
use super::store::{StoreError, Users};
use super::uri;
use crate::id::UserId;

/// How long a letter waits.
const LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// A message that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    /// For whom.
    pub(crate) user: UserId,
    /// The value of From, from a request whose sender was checked when it came.
    pub(crate) from: String,
    /// The value of To.
    pub(crate) to: String,
    /// What else was said of the body, one `Name: value` a line.
    pub(crate) head: String,
    /// The body as it came.
    pub(crate) body: Vec<u8>,
}

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is on the disk.
    Yes,
    /// There is no such user.
    Unknown,
    /// So many wait already, or so many of this sender's, that this one is refused. The oldest do not
    /// give way: nobody pushes out what others have been told is kept, and whoever is refused knows it.
    Full,
}

impl Letter {
    /// Makes a letter of a MESSAGE; `None` if it is too large.
    pub(crate) fn of(user: UserId, message: &Request, now: SystemTime) -> Option<Self> {
        let is_kept = |header: &&Header| {
            // What routes, signs and counts was for that one request.
            matches!(
                header,
                Header::ContentType(_)
                    | Header::ContentEncoding(_)
                    | Header::ContentLanguage(_)
                    | Header::ContentDisposition(_)
                    | Header::MimeVersion(_)
                    | Header::Date(_)
                    | Header::Subject(_)
                    | Header::Priority(_)
                    | Header::UserToUser(_)
                    | Header::Other(_, _)
            )
        };
        let lines = message.headers.iter().filter(is_kept);
        let mut lines: Vec<String> = lines.map(ToString::to_string).collect();
        lines.retain(|line| !line.contains(['\r', '\n']));
        if !message
            .headers
            .iter()
            .any(|header| matches!(header, Header::Date(_)))
        {
            lines.push(format!("Date: {}", date(now)));
        }
        let letter = Self {
            user,
            from: message.from_header().ok()?.value().to_owned(),
            to: message.to_header().ok()?.value().to_owned(),
            head: lines.join("\n"),
            body: message.body.clone(),
        };
        let n_head = letter.from.len() + letter.to.len() + letter.head.len();
        (letter.body.len() <= LETTER_BYTES && n_head <= LETTER_HEAD_BYTES).then_some(letter)
    }
}

impl Users {
    /// Keeps a letter, unless there are too many.
    pub(crate) fn keep(&self, letter: &Letter, now: SystemTime) -> Result<Kept, StoreError> {
        let mut connection = self.lock();
        // Others may add and remove users meanwhile.
        let work = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let user = letter.user.as_str();
        let count = |query: &str| work.query_row(query, [user], |row| row.get::<_, i64>(0));
        if count("SELECT count(*) FROM user WHERE id = ?1")? == 0 {
            return Ok(Kept::Unknown);
        }
        work.execute("DELETE FROM letter WHERE since <= ?1", [oldest(now)])?;
        let free = LETTERS - count("SELECT count(*) FROM letter WHERE user = ?1")?;
        if free <= n_of_sender(&work, letter)? {
            return Ok(Kept::Full);
        }
        work.execute(
            "INSERT INTO letter (user, since, sender, recipient, head, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                user,
                seconds(now),
                letter.from,
                letter.to,
                letter.head,
                letter.body
            ],
        )?;
        work.commit()?;
        Ok(Kept::Yes)
    }

    /// Returns the first letter of a user after one of a given number, and its number.
    pub(crate) fn letter_after(
        &self,
        user: &UserId,
        number: i64,
        now: SystemTime,
    ) -> Result<Option<(i64, Letter)>, StoreError> {
        let connection = self.lock();
        let mut query = connection.prepare_cached(
            "SELECT id, sender, recipient, head, body FROM letter
             WHERE user = ?1 AND id > ?2 AND since > ?3 ORDER BY id LIMIT 1",
        )?;
        let letter = query.query_row(params![user.as_str(), number, oldest(now)], |row| {
            let letter = Letter {
                user: user.clone(),
                from: row.get(1)?,
                to: row.get(2)?,
                head: row.get(3)?,
                body: row.get(4)?,
            };
            Ok((row.get(0)?, letter))
        });
        Ok(letter.optional()?)
    }

    /// Removes a letter that has arrived.
    pub(crate) fn forget(&self, number: i64) -> Result<(), StoreError> {
        self.lock()
            .execute("DELETE FROM letter WHERE id = ?1", [number])?;
        Ok(())
    }
}

/// Counts what waits for the same user from the same sender. Nobody may have more than is left for others,
/// so that one alone fills half, and a second one half of the rest.
fn n_of_sender(work: &Transaction<'_>, letter: &Letter) -> Result<i64, StoreError> {
    let sender = uri::user_of_header(&letter.from);
    let mut query = work.prepare_cached("SELECT sender FROM letter WHERE user = ?1")?;
    let senders = query.query_map([letter.user.as_str()], |row| row.get::<_, String>(0))?;
    let mut n_own = 0;
    for other in senders {
        if uri::user_of_header(&other?) == sender {
            n_own += 1;
        }
    }
    Ok(n_own)
}

/// Writes a Date value (RFC 3261, 20.17).
fn date(now: SystemTime) -> String {
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    OffsetDateTime::from(now).format(form).unwrap_or_default()
}

fn oldest(now: SystemTime) -> i64 {
    seconds(now) - i64::try_from(LIFE.as_secs()).unwrap_or(i64::MAX)
}

fn seconds(now: SystemTime) -> i64 {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        UserId::parse(id).expect("an ID")
    }

    fn letter(body: &str) -> Letter {
        Letter {
            user: user("bob"),
            from: "<sip:alice@x>;tag=1".to_owned(),
            to: "<sip:bob@x>".to_owned(),
            head: "Content-Type: text/plain".to_owned(),
            body: body.into(),
        }
    }

    fn users() -> Users {
        let users = Users::in_memory().expect("memory can be had");
        users.add(&user("bob"), "pw").expect("it is new");
        users
    }

    #[test]
    fn letters_come_out_as_they_went_in() {
        let (users, now) = (users(), SystemTime::now());
        for body in ["one", "two \u{0}\u{fc}"] {
            assert_eq!(users.keep(&letter(body), now).unwrap(), Kept::Yes);
        }
        let (first, one) = users.letter_after(&user("bob"), 0, now).unwrap().unwrap();
        assert_eq!(one, letter("one"));
        let (second, two) = users
            .letter_after(&user("bob"), first, now)
            .unwrap()
            .unwrap();
        assert_eq!(two, letter("two \u{0}\u{fc}"));
        users.forget(first).unwrap();
        let left = users.letter_after(&user("bob"), 0, now).unwrap().unwrap();
        assert_eq!(left.0, second);
        assert_eq!(users.letter_after(&user("alice"), 0, now).unwrap(), None);
    }

    #[test]
    fn a_letter_waits_for_thirty_days() {
        let (users, now) = (users(), SystemTime::now());
        users.keep(&letter("old"), now).unwrap();
        let bob = user("bob");
        let at = |time| users.letter_after(&bob, 0, time).unwrap().is_some();
        assert!(at(now + LIFE - Duration::from_secs(1)));
        assert!(!at(now + LIFE));
        users.keep(&letter("new"), now + LIFE).unwrap();
        let (_, first) = users.letter_after(&bob, 0, now).unwrap().unwrap();
        assert_eq!(first, letter("new"), "the old one is gone from the disk");
    }

    #[test]
    fn a_full_mailbox_keeps_what_it_has() {
        let (users, now) = (users(), SystemTime::now());
        let of = |n: i64| Letter {
            from: format!("<sip:user{n}@x>;tag=1"),
            ..letter(&n.to_string())
        };
        for n in 0..LETTERS {
            assert_eq!(users.keep(&of(n), now).unwrap(), Kept::Yes);
        }
        assert_eq!(users.keep(&letter("more"), now).unwrap(), Kept::Full);
        let (first, oldest) = users.letter_after(&user("bob"), 0, now).unwrap().unwrap();
        assert_eq!(oldest, of(0));
        users.forget(first).unwrap();
        assert_eq!(users.keep(&letter("more"), now).unwrap(), Kept::Yes);
    }

    #[test]
    fn nobody_fills_a_mailbox_alone() {
        let (users, now) = (users(), SystemTime::now());
        let fill = |who: &str| {
            let keep = |n: &i64| {
                let letter = Letter {
                    // A name and a tag of one's own choice make nobody else.
                    from: format!("\"{n}\" <sip:{who}@x{n}>;tag={n}"),
                    ..letter("again")
                };
                users.keep(&letter, now).unwrap() == Kept::Yes
            };
            (0..LETTERS).take_while(keep).count()
        };
        let kept = ["mallory", "trudy", "alice", "mallory"].map(fill);
        assert_eq!(kept, [50, 25, 13, 0]);
    }

    #[test]
    fn letters_go_with_their_user() {
        let (users, now, bob) = (users(), SystemTime::now(), user("bob"));
        users.keep(&letter("private"), now).unwrap();
        users.remove(&bob).unwrap();
        assert_eq!(users.keep(&letter("late"), now).unwrap(), Kept::Unknown);
        users.add(&bob, "another bob").unwrap();
        assert_eq!(users.letter_after(&bob, 0, now).unwrap(), None);
    }

    #[test]
    fn a_date_is_written_as_sip_has_it() {
        let at = UNIX_EPOCH + Duration::from_secs(1_289_690_940);
        assert_eq!(date(at), "Sat, 13 Nov 2010 23:29:00 GMT");
    }
}

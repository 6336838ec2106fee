//! Whether a server is there and speaks SIP over WebSocket, without signing in.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::socket::{Event, Socket};

/// The close code of somebody who is done (RFC 6455, 7.4.1).
const NORMAL: u16 = 1000;

/// Makes a connection and closes it; returns how long it took, in words.
///
/// # Errors
///
/// Why there is none, in words: no such name, refused, no certificate, not a SIP server, no
/// answer within `limit`.
pub async fn probe(url: &str, limit: Duration) -> Result<String, String> {
    let begun = Instant::now();
    let mut socket = Socket::open(url);
    let event = timeout(limit, socket.event()).await;
    match event {
        Ok(Some(Event::Opened { .. })) => {
            let took = begun.elapsed().as_millis();
            socket.close(NORMAL);
            Ok(format!("within {took} ms"))
        }
        Ok(Some(Event::Failed { error, detail, .. })) => {
            Err(format!("{} ({detail})", error.words()))
        }
        Ok(Some(Event::Frame(_) | Event::Closed(_)) | None) => Err("it hung up".to_owned()),
        Err(_elapsed) => Err(format!("no answer within {} s", limit.as_secs())),
    }
}

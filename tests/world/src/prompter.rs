//! A stand-in for the prompter of gnome-keyring, the desktop's part that asks
//! for passwords. It counts the prompts and can dismiss them.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::watch;
use zbus::message::Header;
use zbus::{Connection, OwnedObjectPath, OwnedVariant, Variant};

use crate::bus::Bus;
use crate::within;

const NAME: &str = "org.gnome.keyring.SystemPrompter";
const PATH: &str = "/org/gnome/keyring/Prompter";
const CALLBACK: &str = "org.gnome.keyring.internal.Prompter.Callback";

/// The prompter on a session bus, removed when dropped.
#[derive(Debug)]
pub struct Prompter {
    questions: watch::Receiver<u32>,
    dismissed: watch::Sender<u32>,
    _connection: Connection,
}

struct Desk {
    questions: watch::Sender<u32>,
    dismissed: watch::Sender<u32>,
}

impl Prompter {
    /// Takes the prompter's name on a bus.
    pub async fn on(bus: &Bus) -> Result<Self> {
        let (asked, questions) = watch::channel(0);
        let dismissed = watch::Sender::new(0);
        let desk = Desk { questions: asked, dismissed: dismissed.clone() };
        let connection = zbus::connection::Builder::address(bus.address())
            .serve_at(PATH, desk)
            .name(NAME)
            .build()
            .await?;
        Ok(Self { questions, dismissed, _connection: connection })
    }

    /// The number of prompts so far.
    pub fn questions(&self) -> u32 {
        *self.questions.borrow()
    }

    /// Waits until there were this many prompts.
    pub async fn shown(&self, count: u32, deadline: Duration) -> Result<()> {
        let mut questions = self.questions.clone();
        within(deadline, "a question for the password", async {
            questions.wait_for(|shown| *shown >= count).await.map(drop).map_err(Into::into)
        })
        .await
    }

    /// Dismisses every open prompt.
    pub fn dismiss(&self) {
        self.dismissed.send_replace(self.questions());
    }
}

#[zbus::interface(name = "org.gnome.keyring.internal.Prompter")]
impl Desk {
    fn begin_prompting(
        &self,
        callback: OwnedObjectPath,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) {
        tokio::spawn(ready(connection.clone(), sender(&header), callback, ""));
    }

    fn perform_prompt(
        &self,
        callback: OwnedObjectPath,
        _kind: String,
        _properties: HashMap<String, OwnedVariant>,
        _exchange: String,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) {
        let (connection, to) = (connection.clone(), sender(&header));
        let mut dismissed = self.dismissed.subscribe();
        self.questions.send_modify(|questions| *questions += 1);
        let number = *self.questions.borrow();
        tokio::spawn(async move {
            if dismissed.wait_for(|last| *last >= number).await.is_ok() {
                ready(connection, to, callback, "no").await;
            }
        });
    }

    fn stop_prompting(
        &self,
        callback: OwnedObjectPath,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) {
        let (connection, to) = (connection.clone(), sender(&header));
        tokio::spawn(async move {
            let to = Some(to.as_str());
            let _ = connection.call_method(to, &callback, Some(CALLBACK), "PromptDone", &()).await;
        });
    }
}

fn sender(header: &Header<'_>) -> String {
    header.sender().map(ToString::to_string).unwrap_or_default()
}

/// Sends the answer to the keyring, which may have ended.
async fn ready(connection: Connection, to: String, callback: OwnedObjectPath, said: &str) {
    // No password is entered, so no key exchange is needed.
    let body = (said, HashMap::<&str, Variant<'_>>::new(), "");
    let to = Some(to.as_str());
    let _ = connection.call_method(to, &callback, Some(CALLBACK), "PromptReady", &body).await;
}

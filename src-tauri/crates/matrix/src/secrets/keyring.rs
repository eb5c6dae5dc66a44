//! The Secret Service: gnome-keyring, KWallet, KeePassXC.
//!
//! The `secret-service` crate runs zbus on async-io, whose reactor is a
//! thread of its own, so waiting for the keyring (or for the person to type
//! its password) does not hold up the runtime that polls these futures.

use std::collections::HashMap;

use secret_service::{Collection, EncryptionType, Error, SecretService};

use super::SecretError;
use crate::Session;

/// Attributes are how an item is found; they are not secret.
const APPLICATION: (&str, &str) = ("application", "presently");
const USER_ID: &str = "user_id";

impl From<Error> for SecretError {
    fn from(error: Error) -> Self {
        match error {
            Error::Locked | Error::Prompt | Error::PromptDisconnected => Self::Locked,
            Error::Unavailable => Self::Unavailable,
            Error::Zbus(_) | Error::ZbusFdo(_) if is_absent(&error) => Self::Unavailable,
            other => Self::Keyring(other.to_string()),
        }
    }
}

/// Nobody owns the name and nobody can be started for it, or there is no
/// session bus to ask.
fn is_absent(error: &Error) -> bool {
    let text = error.to_string();
    ["ServiceUnknown", "NameHasNoOwner", "Spawn", "No such file", "Connection refused", "NoServer"]
        .iter()
        .any(|sign| text.contains(sign))
}

async fn connect() -> Result<SecretService<'static>, SecretError> {
    Ok(SecretService::connect(EncryptionType::Dh).await?)
}

fn attributes(user_id: &str) -> HashMap<&str, &str> {
    HashMap::from([APPLICATION, (USER_ID, user_id)])
}

/// The collection to keep new items in, unlocked; the person is asked for its
/// password only if `prompt`.
async fn collection<'a>(
    service: &'a SecretService<'_>,
    prompt: bool,
) -> Result<Collection<'a>, SecretError> {
    let collection = match service.get_default_collection().await {
        // A fresh desktop has none: this is the one every program shares.
        Err(Error::NoResult) => service.create_collection("Login", "default").await?,
        other => other?,
    };
    if collection.is_locked().await? {
        if !prompt {
            return Err(SecretError::Locked);
        }
        collection.unlock().await?;
    }
    Ok(collection)
}

pub(super) async fn load(user_id: &str, prompt: bool) -> Result<Session, SecretError> {
    let service = connect().await?;
    let found = service.search_items(attributes(user_id)).await?;
    let item = match (found.unlocked.first(), found.locked.first()) {
        (Some(item), _) => item,
        (None, Some(_)) if !prompt => return Err(SecretError::Locked),
        (None, Some(item)) => {
            item.unlock().await?;
            item
        }
        (None, None) => return Err(SecretError::NotFound(user_id.to_owned())),
    };
    let secret = item.get_secret().await?;
    serde_json::from_slice(&secret).map_err(|_| SecretError::Broken("the keyring".to_owned()))
}

pub(super) async fn save(session: &Session, prompt: bool) -> Result<(), SecretError> {
    let service = connect().await?;
    let text = serde_json::to_vec(session)
        .map_err(|_| SecretError::Broken("the new session".to_owned()))?;
    collection(&service, prompt)
        .await?
        .create_item(
            &format!("Presently: {}", session.user_id),
            attributes(&session.user_id),
            &text,
            true,
            "application/json",
        )
        .await?;
    Ok(())
}

pub(super) async fn delete(user_id: &str) -> Result<(), SecretError> {
    let service = connect().await?;
    let found = service.search_items(attributes(user_id)).await?;
    for item in found.unlocked {
        item.delete().await?;
    }
    for item in found.locked {
        item.unlock().await?;
        item.delete().await?;
    }
    Ok(())
}

pub(super) async fn forget(session: &Session) -> Result<(), SecretError> {
    let service = connect().await?;
    // What is locked cannot be told apart.
    for item in service.search_items(attributes(&session.user_id)).await?.unlocked {
        let stored: Option<Session> = serde_json::from_slice(&item.get_secret().await?).ok();
        if stored.is_some_and(|stored| stored.device_id == session.device_id) {
            item.delete().await?;
        }
    }
    Ok(())
}

pub(super) async fn list() -> Result<Vec<String>, SecretError> {
    let service = connect().await?;
    let found = service.search_items(HashMap::from([APPLICATION])).await?;
    let mut users = Vec::new();
    for item in found.unlocked.iter().chain(&found.locked) {
        match item.get_attributes().await?.remove(USER_ID) {
            Some(user) => users.push(user),
            // gnome-keyring hides them until it is unlocked.
            None => return Err(SecretError::Locked),
        }
    }
    users.sort();
    users.dedup();
    Ok(users)
}

pub(super) async fn probe() -> Result<String, SecretError> {
    let service = connect().await?;
    match service.get_default_collection().await {
        Err(Error::NoResult) => Ok("the keyring is empty: a first one will be made".to_owned()),
        Err(other) => Err(other.into()),
        Ok(collection) if collection.is_locked().await? => Err(SecretError::Locked),
        Ok(collection) => Ok(format!("the keyring “{}”, unlocked", collection.get_label().await?)),
    }
}

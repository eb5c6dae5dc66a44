//! A prompt, and the action that follows if the person accepts.

use zbus::object_server::SignalEmitter;
use zbus::{ObjectServer, Variant, fdo};

use super::{Shelf, collection_path};

/// The action after acceptance.
pub(super) enum Does {
    Unlock(Vec<String>),
    Create { name: String, is_default: bool },
}

pub(super) struct PromptObject {
    pub(super) shelf: Shelf,
    pub(super) does: Does,
}

#[zbus::interface(name = "org.freedesktop.Secret.Prompt")]
impl PromptObject {
    async fn prompt(
        &self,
        _window_id: String,
        #[zbus(object_server)] server: &ObjectServer,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> fdo::Result<()> {
        let consents = {
            let mut shelf = self.shelf.lock();
            shelf.asked.questions += 1;
            shelf.consents
        };
        let result = match &self.does {
            _ if !consents => Variant::from(""),
            Does::Unlock(names) => {
                let mut shelf = self.shelf.lock();
                for name in names {
                    if let Some(collection) = shelf.collections.get_mut(name) {
                        collection.is_locked = false;
                    }
                }
                Variant::from("")
            }
            Does::Create { name, is_default } => {
                self.shelf.add(server, name).await?;
                if *is_default {
                    self.shelf.lock().default = Some(name.clone());
                }
                Variant::from(collection_path(name)?.into_inner())
            }
        };
        Ok(Self::completed(&emitter, !consents, result).await?)
    }

    #[zbus(signal)]
    async fn completed(
        emitter: &SignalEmitter<'_>,
        dismissed: bool,
        result: Variant<'_>,
    ) -> zbus::Result<()>;
}

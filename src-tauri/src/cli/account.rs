//! `presently account`: shows and changes the settings of one account.

use presently_core::Code;
use presently_ipc::snapshot::Account;
use presently_ipc::{Paths, Request};

use super::client::{done, snapshot};
use super::parts::AccountArgs;
use super::{Stop, output};

/// Applies the given changes and prints the settings in force.
pub(super) async fn run(paths: &Paths, args: AccountArgs) -> Result<(), Stop> {
    let AccountArgs { user_id, share, busy, call_field, profile_room } = args;
    if share.is_some() || busy.is_some() || call_field.is_some() || profile_room.is_some() {
        let user_id = user_id.clone();
        done(paths, Request::AccountSet { user_id, share, busy, call_field, profile_room }).await?;
    }
    let snapshot = snapshot(paths).await?;
    match snapshot.accounts.iter().find(|a| a.user_id == user_id) {
        Some(account) => output::people(&text(account)),
        None => Err(Code::new("account-unknown").with("user_id", user_id).into()),
    }
}

fn text(account: &Account) -> String {
    let on_off = |on| if on { "on" } else { "off" };
    let lines = [
        account.user_id.clone(),
        format!("share         {}", account.share.name()),
        format!("busy          {}", account.busy_mode.name()),
        format!("call-field    {}", on_off(account.call_field)),
        format!("profile-room  {}", on_off(account.profile_room)),
    ];
    lines.join("\n")
}

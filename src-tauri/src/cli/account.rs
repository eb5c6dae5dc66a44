//! The settings of one account, shown and changed.

use presently_ipc::snapshot::Account;
use presently_ipc::{Paths, Request};

use super::commands::{done, snapshot};
use super::parts::AccountArgs;
use super::{Stop, output};

/// Changes what was given, and prints what is in force.
pub(super) async fn run(paths: &Paths, args: AccountArgs) -> Result<(), Stop> {
    let AccountArgs { user_id, share, busy, call_field } = args;
    if share.is_some() || busy.is_some() || call_field.is_some() {
        done(paths, Request::AccountSet { user_id: user_id.clone(), share, busy, call_field })
            .await?;
    }
    let snapshot = snapshot(paths).await?;
    match snapshot.accounts.iter().find(|a| a.user_id == user_id) {
        Some(account) => output::people(&text(account)),
        None => Err(Stop::Failed(format!(
            "there is no account {user_id} here; `presently accounts` lists them"
        ))),
    }
}

fn text(account: &Account) -> String {
    let call_field = if account.call_field { "on" } else { "off" };
    let (share, busy) = (account.share.name(), account.busy_mode.name());
    format!(
        "{}\nshare       {share}\nbusy        {busy}\ncall-field  {call_field}",
        account.user_id
    )
}

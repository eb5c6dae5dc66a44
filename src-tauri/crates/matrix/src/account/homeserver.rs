//! What the account driver needs of a homeserver. It is a trait, so that the
//! driver can be tested without one.

use std::sync::Arc;

use presently_core::Code;
use presently_core::account::profile::Fields;
use presently_core::account::{Answer, Fault, Request};

use super::in_flight::Pending;
use super::requests;
use crate::api::Api;
use crate::trouble::Trouble;

/// Sends requests to a homeserver.
pub(super) trait Homeserver: Send + Sync + 'static {
    /// Carries out a request. `fields` are the profile fields that the server
    /// has.
    fn carry_out(&self, request: Request, fields: &Fields) -> Pending<Result<Answer, Trouble>>;

    /// The code that tells the person what went wrong.
    fn code(&self, trouble: &Trouble) -> Code;
}

impl Homeserver for Arc<Api> {
    fn carry_out(&self, request: Request, fields: &Fields) -> Pending<Result<Answer, Trouble>> {
        let (api, fields) = (Arc::clone(self), fields.clone());
        Box::pin(async move { requests::carry_out(&api, &fields, request).await })
    }

    fn code(&self, trouble: &Trouble) -> Code {
        trouble.code(self.host())
    }
}

/// What a failed request means to an account.
pub(super) fn fault(trouble: Trouble) -> Fault {
    match trouble {
        Trouble::Limited(pause) => Fault::Limited(pause),
        Trouble::UnknownToken => Fault::UnknownToken,
        Trouble::Refused { status, message, .. } => Fault::Refused { status, message },
        Trouble::Unreachable(_)
        | Trouble::Tls(_)
        | Trouble::Proxy(_)
        | Trouble::CaptivePortal
        | Trouble::NotMatrix
        | Trouble::TooLong
        | Trouble::Server(_) => Fault::Lost,
    }
}

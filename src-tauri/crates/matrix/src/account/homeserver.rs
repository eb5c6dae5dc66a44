//! What the account driver needs of a homeserver. It is a trait, so that the
//! driver can be tested without one.

use std::sync::Arc;

use presently_core::Code;
use presently_core::account::profile::Fields;
use presently_core::account::{Answer, Fault, Request};

use super::in_flight::Pending;
use super::requests;
use crate::api::Api;
use crate::request_error::RequestError;

/// Sends requests to a homeserver.
pub(super) trait Homeserver: Send + Sync + 'static {
    /// Carries out a request. `fields` are the profile fields that the server
    /// has.
    fn carry_out(&self, request: Request, fields: &Fields)
    -> Pending<Result<Answer, RequestError>>;

    /// The code that tells the person what went wrong.
    fn code(&self, error: &RequestError) -> Code;
}

impl Homeserver for Arc<Api> {
    fn carry_out(
        &self,
        request: Request,
        fields: &Fields,
    ) -> Pending<Result<Answer, RequestError>> {
        let (api, fields) = (Arc::clone(self), fields.clone());
        Box::pin(async move { requests::carry_out(&api, &fields, request).await })
    }

    fn code(&self, error: &RequestError) -> Code {
        error.code(self.host())
    }
}

/// What a failed request means to an account.
pub(super) fn fault(error: RequestError) -> Fault {
    match error {
        RequestError::Limited(pause) => Fault::Limited(pause),
        RequestError::UnknownToken => Fault::UnknownToken,
        RequestError::Refused { status, message, .. } => Fault::Refused { status, message },
        RequestError::Unreachable(_)
        | RequestError::Tls(_)
        | RequestError::Proxy(_)
        | RequestError::CaptivePortal
        | RequestError::NotMatrix
        | RequestError::TooLong
        | RequestError::Server(_) => Fault::Lost,
    }
}

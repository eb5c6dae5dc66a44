//! Where input can be seen on Linux.

use std::time::Duration;

use super::{Backends, x11};
use crate::Environment;

/// In the order in which they are asked.
pub(super) fn backends(environment: &Environment, after: Duration) -> Backends {
    vec![Box::new(x11::XSync::new(environment, after))]
}

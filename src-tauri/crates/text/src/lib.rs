//! What people read, made from the codes and arguments that the core names.
//! The only place where sentences about presence are made, so that they can be
//! said in another language.

mod note;
mod reason;

pub use note::{message_error, note, room_problem};
pub use reason::reason;

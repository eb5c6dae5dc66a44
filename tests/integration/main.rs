//! The whole of Presently against the real things: one module a theme.

mod faults;
mod idle;
mod limits;
mod programs;
mod scene;
mod spine;

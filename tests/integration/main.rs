//! The whole of Presently against the real things: one module a theme.

mod accounts;
mod calls;
mod cli;
mod faults;
mod idle;
mod limits;
mod notify;
mod pause;
mod programs;
mod recording;
mod scene;
mod secrets;
mod signals_camera;
mod signals_compositor;
mod signals_desktop;
mod signals_kwin;
mod signals_lock;
mod signals_logind;
mod signals_microphone;
mod signals_sound;
mod signin;
mod socket;
mod spine;
mod tray;
mod wait;
mod window;

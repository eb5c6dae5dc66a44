//! The agent of Presently: it holds every secret and makes every decision.
//! Never names tauri, so that the agent starts without GTK and WebKit.

pub mod agent;
pub mod alarm;
pub mod autostart;
pub mod browser;
pub mod cli;
pub mod localize;
pub mod notify;
pub mod settings;
pub mod signals;
pub mod state;
pub mod tray;

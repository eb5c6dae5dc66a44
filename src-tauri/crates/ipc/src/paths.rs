//! Where Presently keeps its files, by the XDG base directory specification
//! (<https://specifications.freedesktop.org/basedir-spec/latest/>).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use presently_core::{Code, Coded, coded_error};

/// The folder's name below each of the base directories.
const FOLDER: &str = "presently";

/// Every path that the agent, the command line and the window use. None of them
/// has to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// `$XDG_RUNTIME_DIR/presently`, which only its owner may enter.
    pub runtime_dir: PathBuf,
    /// The agent's socket, in [`Paths::runtime_dir`].
    pub socket: PathBuf,
    /// The file that the running agent keeps locked, in [`Paths::runtime_dir`].
    pub lock: PathBuf,
    /// What the person said, and what is to be cleared on servers at the next
    /// start: `$XDG_STATE_HOME/presently/state.json`.
    pub state_file: PathBuf,
    /// The history of what was shown: `$XDG_STATE_HOME/presently/history.json`.
    pub history_file: PathBuf,
    /// `$XDG_CONFIG_HOME/presently/settings.toml`.
    pub settings_file: PathBuf,
    /// A copy of the settings that were last in force, for when the settings
    /// file cannot be read:
    /// `$XDG_STATE_HOME/presently/settings.last-good.toml`.
    pub last_good_settings: PathBuf,
    /// Tokens, if the person chose a file for them:
    /// `$XDG_STATE_HOME/presently/secrets.json`.
    pub secrets_file: PathBuf,
    /// The program `presently-window`, beside this one.
    pub window: PathBuf,
}

/// Why the paths are unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathsError {
    /// `XDG_RUNTIME_DIR` is not an absolute path.
    NoRuntimeDir,
    /// Neither `HOME` nor the variable of a base directory is an absolute path.
    NoHome,
}

impl Coded for PathsError {
    fn code(&self) -> Code {
        match self {
            Self::NoRuntimeDir => Code::new("paths-no-runtime-folder"),
            Self::NoHome => Code::new("paths-no-home"),
        }
    }
}

coded_error!(PathsError);

impl Paths {
    /// The paths of this process, from its environment. Fails as
    /// [`Paths::from_vars`] does.
    pub fn from_env() -> Result<Self, PathsError> {
        // If this program's own path is unknown, the window's program is found
        // by `PATH`.
        let program = std::env::current_exe().unwrap_or_default();
        Self::from_vars(|name| std::env::var_os(name), &program)
    }

    /// The paths that the variables give, for the program at `program`.
    ///
    /// A relative path in a variable is ignored, as the specification requires.
    /// The runtime folder has no default, because others could take the
    /// socket's place in a shared temporary folder. Fails if that folder or the
    /// home folder is unknown.
    pub fn from_vars(
        var: impl Fn(&str) -> Option<OsString>,
        program: &Path,
    ) -> Result<Self, PathsError> {
        let folder = |name: &str| var(name).map(PathBuf::from).filter(|p| p.is_absolute());
        let base = |name: &str, below_home: &str| {
            folder(name)
                .or_else(|| folder("HOME").map(|home| home.join(below_home)))
                .map(|base| base.join(FOLDER))
                .ok_or(PathsError::NoHome)
        };

        let runtime_dir = folder("XDG_RUNTIME_DIR").ok_or(PathsError::NoRuntimeDir)?.join(FOLDER);
        let state = base("XDG_STATE_HOME", ".local/state")?;
        let config = base("XDG_CONFIG_HOME", ".config")?;
        let window = format!("presently-window{}", std::env::consts::EXE_SUFFIX);
        Ok(Self {
            socket: runtime_dir.join("agent.sock"),
            lock: runtime_dir.join("agent.lock"),
            runtime_dir,
            state_file: state.join("state.json"),
            history_file: state.join("history.json"),
            secrets_file: state.join("secrets.json"),
            last_good_settings: state.join("settings.last-good.toml"),
            settings_file: config.join("settings.toml"),
            window: program.with_file_name(window),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(vars: &[(&str, &str)]) -> Result<Paths, PathsError> {
        let var = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into());
        Paths::from_vars(var, Path::new("/usr/bin/presently"))
    }

    #[test]
    fn the_variables_name_the_places() {
        let got = paths(&[
            ("XDG_RUNTIME_DIR", "/run/user/1000"),
            ("XDG_STATE_HOME", "/s"),
            ("XDG_CONFIG_HOME", "/c"),
        ]);
        let wanted = Paths {
            runtime_dir: "/run/user/1000/presently".into(),
            socket: "/run/user/1000/presently/agent.sock".into(),
            lock: "/run/user/1000/presently/agent.lock".into(),
            state_file: "/s/presently/state.json".into(),
            history_file: "/s/presently/history.json".into(),
            settings_file: "/c/presently/settings.toml".into(),
            secrets_file: "/s/presently/secrets.json".into(),
            last_good_settings: "/s/presently/settings.last-good.toml".into(),
            window: "/usr/bin/presently-window".into(),
        };
        assert_eq!(got, Ok(wanted));
    }

    #[test]
    fn what_is_missing_or_relative_has_its_default_below_home() {
        for vars in [
            &[("XDG_RUNTIME_DIR", "/r"), ("HOME", "/home/me")][..],
            &[
                ("XDG_RUNTIME_DIR", "/r"),
                ("HOME", "/home/me"),
                ("XDG_STATE_HOME", "state"),
                ("XDG_CONFIG_HOME", ""),
            ],
        ] {
            let got = paths(vars).expect("HOME is enough");
            assert_eq!(got.state_file, Path::new("/home/me/.local/state/presently/state.json"));
            assert_eq!(got.settings_file, Path::new("/home/me/.config/presently/settings.toml"));
        }
    }

    #[test]
    fn there_is_no_shared_place_for_the_socket() {
        assert_eq!(paths(&[("HOME", "/home/me")]), Err(PathsError::NoRuntimeDir));
        assert_eq!(
            paths(&[("HOME", "/home/me"), ("XDG_RUNTIME_DIR", "run")]),
            Err(PathsError::NoRuntimeDir)
        );
        assert_eq!(paths(&[("XDG_RUNTIME_DIR", "/r")]), Err(PathsError::NoHome));
    }
}

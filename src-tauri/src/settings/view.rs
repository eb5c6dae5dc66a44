//! The settings as the window shows them.

use presently_core::Settings;
use presently_ipc::settings::SettingView;
use serde_json::Value;

/// Every setting with its default, sorted by key, without those of single
/// accounts.
pub(super) fn view(settings: &Settings) -> Vec<SettingView> {
    let defaults = leaves(&Settings::default());
    let value_of = |key: &str| defaults.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
    leaves(settings)
        .into_iter()
        .filter_map(|(key, value)| {
            let default = value_of(&key)?;
            Some(SettingView { key, value, default })
        })
        .collect()
}

/// The dotted keys and their values.
fn leaves(settings: &Settings) -> Vec<(String, Value)> {
    let Ok(Value::Object(sections)) = serde_json::to_value(settings) else { return Vec::new() };
    let mut leaves = Vec::new();
    for (section, value) in sections {
        match value {
            _ if section == "version" || section == "account" => (),
            Value::Object(inner) => {
                let inner =
                    inner.into_iter().map(|(key, value)| (format!("{section}.{key}"), value));
                leaves.extend(inner);
            }
            value => leaves.push((section, value)),
        }
    }
    leaves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_there_with_its_default() {
        let mut settings = Settings::default();
        settings.dnd.busy = true;
        let shown = view(&settings);
        let of = |key: &str| shown.iter().find(|s| s.key == key).expect("it is there");
        assert_eq!(of("dnd.busy").value, Value::from(true));
        assert_eq!(of("dnd.busy").default, Value::from(false));
        assert_eq!(of("idle.after").value, Value::from("5m"));
        assert_eq!(of("language").value, Value::from("auto"));
        assert!(of("call.ignore").value.is_array());
        assert!(shown.iter().all(|s| s.key != "version" && !s.key.starts_with("account")));
    }
}

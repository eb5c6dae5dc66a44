use super::*;
/// stub
pub fn plan(_d: &Desired, _a: &Abilities, _k: &Acknowledged, _n: Mono) -> Plan {
    Plan::default()
}

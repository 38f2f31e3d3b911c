//! Configuration: what it says of findings fits what is there.

pub(super) mod deprecated_code;
pub(super) mod expired_suppression;
pub(super) mod unknown_rule;
pub(super) mod unused_suppression;

#[cfg(test)]
mod testing {
    use crate::audit::fixture::Fixture;
    use crate::audit::{Engine, Finding, Places, Settings};

    /// The findings of one rule of the family in a data set where two descriptions say nothing,
    /// given the text of a configuration.
    pub(super) fn run(code: &str, text: &str, partial: bool) -> Vec<Finding> {
        #[derive(Default, serde::Deserialize)]
        struct File {
            audit: Settings,
        }
        let mut settings = toml::from_str::<File>(text).unwrap().audit;
        let table = toml::de::DeTable::parse(text).unwrap();
        settings.places = Places::of("dataprep.toml".as_ref(), text, table.get_ref());
        let mut data = Fixture::clean();
        data.descriptions(|d| {
            d[3].text = String::new();
            d[4].text = String::new();
        });
        let today = "2026-06-01".parse::<toml::value::Datetime>().unwrap().date.unwrap();
        let engine = Engine::new(&settings).unwrap().partial(partial).today(today);
        let mut findings = data.report(&engine).findings;
        findings.retain(|f| f.code == code);
        findings
    }
}

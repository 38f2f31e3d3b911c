//! What a rule is, and where it writes its findings down.

use super::context::{DatasetContext, ScanContext};
use super::control::{Control, ControlContext};
use super::finding::{Applicability, Draft, Finding, Severity};
use super::fix::Mend;
use super::known;
use crate::scene::Catalogue;

/// What a rule is called and what its page says.
#[derive(Debug)]
pub struct Meta {
    /// `ABC123`: three letters for the subject, three digits for the rule. Never reused.
    pub code: &'static str,
    /// The name in kebab case, also the name of the rule's file.
    pub name: &'static str,
    /// How bad a finding of the rule is, unless settings say otherwise.
    pub severity: Severity,
    /// What must be asked for before the rule runs.
    pub needs: Needs,
    /// How far its findings can be mended in a copy of the references.
    pub fix: Option<Applicability>,
    /// The rule's documentation comment, line by line.
    pub(super) doc: &'static str,
    /// The rule's source file, from the root of the repository.
    pub source: &'static str,
}

/// What must be asked for before a rule runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it runs unless it is left out.
    Nothing,
    /// `--preview`: the rule judges, and its precision is measured rather than certain.
    Preview,
    /// `--profile`: the rule speaks of a trainer's habits.
    Profile,
}

/// The headings of a rule's page, in order.
pub(super) const HEADINGS: [&str; 5] =
    ["What it checks", "Why it matters", "How to fix", "Known exceptions", "Source"];

impl Meta {
    /// What a rule has that says nothing else.
    pub(super) const BARE: Self = Self {
        code: "",
        name: "",
        severity: Severity::Error,
        needs: Needs::Nothing,
        fix: None,
        doc: "",
        source: "",
    };

    /// The lines of the page, without the blank that follows `///`.
    fn lines(&self) -> impl Iterator<Item = &'static str> {
        self.doc.lines().map(|l| l.strip_prefix(' ').unwrap_or(l))
    }

    /// The page: Markdown with second-level headings.
    pub fn explanation(&self) -> String {
        let mut text = String::new();
        for line in self.lines() {
            text += if line.starts_with('#') { "#" } else { "" };
            text += line;
            text.push('\n');
        }
        text
    }

    /// The first sentence: what is wrong where the rule fires, as a clause without a full stop.
    pub fn summary(&self) -> String {
        paragraph(self.lines()).trim_end_matches('.').to_owned()
    }

    /// The first paragraph under a heading, on one line; empty when there is no such heading.
    pub fn section(&self, heading: &str) -> String {
        paragraph(self.lines().skip_while(|l| l.strip_prefix("# ") != Some(heading)).skip(1))
    }

    /// The rule's page, relative to the root of the documentation.
    pub fn url(&self) -> String {
        format!("docs/rules/{}.md", self.code)
    }
}

fn paragraph<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let lines = lines.skip_while(|l| l.is_empty()).take_while(|l| !l.is_empty() && !l.starts_with("# "));
    lines.collect::<Vec<_>>().join(" ")
}

/// One rule: its page and its check. A rule looks at scans one by one, at the whole data set, at
/// both, or at the configuration.
pub trait Rule: Sync {
    /// What the rule is called and what its page says.
    fn meta(&self) -> &'static Meta;

    /// Looks at one scan.
    fn scan(&self, _scan: &ScanContext<'_>, _out: &mut Sink<'_>) {}

    /// Looks at the whole data set: its catalogue, and the merged facts of its scans.
    fn dataset(&self, _data: &DatasetContext<'_>, _out: &mut Sink<'_>) {}

    /// Looks at what the configuration says of findings, once all others are there. What it
    /// reports cannot be suppressed.
    fn control(&self, _control: &ControlContext<'_>, _out: &mut Sink<'_>) {}

    /// Whether a finding of this rule may be the cause of findings of the rule with this code.
    fn may_explain(&self, _code: &str) -> bool {
        false
    }

    /// Whether `mine`, a finding of this rule, is the cause of `other`, which then need not be
    /// reported. Asked for findings that [`Self::may_explain`] speaks of and that are of the same
    /// scan, or of any when `mine` names none.
    fn explains(&self, _mine: &Finding, _other: &Finding) -> bool {
        true
    }

    /// One sentence for several findings of this rule and severity, where more can be said than what
    /// the rule's page begins with.
    fn cause(&self, _findings: &[&Finding]) -> Option<String> {
        None
    }

    /// What to change in the references so that `mine`, a finding of this rule, goes away; nothing
    /// where that is not for a program to say.
    fn mend(&self, _mine: &Finding, _catalogue: &Catalogue) -> Mend {
        Mend::default()
    }
}

/// Defines a rule: its documentation comment becomes its page.
macro_rules! rule {
    ($(#[doc = $doc:literal])+
     $rule:ident {
         code: $code:literal, name: $name:literal, severity: $severity:ident
         $(, needs: $needs:ident)? $(, fix: $fix:ident)?
     }) => {
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub(crate) struct $rule;

        impl $rule {
            const META: $crate::audit::Meta = $crate::audit::Meta {
                code: $code,
                name: $name,
                severity: $crate::audit::Severity::$severity,
                $(needs: $crate::audit::Needs::$needs,)?
                $(fix: Some($crate::audit::Applicability::$fix),)?
                doc: concat!($($doc, "\n"),+),
                source: file!(),
                ..$crate::audit::Meta::BARE
            };
        }
    };
}
pub(super) use rule;

/// Where a rule writes its findings down.
#[derive(Debug)]
pub struct Sink<'a> {
    pub(super) meta: &'static Meta,
    /// Severity that the settings give the rule.
    pub(super) severity: Option<Severity>,
    /// The scan being looked at.
    pub(super) scene: Option<&'a str>,
    pub(super) catalogue: &'a Catalogue,
    pub(super) control: &'a Control,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Sink<'_> {
    /// Takes a finding down, unless its scan is spared the rule.
    pub fn report(&mut self, mut draft: Draft) {
        let f = &mut draft.finding;
        if f.scene_id.is_none() {
            f.scene_id = self.scene.map(ToOwned::to_owned);
        }
        if f.scene_id.as_deref().is_some_and(|scene| self.control.ignores(scene, self.meta.code)) {
            return;
        }
        f.split = f.scene_id.as_deref().and_then(|s| self.catalogue.split_of(s)).map(ToOwned::to_owned);
        self.meta.code.clone_into(&mut f.code);
        self.meta.name.clone_into(&mut f.name);
        f.url = self.meta.url();
        f.severity = self.severity.unwrap_or(self.meta.severity.max(draft.at_most));
        if let Some(known) = f.scene_id.as_deref().and_then(|s| known::defect(s, self.meta.code)) {
            f.message += &format!(" (known defect of the official release: {known})");
            f.severity = f.severity.max(Severity::Warning);
        }
        f.descriptions = draft.harmed.unwrap_or_else(|| harmed(f, self.catalogue));
        draft.finding.fingerprint = draft.fingerprint(self.meta.code);
        self.findings.push(draft.finding);
    }
}

/// Number of descriptions of the place that a finding names.
fn harmed(f: &Finding, catalogue: &Catalogue) -> u64 {
    let Some(scene) = &f.scene_id else { return 0 };
    let descriptions = catalogue.descriptions_of(scene);
    let n = match (f.object_id, &f.ann_id) {
        (_, Some(_)) => 1,
        (Some(object), None) => catalogue.descriptions_of_object(scene, object).count(),
        (None, None) => descriptions.len(),
    };
    n as u64
}

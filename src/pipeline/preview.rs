//! A few variants of one scan with what became of its sentences, for people to look at.

use super::samples::{Checked, with_normals};
use super::unit::Session;
use crate::augment::{StepRecord, TextAction};
use crate::error::{Error, Kind, Result};
use crate::scene::{Description, Scene};
use crate::write::Skipped;

/// A scan and its variants.
#[derive(Debug)]
pub struct Preview {
    /// The scan's id.
    pub scan: String,
    /// The descriptions that can be used, in their order.
    pub descriptions: Vec<Description>,
    /// The variants, the original first.
    pub variants: Vec<Previewed>,
    /// What cannot be used of the scan, and why.
    pub skipped: Vec<Skipped>,
}

/// A variant with faces, and its sentences.
#[derive(Debug)]
pub struct Previewed {
    /// Its number; 0 is the original.
    pub variant: u32,
    /// The scene.
    pub scene: Scene,
    /// Every step of the pipeline, applied or not.
    pub steps: Vec<StepRecord>,
    /// For each description what became of it: `None` where balancing keeps it out.
    pub sentences: Vec<Option<Judged>>,
}

/// What became of a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What was done.
    pub action: TextAction,
    /// The sentence for this variant.
    pub text: String,
    /// Words replaced, as (old, new), in their order.
    pub changed_words: Vec<(String, String)>,
    /// Why, and by which step, when it was not simply kept.
    pub reason: Option<(String, Option<String>)>,
}

impl Session {
    /// The original and the first `count` variants of a scan of the plan.
    ///
    /// # Errors
    /// When the scan cannot be used, with the reason, and when a variant cannot be made.
    pub fn preview(&self, scan: &str, count: usize) -> Result<Preview> {
        let Checked { scan, findings, facts } = self.audit(self.load(scan));
        let (usable, skipped) = self.usable(&scan, &findings, &facts);
        let Some(descriptions) = usable else {
            let why = skipped.into_iter().next().map(|s| s.why).unwrap_or_default();
            return Err(Error::new(Kind::Malformed, format!("{} cannot be used: {why}", scan.id()))
                .help("`dataprep audit` says where and what to do"));
        };
        let id = scan.id().to_owned();
        let source = with_normals(scan.scene);
        let planned = self.shares.variants(&descriptions).into_iter().filter(|&v| v > 0);
        let variants = std::iter::once(0).chain(planned.take(count));
        let variants = variants.map(|v| self.previewed(&source, &descriptions, v)).collect::<Result<_>>()?;
        Ok(Preview { scan: id, descriptions, variants, skipped })
    }

    fn previewed(&self, source: &Scene, descriptions: &[Description], variant: u32) -> Result<Previewed> {
        let is_used = |d: &&Description| variant == 0 || self.shares.share(d).is_in(variant);
        let used: Vec<Description> = descriptions.iter().filter(is_used).cloned().collect();
        let made = self.augmenter.variant(source, &used, variant)?;
        let mut judged = made.sentences.into_iter().map(|s| Judged {
            action: s.action,
            text: s.text,
            changed_words: s.changed_words,
            reason: s.reason.map(|reason| (reason, s.by_step)),
        });
        let sentences = descriptions.iter().map(|d| if is_used(&d) { judged.next() } else { None }).collect();
        Ok(Previewed { variant, scene: made.scene, steps: made.provenance.steps, sentences })
    }
}

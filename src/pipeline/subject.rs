//! What is to be seen at a place of the data: the objects meant, those that could be taken for them,
//! and those that the sentence names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::audit::report::page::{Shot, Spoken};
use crate::error::Result;
use crate::language::{Nouns, Sentence};
use crate::math::Aabb;
use crate::render::{Look, MANY, Size, View, best_side, jpeg, picture};
use crate::scene::{Catalogue, Description, Scan, Scene, normalise_label};

/// Anchors that are named in a picture, of each thing that the sentence names.
const MOST_ANCHORS: usize = 3;

/// What is to be seen at a place of the data.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// The objects that are meant.
    pub targets: Vec<i32>,
    /// Other objects of their class.
    pub distractors: Vec<i32>,
    /// Objects that the sentence names beside them, with their names.
    pub anchors: Vec<(i32, String)>,
    /// Where the one stood who wrote the sentence.
    pub eye: Option<View>,
}

impl Subject {
    /// What a description means in its scan, or an object of it alone.
    pub fn of(
        scene: &Scene,
        catalogue: &Catalogue,
        nouns: &Nouns,
        object: Option<i32>,
        description: Option<&Description>,
    ) -> Self {
        let meant: Vec<i32> =
            description.map_or_else(|| object.into_iter().collect(), |d| d.objects().collect());
        // A finding can speak of one of several.
        let targets = if meant.is_empty() { object.into_iter().collect() } else { meant };
        let label = |id: i32| scene.object(id).map(|o| normalise_label(&o.raw_category));
        // Where the object is not there, the sentence's name for it says what could be meant.
        let named = || description.map(|d| normalise_label(&d.object_name)).filter(|name| !name.is_empty());
        let class = targets.first().and_then(|&id| label(id)).or_else(named);
        let others = || scene.objects.iter().filter(|o| !targets.contains(&o.id));
        let of_class = |name: &str| class.as_deref() == Some(normalise_label(name).as_str());
        let distractors = others().filter(|o| of_class(&o.raw_category)).map(|o| o.id).collect();
        let mut subject = Self { distractors, targets: targets.clone(), ..Self::default() };
        let Some(description) = description else { return subject };
        let sentence = Sentence::new(&description.text, nouns);
        let own = nouns.class(class.as_deref().unwrap_or_default());
        let middle = |id: i32| middle(scene, &[id]);
        let from = self::middle(scene, &targets);
        for mention in sentence.others(&own) {
            let named =
                others().filter(|o| sentence.is_of(mention, &nouns.class(&normalise_label(&o.raw_category))));
            let mut named: Vec<(f64, i32, String)> = named
                .filter_map(|o| {
                    let at = middle(o.id)?;
                    Some((from.map_or(0.0, |from| apart(from, at)), o.id, o.raw_category.clone()))
                })
                .collect();
            named.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            for (_, id, name) in named.into_iter().take(MOST_ANCHORS) {
                if subject.anchors.iter().all(|(other, _)| *other != id) {
                    subject.anchors.push((id, name));
                }
            }
        }
        subject.distractors.retain(|id| subject.anchors.iter().all(|(anchor, _)| anchor != id));
        let camera = catalogue.cameras_of(&scene.id).iter().find(|c| c.is_of(description));
        let finite = |p: &[f64; 3]| p.iter().all(|v| v.is_finite());
        subject.eye = camera
            .filter(|c| finite(&c.position) && finite(&c.lookat))
            .map(|c| View::Eye { position: c.position, lookat: c.lookat });
        subject
    }

    /// A look at the scene with the subject pointed out.
    pub fn look(&self, view: View, size: Size) -> Look<'_> {
        Look {
            targets: &self.targets,
            distractors: &self.distractors,
            anchors: &self.anchors,
            ..Look::at(view, size)
        }
    }

    /// The view in which it is seen best: from where its describer stood, or from the side from
    /// which least hides it; the whole scene when there is nothing to point out.
    pub fn best(&self, scene: &Scene) -> View {
        if self.targets.is_empty() {
            View::Iso
        } else {
            self.eye.unwrap_or_else(|| best_side(scene, &self.targets))
        }
    }

    /// Two small pictures: from the top, and as it is seen best.
    pub fn shots(&self, scene: &Scene) -> Result<Vec<Shot>> {
        const SIZE: Size = Size::Exactly(320, 240);
        let best = self.best(scene);
        let how = match best {
            View::Eye { .. } => "from where the describer stood",
            View::Side(_) => "from the side that shows most of it",
            _ => "from above a corner",
        };
        let what = match self.targets.as_slice() {
            [] => scene.id.clone(),
            ids => {
                let name = |id: &i32| {
                    let name = scene.object(*id).map_or("object", |o| o.raw_category.as_str());
                    format!("{name} {id}")
                };
                format!("{} of {}", ids.iter().map(name).collect::<Vec<_>>().join(", "), scene.id)
            }
        };
        let close = Look { close: true, ..self.look(best, SIZE) };
        [(self.look(View::Top, SIZE), "from the top, ceiling cut"), (close, how)]
            .into_iter()
            .map(|(look, how)| {
                let picture = picture(scene, &look);
                let jpeg = STANDARD.encode(jpeg(&picture, MANY)?);
                Ok(Shot { alt: format!("{what}, {how}"), jpeg, size: picture.dimensions().into() })
            })
            .collect()
    }
}

/// The sentences of a scan, for people to pick from.
pub fn sentences_of(scan: &Scan, catalogue: &Catalogue, texts: bool) -> Vec<Spoken> {
    let spoken = |d: &Description| Spoken {
        place: d.key(),
        objects: d.objects().collect(),
        text: if texts { d.text.clone() } else { String::new() },
    };
    catalogue.descriptions_of(scan.id()).iter().map(spoken).collect()
}

fn middle(scene: &Scene, ids: &[i32]) -> Option<[f64; 3]> {
    let mut bounds = Aabb::EMPTY;
    for (i, id) in scene.points.object.iter().enumerate() {
        if ids.contains(id) {
            bounds.include(scene.points.position.get(i));
        }
    }
    let middle = bounds.middle();
    (!bounds.is_empty() && middle.iter().all(|v| v.is_finite())).then_some(middle)
}

fn apart(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|k| (a[k] - b[k]) * (a[k] - b[k])).sum()
}

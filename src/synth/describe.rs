//! Descriptions: which objects are described, what is claimed of them, and the sentences.

use std::collections::BTreeMap;

use super::category::{self, Category, Kind};
use super::colour;
use super::phrase::{self, Clause, Words, pick};
use super::truth::{Claim, SceneView, Side, Size};
use crate::language::words;
use crate::math::{Key, Purpose, Stream};

/// A described object has at least this many vertices.
const LEAST_VERTICES: usize = 50;

/// One description with what it claims.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub object: i32,
    /// Raw category of the object.
    pub category: String,
    pub ann: u32,
    pub text: String,
    pub claims: Vec<Claim>,
    /// Whether the claims fit the target alone, of all objects of its class.
    pub identifies: bool,
}

/// Descriptions of a scene. Every claim holds with room to spare. `detailed` scans resolve small
/// parts such as handles, so that sentences may speak of them.
pub(super) fn describe(view: &SceneView, seed: u64, id: &str, detailed: bool) -> Vec<Said> {
    let mut s = Key::new(seed, id, 0, "synth descriptions").stream(Purpose::Parameters);
    let names = Names::new(view);
    let mut said = Vec::new();
    for target in targets(view, &mut s) {
        let Some(category) = category::by_raw(view.category(target)) else { continue };
        let mut speaker = Speaker::new(view, &names, target, category, detailed);
        let wanted = match s.unit() {
            u if u < 0.751 => 5,
            u if u < 0.924 => 4,
            u if u < 0.978 => 3,
            u if u < 0.993 => 2,
            _ => 1,
        };
        let mut own: Vec<Said> = Vec::new();
        for _ in 0..4 * wanted {
            if own.len() == wanted {
                break;
            }
            if let Some((text, claims, identifies)) = speaker.speak(&mut s)
                && own.iter().all(|o| o.text.trim_end_matches('.') != text.trim_end_matches('.'))
            {
                let ann = own.len() as u32;
                own.push(Said {
                    object: target,
                    category: category.raw.into(),
                    ann,
                    text,
                    claims,
                    identifies,
                });
            }
        }
        said.extend(own);
    }
    said
}

/// The objects to describe: most of a class with several members, few of those that are alone in
/// theirs, as in ScanRefer, where a fifth of all descriptions is of such.
fn targets(view: &SceneView, s: &mut Stream) -> Vec<i32> {
    let able = |id: &i32| {
        let known = category::by_raw(view.category(*id));
        known.is_some_and(|c| !c.kind.is_shell()) && view.vertices(*id) >= LEAST_VERTICES
    };
    let able: Vec<i32> = view.ids().filter(able).collect();
    let mut classes: BTreeMap<u8, u32> = BTreeMap::new();
    for &id in &able {
        *classes.entry(benchmark_class(view.category(id))).or_default() += 1;
    }
    let members = |id: i32| classes[&benchmark_class(view.category(id))];
    // About eleven of several and three alone, as in the mean ScanRefer scene.
    let many = able.iter().filter(|&&id| members(id) > 1).count();
    let share = (12.5 / many.max(1) as f64).clamp(0.5, 0.9);
    let mut chosen: Vec<i32> =
        able.iter().copied().filter(|&id| members(id) == 2 || members(id) > 2 && s.happens(share)).collect();
    let mut alone: Vec<(u32, i32)> =
        able.iter().copied().filter(|&id| members(id) == 1).map(|id| (s.word(), id)).collect();
    alone.sort_unstable();
    let some = libm::round(0.24 * chosen.len() as f64 + s.between(-0.5, 0.5)) as usize;
    chosen.extend(alone.iter().take(some).map(|&(_, id)| id));
    chosen.sort_unstable();
    if chosen.is_empty() {
        chosen.extend(able.first());
    }
    chosen
}

/// The class by which ScanRefer tells unique from multiple: the benchmark's classes, all others
/// being one.
pub(super) fn benchmark_class(raw: &str) -> u8 {
    let nyu40 = category::by_raw(raw).map_or(0, |c| c.nyu40);
    if crate::scene::SCANNET20.contains(&nyu40) { nyu40 } else { 39 }
}

/// How each object can be named so that the name fits no other.
struct Names {
    /// Phrase without "the", and the colour word in it.
    names: BTreeMap<i32, (String, Option<&'static str>)>,
}

impl Names {
    fn new(view: &SceneView) -> Self {
        let mut names = BTreeMap::new();
        for id in view.ids() {
            let Some(category) = category::by_raw(view.category(id)) else { continue };
            if category.kind.is_shell() || view.vertices(id) < 30 {
                continue;
            }
            let rivals: Vec<i32> = view.class_of(id).into_iter().filter(|&r| r != id).collect();
            let word = view.colour(id).and_then(colour::name_of);
            if rivals.is_empty() {
                names.insert(id, (category.head.to_string(), word));
            } else if let Some(word) = word
                && rivals.iter().all(|&r| view.colour(r).is_some_and(|c| colour::clearness(word, c) <= 0.0))
            {
                names.insert(id, (format!("{word} {}", category.head), Some(word)));
            }
        }
        Self { names }
    }
}

/// A claim that could be made, and which rivals it rules out.
struct Candidate {
    claim: Claim,
    handed: bool,
    /// Whether an anchor is named by its colour.
    by_colour: bool,
    /// How readily people say such a thing.
    weight: f64,
    rules_out: Vec<bool>,
}

struct Speaker<'a> {
    view: &'a SceneView,
    names: &'a Names,
    target: i32,
    category: &'static Category,
    rivals: Vec<i32>,
    candidates: Vec<Candidate>,
    detailed: bool,
    colour: Option<&'static str>,
}

impl<'a> Speaker<'a> {
    fn new(
        view: &'a SceneView,
        names: &'a Names,
        target: i32,
        category: &'static Category,
        detailed: bool,
    ) -> Self {
        let rivals: Vec<i32> = view.class_of(target).into_iter().filter(|&r| r != target).collect();
        let mut speaker = Self {
            view,
            names,
            target,
            category,
            rivals,
            candidates: vec![],
            detailed,
            colour: view.colour(target).and_then(colour::name_of),
        };
        speaker.find_candidates();
        speaker
    }

    /// Keeps a claim that holds with room to spare.
    fn consider(&mut self, claim: Claim, handed: bool) {
        if self.view.margin(&claim) >= 1.0 {
            let rules_out = self.ruled_out(&claim);
            let by_colour = self.names_by_colour(&claim);
            self.candidates.push(Candidate { claim, handed, by_colour, weight: 1.0, rules_out });
        }
    }

    /// Whether a claim names an anchor that only its colour tells from others.
    fn names_by_colour(&self, claim: &Claim) -> bool {
        let mut named = claim.anchors();
        named.push(claim.object());
        named.iter().filter(|id| **id != self.target).any(|id| {
            self.names.names.get(id).is_some_and(|(name, word)| word.is_some_and(|w| name.starts_with(w)))
        })
    }

    fn ruled_out(&self, claim: &Claim) -> Vec<bool> {
        self.rivals.iter().map(|&r| self.view.margin(&claim.with(self.target, r)) <= 0.0).collect()
    }

    fn find_candidates(&mut self) {
        let (view, object) = (self.view, self.target);
        let in_sight = |id: i32| view.bearing(id).is_some_and(|b| b.abs() < 72.0);
        let is = |id: i32, what: fn(Kind) -> bool| {
            category::by_raw(view.category(id)).is_some_and(|c| what(c.kind))
        };
        let rivals = self.rivals.len();
        let anchors: Vec<i32> =
            self.names.names.keys().copied().filter(|a| *a != object && !self.rivals.contains(a)).collect();
        for &anchor in &anchors {
            let is_door = view.category(anchor) == "door";
            if in_sight(object) && in_sight(anchor) && !is_door && view.category(object) != "door" {
                for side in [Side::Left, Side::Right] {
                    self.consider(Claim::Side { object, anchor, side }, true);
                }
            }
            if rivals > 0 {
                self.consider(Claim::Closest { object, anchor }, false);
                self.consider(Claim::Farthest { object, anchor }, false);
            }
            for (object, anchor) in [(object, anchor), (anchor, object)] {
                if is(object, Kind::is_carried) && is(anchor, Kind::carries) {
                    self.consider(Claim::On { object, anchor }, false);
                }
            }
            let stacked = [(object, anchor), (anchor, object)]
                .iter()
                .any(|&(object, anchor)| view.margin(&Claim::On { object, anchor }) > 0.0);
            if !stacked {
                self.consider(Claim::Beside { object, anchor }, false);
            }
        }
        for (i, &a) in anchors.iter().enumerate() {
            for &b in &anchors[i + 1..] {
                self.consider(Claim::Between { object, anchors: [a, b] }, false);
            }
        }
        if view.category(object) != "door" {
            for side in [Side::Left, Side::Right] {
                if in_sight(object) {
                    self.consider(Claim::Hand { object, side }, true);
                }
                if (1..5).contains(&rivals) && in_sight(object) && self.rivals.iter().all(|&r| in_sight(r)) {
                    for nth in 1..=(rivals as u32 + 1).min(3) {
                        self.consider(Claim::Ordinal { object, nth, side }, true);
                    }
                }
            }
        }
        if is(object, Kind::is_furniture) {
            self.consider(Claim::AtWall { object }, false);
        }
        for size in [Size::Largest, Size::Smallest, Size::Tallest] {
            self.consider(Claim::Size { object, size }, false);
        }
        self.consider(Claim::Only { object }, false);
        if rivals > 0 && rivals < 8 {
            self.consider(Claim::Count { object, count: rivals as u32 + 1 }, false);
        }
        self.weigh();
    }

    /// Kinds of claim are said by their weights, however many claims of a kind there are.
    fn weigh(&mut self) {
        let kinds: Vec<_> = self.candidates.iter().map(|c| std::mem::discriminant(&c.claim)).collect();
        for (i, c) in self.candidates.iter_mut().enumerate() {
            let many = kinds.iter().filter(|k| **k == kinds[i]).count() as f64;
            let kind = match c.claim {
                Claim::Side { .. } | Claim::Beside { .. } => 4.0,
                Claim::On { .. } | Claim::Hand { .. } | Claim::Ordinal { .. } => 2.0,
                Claim::Size { .. } => 3.5,
                Claim::AtWall { .. } => 2.2,
                Claim::Only { .. } => 0.3,
                _ => 1.0,
            };
            // Whoever stands in the door says less of it, and windows are said often enough.
            let rare = |id: i32| matches!(self.view.category(id), "door" | "window" | "curtain");
            let said = if c.claim.anchors().into_iter().any(rare) { 0.3 } else { 1.0 };
            // Naming an anchor by its colour takes a look around the room.
            let plain = if c.by_colour { 0.5 } else { 1.0 };
            c.weight = kind * said * plain / many;
        }
    }

    /// One description with its claims, and whether they fit the target alone; `None` when no
    /// words were found that tell the target from its rivals.
    fn speak(&mut self, s: &mut Stream) -> Option<(String, Vec<Claim>, bool)> {
        let mut claims = vec![Claim::Category { object: self.target, category: self.category.raw.into() }];
        let mut left = self.rivals.clone();
        let keep = |left: &mut Vec<i32>, out: &[bool], rivals: &[i32]| {
            left.retain(|r| !rivals.iter().zip(out).any(|(q, &gone)| q == r && gone));
        };
        let by_name = self.ruled_out(&claims[0]);
        keep(&mut left, &by_name, &self.rivals);
        // Some descriptions do without any colour.
        let colourful = s.happens(0.70);
        let colour = self.colour.filter(|_| colourful && s.happens(0.66));
        if let Some(word) = colour {
            let claim = Claim::Colour { object: self.target, word: word.into() };
            keep(&mut left, &self.ruled_out(&claim), &self.rivals);
            claims.push(claim);
        }
        // Length as measured on ScanRefer: median 19 words, 5 % under 12, 5 % over 34.
        let [z, _] = s.normals();
        let length = 16.4 * libm::exp(0.40 * f64::from(z));
        let handed = s.happens(0.44);

        // A weighted shuffle: whoever draws the shortest waiting time comes first.
        let mut order: Vec<(f64, usize)> = Vec::with_capacity(self.candidates.len());
        for (i, c) in self.candidates.iter().enumerate() {
            order.push((-libm::log(1.0 - s.unit()) / c.weight, i));
        }
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut chosen: Vec<usize> = Vec::new();
        let mut expected = 7.0;
        if handed {
            let helps = |&&(_, i): &&(f64, usize)| {
                let c = &self.candidates[i];
                c.handed && (colourful || !c.by_colour)
            };
            if let Some(&(_, i)) = order.iter().find(helps) {
                chosen.push(i);
                expected += 11.0;
                keep(&mut left, &self.candidates[i].rules_out, &self.rivals);
            }
        }
        // Claims that leave fewer rivals come first; then some more while there are words left.
        for _ in 0..7 {
            let fits = |i: usize| {
                let c = &self.candidates[i];
                (handed || !c.handed) && (colourful || !c.by_colour) && self.goes_with(i, &chosen)
            };
            let decides = |i: usize| {
                let out = &self.candidates[i].rules_out;
                self.rivals.iter().zip(out).filter(|(r, gone)| **gone && left.contains(r)).count()
            };
            let next = if left.is_empty() {
                if expected >= length {
                    break;
                }
                order.iter().map(|o| o.1).find(|&i| fits(i))
            } else {
                let best = order.iter().map(|o| o.1).filter(|&i| fits(i) && decides(i) > 0);
                // The first in random order that rules out all, else whichever rules out most.
                let all: Vec<usize> = best.collect();
                all.iter()
                    .copied()
                    .find(|&i| decides(i) == left.len())
                    .or_else(|| all.iter().copied().max_by_key(|&i| decides(i)))
            };
            let Some(i) = next else { break };
            chosen.push(i);
            expected += if self.candidates[i].handed { 11.0 } else { 7.5 };
            keep(&mut left, &self.candidates[i].rules_out, &self.rivals);
        }
        let identifies = left.is_empty();
        // Real annotators now and then fail to tell things apart.
        if chosen.is_empty() || (!identifies && !s.happens(0.07)) {
            return None;
        }
        let coloured = colourful && s.happens(0.35);
        let text = self.compose(&chosen, colour, coloured, length, &mut claims, s);
        Some((text, claims, identifies))
    }

    /// Whether a claim says something new beside those chosen.
    fn goes_with(&self, i: usize, chosen: &[usize]) -> bool {
        let new = &self.candidates[i].claim;
        chosen.iter().all(|&c| {
            let old = &self.candidates[c].claim;
            let same_kind = std::mem::discriminant(old) == std::mem::discriminant(new);
            let same_anchor = new.anchors().iter().any(|a| old.anchors().contains(a))
                || old.anchors().contains(&new.object()) && new.object() != self.target
                || old.object() != self.target && old.object() == new.object();
            let twice =
                same_kind && !matches!(new, Claim::Side { .. } | Claim::Beside { .. } | Claim::On { .. });
            let sides = |c: &Claim| matches!(c, Claim::Hand { .. } | Claim::Ordinal { .. });
            !(i == c || twice || same_anchor || sides(old) && sides(new))
        })
    }

    /// Sentences for the chosen claims. Anchors' colours that get said are added to `claims`.
    fn compose(
        &self,
        chosen: &[usize],
        colour: Option<&str>,
        coloured: bool,
        length: f64,
        claims: &mut Vec<Claim>,
        s: &mut Stream,
    ) -> String {
        let Category { kind, raw, head, plural, .. } = *self.category;
        let anchor = |id: i32| {
            let Some((name, word)) = self.names.names.get(&id) else { return String::from("the thing") };
            match word {
                Some(w) if coloured && !name.starts_with(w) => format!("the {w} {name}"),
                _ => format!("the {name}"),
            }
        };
        let phrases = Words { head, plural, anchor: &anchor, target: self.target };
        let mut viewed = false;
        let mut clauses = Vec::new();
        for &i in chosen {
            let claim = &self.candidates[i].claim;
            clauses.push(phrases.clause(claim, &mut viewed, s));
            claims.push(claim.clone());
            let mut named = claim.anchors();
            named.push(claim.object());
            for id in named.into_iter().filter(|&id| id != self.target) {
                if let Some((_, Some(word))) = self.names.names.get(&id)
                    && anchor(id).contains(word)
                {
                    claims.push(Claim::Colour { object: id, word: (*word).into() });
                }
            }
        }
        // The object's name with its adjectives.
        let mut name = String::new();
        if s.happens(0.36)
            && let Some(form) = phrase::form(kind)
        {
            name += &format!("{form} ");
        }
        if let Some(word) = colour {
            name += &format!("{word} ");
            if matches!(word, "brown" | "beige") && phrase::is_wooden(kind) && s.happens(0.4) {
                name += "wooden ";
            }
        }
        name += raw;
        let mut sentences = opening(&name, head, &mut clauses, s);
        follow(&mut sentences, head, clauses, s);
        let count = words(&sentences.join(" ")).count() as f64;
        if self.detailed
            && count + 4.0 < length
            && let Some(aside) = phrase::aside(kind, s)
        {
            let at = 1 + s.below(sentences.len() as u64) as usize;
            sentences.insert(at, aside.to_string());
        }
        let mut text = sentences.join(". ");
        if !s.happens(0.06) {
            text.push('.');
        }
        text
    }
}

/// The first sentence, which names the object; uses up the first clause where it fits.
fn opening(name: &str, head: &str, clauses: &mut Vec<Clause>, s: &mut Stream) -> Vec<String> {
    let a = format!("{} {name}", phrase::article(name));
    let plain = |s: &mut Stream| match s.below(6) {
        0..=2 => format!("this is {a}"),
        3 => format!("it is {a}"),
        4 => format!("the object is {a}"),
        _ => format!("look for {a}"),
    };
    match clauses.first().cloned() {
        Some(Clause::Where(place)) if s.happens(0.6) => {
            clauses.remove(0);
            vec![match s.below(7) {
                0 | 1 => format!("there is {a} {place}"),
                2 => format!("the {name} is {place}"),
                3 => format!("{a} {place}"),
                4 => format!("this is the {name} that is {place}"),
                5 => format!("you will see {a} {place}"),
                _ => format!("find the {name} {place}"),
            }]
        }
        Some(Clause::Which(which)) if s.happens(0.3) => {
            clauses.remove(0);
            // The class is named by the clause; the name follows in the next sentence.
            let lead = pick(&["this is", "it is", "find"], s);
            let second = if name == head { None } else { Some(format!("it is {a}")) };
            [Some(format!("{lead} {which}")), second].into_iter().flatten().collect()
        }
        _ => vec![plain(s)],
    }
}

/// The sentences after the first; two places may share one.
fn follow(sentences: &mut Vec<String>, head: &str, clauses: Vec<Clause>, s: &mut Stream) {
    let mut rest = clauses.into_iter().peekable();
    while let Some(clause) = rest.next() {
        let subject = match s.below(5) {
            0 => format!("the {head}"),
            1 => format!("this {head}"),
            _ => String::from("it"),
        };
        match clause {
            Clause::Where(place) => {
                // "the trash can can be found" reads badly.
                let options = ["is", "is", "is", "is located", "can be found"];
                let verb = pick(if subject.ends_with("can") { &options[..4] } else { &options }, s);
                let mut sentence = format!("{subject} {verb} {place}");
                if s.happens(0.45)
                    && let Some(Clause::Where(more)) = rest.next_if(|c| matches!(c, Clause::Where(_)))
                {
                    sentence += &format!(" and {more}");
                }
                sentences.push(sentence);
            }
            Clause::Which(which) => sentences.push(format!("it is {which}")),
            Clause::Whole(whole) => sentences.push(whole),
        }
    }
}

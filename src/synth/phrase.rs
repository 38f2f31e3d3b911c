//! Words for claims.

use super::category::Kind;
use super::truth::{Claim, Side, Size};
use crate::math::Stream;

/// How a claim's words fit into a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    /// Follows "is": "next to the desk".
    Where(String),
    /// Follows "it is" and names the object: "the tallest cabinet in the room".
    Which(String),
    /// Stands alone: "there are four chairs in the room".
    Whole(String),
}

/// One of some alternatives.
pub(super) fn pick<'a>(options: &[&'a str], s: &mut Stream) -> &'a str {
    options[s.below(options.len() as u64) as usize]
}

/// "a" or "an" before `noun`.
pub(super) fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

const NUMBERS: [&str; 10] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const ORDINALS: [&str; 6] = ["first", "first", "second", "third", "fourth", "fifth"];

/// Where the speaker stands, said for the first time.
fn view(s: &mut Stream) -> &'static str {
    pick(
        &[
            "when you enter the room",
            "as you walk into the room",
            "when you stand at the door facing into the room",
            "when looking in from the entrance",
            "seen from the entrance",
            "as you come in",
            "as you come in",
            "when entering",
            "when facing the room from the entrance",
            "upon walking in",
        ],
        s,
    )
}

/// What the words need to know of the objects they name.
pub(super) struct Words<'a> {
    /// "chair" and "chairs" of the target's class.
    pub head: &'a str,
    pub plural: &'a str,
    /// Phrase for each anchor: "the white table".
    pub anchor: &'a dyn Fn(i32) -> String,
    /// The target; other claims' objects stand in relation to it.
    pub target: i32,
}

impl Words<'_> {
    /// Words for a claim. `viewed` says whether an earlier clause told where the speaker stands.
    pub(super) fn clause(&self, claim: &Claim, viewed: &mut bool, s: &mut Stream) -> Clause {
        let (head, plural) = (self.head, self.plural);
        let the = |id: i32| (self.anchor)(id);
        let mut from_there = |s: &mut Stream| {
            if std::mem::replace(viewed, true) {
                pick(&["", " from there", " from the same spot"], s).to_string()
            } else {
                format!(" {}", view(s))
            }
        };
        match *claim {
            Claim::Side { anchor, side, .. } => {
                let side = side_word(side);
                let lead = match s.below(5) {
                    0 | 1 => format!("to the {side} of"),
                    2 => format!("on the {side} side of"),
                    3 => format!("{side} of"),
                    _ => format!("on the {side} of"),
                };
                Clause::Where(format!("{lead} {}{}", the(anchor), from_there(s)))
            }
            Claim::Hand { side, .. } => {
                let side = side_word(side);
                let lead = match s.below(3) {
                    0 => format!("on your {side}"),
                    1 => format!("on the {side} side of the room"),
                    _ => format!("on the {side}-hand side"),
                };
                Clause::Where(format!("{lead}{}", from_there(s)))
            }
            Claim::Ordinal { nth, side, .. } => {
                let side_word = side_word(side);
                let text = if nth == 1 && s.happens(0.4) {
                    format!("the {side_word}most {head}")
                } else {
                    format!("the {} {head} from the {side_word}", ORDINALS[nth.min(5) as usize])
                };
                Clause::Which(format!("{text}{}", from_there(s)))
            }
            Claim::Closest { anchor, .. } => {
                let lead = pick(&["closest to", "nearest to", "nearest"], s);
                if s.happens(0.5) {
                    Clause::Which(format!("the {head} {lead} {}", the(anchor)))
                } else {
                    Clause::Which(format!("the closest {head} to {}", the(anchor)))
                }
            }
            Claim::Farthest { anchor, .. } => {
                let lead = pick(&["farthest from", "furthest from", "farthest away from"], s);
                Clause::Which(format!("the {head} {lead} {}", the(anchor)))
            }
            Claim::Beside { anchor, .. } => {
                let lead = pick(
                    &[
                        "next to",
                        "next to",
                        "beside",
                        "close to",
                        "near",
                        "by",
                        "right next to",
                        "right beside",
                    ],
                    s,
                );
                Clause::Where(format!("{lead} {}", the(anchor)))
            }
            Claim::On { object, anchor } if object == self.target => {
                let lead = pick(&["on", "on top of", "on top of", "sitting on"], s);
                Clause::Where(format!("{lead} {}", the(anchor)))
            }
            Claim::On { object, .. } => {
                let thing = the(object);
                Clause::Whole(match s.below(3) {
                    0 => format!("{thing} is on top of it"),
                    1 => format!("{thing} stands on it"),
                    _ => format!("it has {thing} on it"),
                })
            }
            Claim::Between { anchors: [a, b], .. } => {
                Clause::Where(format!("between {} and {}", the(a), the(b)))
            }
            Claim::AtWall { .. } => Clause::Where(
                pick(&["against the wall", "by the wall", "along the wall", "at the wall"], s).into(),
            ),
            Claim::Size { size, .. } => {
                let word = match size {
                    Size::Largest => pick(&["largest", "biggest"], s),
                    Size::Smallest => "smallest",
                    Size::Tallest => "tallest",
                };
                let place = pick(&["in the room", "in here", "of all"], s);
                Clause::Which(format!("the {word} {head} {place}"))
            }
            Claim::Only { .. } => Clause::Which(format!("the only {head} in the room")),
            Claim::Count { count, .. } => {
                let number = NUMBERS[count.min(9) as usize];
                Clause::Whole(match s.below(3) {
                    0 => format!("there are {number} {plural} in the room"),
                    1 => format!("the room has {number} {plural}"),
                    _ => format!("it is one of {number} {plural}"),
                })
            }
            Claim::Category { ref category, .. } => {
                Clause::Which(format!("{} {category}", article(category)))
            }
            Claim::Colour { ref word, .. } => Clause::Where(format!("{word} in color")),
        }
    }
}

fn side_word(side: Side) -> &'static str {
    match side {
        Side::Left => "left",
        Side::Right => "right",
    }
}

/// A word for the form that every piece of a kind has.
pub(super) fn form(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Desk
        | Kind::CoffeeTable
        | Kind::Whiteboard
        | Kind::Picture
        | Kind::Window
        | Kind::Monitor
        | Kind::Cabinet
        | Kind::Box
        | Kind::Dresser
        | Kind::Keyboard => Some("rectangular"),
        Kind::TrashCan => Some("round"),
        _ => None,
    }
}

/// Whether brown and beige pieces of a kind are wooden.
pub(super) fn is_wooden(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Chair
            | Kind::Table
            | Kind::CoffeeTable
            | Kind::Desk
            | Kind::Bookshelf
            | Kind::Dresser
            | Kind::Nightstand
            | Kind::Cabinet
            | Kind::KitchenCabinet
            | Kind::Door
    )
}

/// Something that is true of every piece of a kind, for those who say more than they must.
pub(super) fn aside(kind: Kind, s: &mut Stream) -> Option<&'static str> {
    let options: &[&str] = match kind {
        Kind::Chair => {
            &["it has no armrests", "it has a straight back", "the seat is level and the back is open below"]
        }
        Kind::OfficeChair => &["it has armrests", "it stands on a base with a black foot"],
        Kind::Armchair => &["it has soft armrests", "you could sit in it comfortably"],
        Kind::Couch => &["it has soft cushions and armrests", "people could sit on it side by side"],
        Kind::Table | Kind::CoffeeTable => &["you could put things on it", "it has a flat top"],
        Kind::Desk => &["it has drawers at one end", "it has a flat rectangular top"],
        Kind::Bookshelf => &["there are books on its shelves", "it is filled with books"],
        Kind::Bed => &["it has a headboard", "it is covered with a blanket"],
        Kind::Door => &["it has a handle", "this is how you get in"],
        Kind::Window => &["it lets the light in", "it has a frame around the glass"],
        Kind::Picture => &["it has a frame", "it hangs up there for everyone to see"],
        Kind::Plant => &["it grows in a pot", "it has green leaves"],
        Kind::FileCabinet | Kind::Dresser | Kind::Nightstand => {
            &["it has drawers", "it is used to store things"]
        }
        Kind::Cabinet | Kind::KitchenCabinet => &["it has doors on the front", "it is used to store things"],
        Kind::TrashCan => &["it is open at the top", "you throw things away in it"],
        Kind::Box => &["it is closed", "it looks like a carton"],
        Kind::Monitor => &["the screen is off", "it stands on a foot"],
        Kind::Curtain => &["it hangs down in folds"],
        _ => return None,
    };
    Some(pick(options, s))
}

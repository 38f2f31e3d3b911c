use std::collections::BTreeMap;

use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::scene::room_of;

rule! {
    /// Scans of one room are in two splits.
    ///
    /// # What it checks
    /// That all scans of a room, which share the `sceneXXXX` of their ids, are in one split. Scans
    /// that are in two splits themselves are SPL101's. Evidence: `room`; `splits`, the splits it is
    /// in; `scans`, one scan of each.
    ///
    /// # Why it matters
    /// Scans of a room show the same furniture in the same places. A room on both sides lets the
    /// model score by remembering it.
    ///
    /// # How to fix
    /// Split by room, not by scan. In ScanNet 386 of the 565 training rooms have more than one scan,
    /// so a random split of scans leaks most of them.
    ///
    /// # Known exceptions
    /// None: the official lists share no room.
    ///
    /// # Source
    /// The lists of <https://github.com/ScanNet/ScanNet/tree/master/Tasks/Benchmark>.
    SharedRoom { code: "SPL102", name: "shared-room", severity: Error }
}

impl Rule for SharedRoom {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let splits_of_scans = data.splits_of_scans();
        let mut rooms: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for (scan, splits) in splits_of_scans.iter().filter(|(_, s)| s.len() == 1) {
            for split in splits.keys() {
                rooms.entry(room_of(scan)).or_default().entry(split).or_insert(scan);
            }
        }
        for (room, splits) in rooms.into_iter().filter(|(_, s)| s.len() > 1) {
            let names: Vec<&str> = splits.keys().copied().collect();
            let scans: Vec<&str> = splits.values().copied().collect();
            let message =
                format!("room {room} is in splits {}, as {}", names.join(" and "), scans.join(" and "));
            let harmed = scans.iter().map(|s| data.catalogue.descriptions_of(s).len()).sum();
            let mut draft = Draft::new(message)
                .key(room)
                .evidence("room", room)
                .evidence("splits", names)
                .evidence("scans", scans.clone())
                .harms(harmed);
            let member = scans.last().and_then(|s| splits_of_scans[s].values().next());
            if let Some(member) = member {
                draft = draft.file(member.path);
                draft = member.line.into_iter().fold(draft, Draft::line);
            }
            out.report(draft);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_a_room() {
        let mut f = Fixture::clean();
        let moved = f.catalogue.splits[0].entries.remove(1);
        f.catalogue.splits[1].entries.push(moved);
        let found = f.run("SPL102");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].evidence["room"], "scene0001");
        assert_eq!(found[0].evidence["splits"], serde_json::json!(["train", "val"]));
    }

    #[test]
    fn silent_on_a_scan_that_is_itself_in_both() {
        let mut f = Fixture::clean();
        let again = f.catalogue.splits[0].entries[1].clone();
        f.catalogue.splits[1].entries.push(again);
        assert_eq!(f.run("SPL102"), []);
    }
}

use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::scene::OddLine;

rule! {
    /// A split list is not written one id a line.
    ///
    /// # What it checks
    /// That lines end in a line feed alone, the last one too, and hold a scan's id and nothing else;
    /// and, where some ids are of the form `sceneXXXX_YY`, that all are. One finding for each list
    /// and sort of fault. Evidence: `lines`, how many lines have it.
    ///
    /// # Why it matters
    /// This program reads such a list, but readers that split at line feeds drop a last line that
    /// does not end in one, and look for a scan whose name ends in a carriage return.
    ///
    /// # How to fix
    /// Save your own copy of the list with Unix line ends, a final one included, and bare ids.
    ///
    /// # Known exceptions
    /// Lists that were written for one loader, with its folders and extensions, suit that loader.
    ///
    /// # Source
    /// The lists that <https://github.com/3dlg-hcvc/M3DRef-CLIP> ships lack the last line end, and
    /// the reader of <https://github.com/JonasSchult/Mask3D> drops what follows the last one.
    OddSplitList { code: "FIL108", name: "odd-split-list", severity: Warning }
}

impl Rule for OddSplitList {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        for list in &data.catalogue.splits {
            for odd in &list.oddities {
                let n = odd.lines as usize;
                let lines = count(n, "line");
                let (verb, hold) = if n == 1 { ("ends", "holds") } else { ("end", "hold") };
                let message = match odd.what {
                    OddLine::CarriageReturn => format!("{lines} {verb} in a carriage return"),
                    OddLine::MoreThanId => format!("{lines} {hold} more than a scan's id"),
                    OddLine::NotAnId if n < list.entries.len() => {
                        format!("{lines} {hold} an id that is not like the others, sceneXXXX_YY")
                    }
                    OddLine::NotAnId => continue,
                    OddLine::ByteOrderMark => "a byte order mark stands before the first id".to_owned(),
                    OddLine::Repeated if n == 1 => "1 line names a scan that an earlier one names".to_owned(),
                    OddLine::Repeated => format!("{lines} name scans that earlier ones name"),
                    OddLine::Unreadable if n == 1 => "1 line is no scan's id, and is passed over".to_owned(),
                    OddLine::Unreadable => format!("{lines} are no scan's id, and are passed over"),
                    OddLine::NoNewline => "the last line does not end: some readers drop it".to_owned(),
                };
                let draft = Draft::new(format!("split `{}`: {message}", list.name))
                    .file(&list.path)
                    .line(odd.first)
                    .key(format!("{:?}", odd.what))
                    .evidence("lines", n);
                out.report(draft);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::Fixture;
    use crate::scene::Oddity;

    #[test]
    fn fires_once_a_sort_at_the_first_line() {
        let mut f = Fixture::clean();
        let odd = |what, lines, first| Oddity { what, lines, first };
        f.catalogue.splits[0].oddities = vec![
            odd(OddLine::CarriageReturn, 2, 1),
            odd(OddLine::NotAnId, 1, 2),
            odd(OddLine::Repeated, 2, 3),
        ];
        f.catalogue.splits[1].oddities = vec![odd(OddLine::NotAnId, 1, 1)];
        let found = f.run("FIL108");
        assert_eq!(found.len(), 3, "a list of other names is a list of other names");
        assert_eq!((found[0].location.unwrap().row, found[1].location.unwrap().row), (1, 2));
    }

    #[test]
    fn silent_on_plain_lists() {
        assert_eq!(Fixture::clean().run("FIL108"), []);
    }
}

//! `scannetv2-labels.combined.tsv`.
//!
//! Several copies circulate that differ in line ends, in the final newline and in rows that are
//! cut short, so columns are found by name and a short row counts as far as it goes.

use std::collections::BTreeSet;
use std::path::Path;

use super::sniff;
use crate::error::{Error, Kind, Place, Result};
use crate::scene::{LabelOddity, LabelRow, LabelTable, OddRow};

/// Reads a label table from its whole content; `path` is only named in errors. What is wrong with
/// single rows goes to `faults`; such a row stays, with nyu40 id 0.
///
/// # Errors
/// [`Kind::Foreign`] when it is a web page or the like, [`Kind::Malformed`] when the first line
/// does not name the columns `raw_category` and `nyu40id`.
pub fn read(bytes: &[u8], path: &Path, faults: &mut Vec<Error>) -> Result<LabelTable> {
    if let Some(error) = sniff::foreign(bytes) {
        return Err(error.at(path));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines =
        (1..).zip(bytes.split(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)));
    let header: Vec<&[u8]> = lines.next().map(|(_, line)| fields(line)).unwrap_or_default();
    let column = |name: &str| header.iter().position(|f| f.trim_ascii() == name.as_bytes());
    let required = |name: &str| {
        column(name).ok_or_else(|| {
            Error::new(Kind::Malformed, "the label table lacks a column")
                .at(path)
                .place(Place::Line { row: 1, column: 1 })
                .expected(format!("a column `{name}`, columns separated by tabs"))
                .help("use scannetv2-labels.combined.tsv as ScanNet ships it")
        })
    };
    let (raw, nyu40) = (required("raw_category")?, required("nyu40id")?);
    let (id, category, class) = (column("id"), column("category"), column("nyu40class"));

    let (mut rows, mut oddities, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (row, line) in lines {
        if line.trim_ascii().is_empty() {
            continue;
        }
        if str::from_utf8(line).is_err() {
            let error = Error::new(Kind::Malformed, "a row is not UTF-8").at(path);
            faults.push(error.place(Place::Line { row, column: 1 }).help("save the table as UTF-8"));
        }
        let cells = fields(line);
        let cell = |i: Option<usize>| {
            i.and_then(|i| cells.get(i)).map_or_else(String::new, |c| String::from_utf8_lossy(c).into_owned())
        };
        let mut number = |i: Option<usize>, most: u32, name: &str| {
            let text = cell(i);
            match text.trim() {
                "" => 0,
                text => text.parse().ok().filter(|&v| v <= most).unwrap_or_else(|| {
                    let shown: String = text.chars().take(40).collect();
                    faults.push(
                        Error::new(Kind::Malformed, format!("the `{name}` of a row cannot be read"))
                            .at(path)
                            .place(Place::Line { row, column: 1 })
                            .expected(format!("a number up to {most}"))
                            .found(format!("`{shown}`")),
                    );
                    0
                }),
            }
        };
        let (raw_category, class_id) = (cell(Some(raw)), number(Some(nyu40), 40, "nyu40id") as u8);
        let odd = [
            (OddRow::Short, cells.len() < header.len()),
            (OddRow::Repeated, !seen.insert(raw_category.clone())),
            (OddRow::NoClass, class_id == 0),
        ];
        for (what, _) in odd.into_iter().filter(|(_, is)| *is) {
            oddities.push(LabelOddity { what, raw_category: raw_category.clone(), line: row });
        }
        rows.push(LabelRow {
            nyu40: class_id,
            id: number(id, u32::MAX, "id"),
            // Verbatim: readers look the label of an object up as it stands.
            raw_category,
            category: cell(category).trim().to_owned(),
            nyu40_class: cell(class).trim().to_owned(),
        });
    }
    if rows.is_empty() {
        return Err(Error::new(Kind::Truncated, "the label table has no row")
            .at(path)
            .help("use scannetv2-labels.combined.tsv as ScanNet ships it"));
    }
    let mut table = LabelTable::new(rows);
    (table.columns, table.oddities) = (header.len(), oddities);
    Ok(table)
}

fn fields(line: &[u8]) -> Vec<&[u8]> {
    line.split(|&b| b == b'\t').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(bytes: &[u8]) -> (LabelTable, Vec<Error>) {
        let mut faults = Vec::new();
        (read(bytes, Path::new("l.tsv"), &mut faults).unwrap(), faults)
    }

    const TEXT: &str = "id\traw_category\tcategory\tcount\tnyu40id\teigen13id\tnyu40class\tend\n\
        1\twall\twall\t8277\t1\t12\twall\tx\n\
        18\tfurnace\tfurnace\t4\t39\t6\n\
        203\twardrobe closet\twardrobe \t3\t\t\tother\tx";

    #[test]
    fn every_circulating_form_gives_the_same_table() {
        let (lf, faults) = table(TEXT.as_bytes());
        assert!(faults.is_empty());
        assert_eq!((lf.len(), lf.nyu40("furnace"), lf.nyu40("wardrobe closet")), (3, 39, 0));
        let row = lf.get("wardrobe closet").unwrap();
        assert_eq!((row.category.as_str(), row.nyu40_class.as_str(), row.id), ("wardrobe", "other", 203));
        assert_eq!(lf.get("furnace").unwrap().nyu40_class, "");
        assert_eq!(table(TEXT.replace('\n', "\r\n").as_bytes()).0, lf);
        assert_eq!(table(format!("{TEXT}\n\n").as_bytes()).0, lf);
        assert_eq!(table(format!("\u{feff}{TEXT}").as_bytes()).0, lf);
    }

    #[test]
    fn columns_are_found_by_name_and_bad_cells_are_placed() {
        let (t, faults) = table(b"nyu40id\traw_category\n5\tch\xe4r\n41\tx\n-1\ty\n");
        assert_eq!(t.nyu40("ch\u{fffd}r"), 5);
        assert_eq!((t.nyu40("x"), faults.len()), (0, 3));
        assert!(faults[0].to_string().starts_with("l.tsv:2:1: a row is not UTF-8"), "{}", faults[0]);
        assert!(faults[1].to_string().starts_with("l.tsv:3:1: "), "{}", faults[1]);
        for bad in [&b"raw_category,nyu40id\nchair,5\n"[..], b"id\tcategory\n", b"\n"] {
            assert_eq!(read(bad, Path::new("l"), &mut Vec::new()).unwrap_err().kind(), Kind::Malformed);
        }
    }
}

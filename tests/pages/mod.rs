//! Pages that people write and tests fill in.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Tests run side by side, and several fill one page.
static PAGES: Mutex<()> = Mutex::new(());

/// Compares the part of a page between `<!-- NAME -->` and the next `<!-- end -->` with `text`, or
/// writes it there when generated files are to be made anew.
pub(crate) fn fill(page: &str, name: &str, text: &str) {
    let _alone = PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let old = fs::read_to_string(&path).unwrap();
    let mark = format!("<!-- {name} -->\n");
    let start = old.find(&mark).unwrap_or_else(|| panic!("{page} has no {mark}")) + mark.len();
    let end = start + old[start..].find("<!-- end -->").unwrap();
    if std::env::var_os("DATAPREP_REGENERATE").is_some() {
        fs::write(&path, format!("{}{text}{}", &old[..start], &old[end..])).unwrap();
    } else {
        assert_eq!(&old[start..end], text, "{page}: run `make regenerate`");
    }
}

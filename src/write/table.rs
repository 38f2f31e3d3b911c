//! A table of a shard, read whole.

use std::path::Path;

use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::error::{Error, Kind, Result, nearest};

/// Reads a Parquet file, or the named columns of it, in the file's order.
///
/// # Errors
/// [`Kind::NotFound`], [`Kind::Io`]; [`Kind::Corrupt`] when it is no whole Parquet file;
/// [`Kind::Config`] when it has no such column.
pub fn read_table(path: &Path, columns: Option<&[String]>) -> Result<RecordBatch> {
    let wrong = |why: &str| {
        Error::new(Kind::Corrupt, format!("not a readable shard: {why}"))
            .at(path)
            .help("`dataprep verify` says more")
    };
    let bytes = bytes::Bytes::from(crate::store::read(path)?);
    let mut builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|e| wrong(&e.to_string()))?;
    if let Some(columns) = columns {
        let schema = builder.schema();
        if let Some(unknown) = columns.iter().find(|name| schema.index_of(name).is_err()) {
            let error = Error::new(Kind::Config, format!("the table has no column {unknown}")).at(path);
            let near = nearest(unknown, schema.fields().iter().map(|f| f.name().as_str()));
            return Err(near.map_or(error.clone(), |near| error.help(format!("did you mean {near}?"))));
        }
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().map(String::as_str));
        builder = builder.with_projection(mask);
    }
    let reader = builder.build().map_err(|e| wrong(&e.to_string()))?;
    let schema = arrow::record_batch::RecordBatchReader::schema(&reader);
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(|e| wrong(&e.to_string()))?;
    concat_batches(&schema, &batches).map_err(|e| wrong(&e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{data_set, sample};
    use super::super::{Layout, Table};
    use super::*;

    #[test]
    fn columns_come_by_name_and_damage_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = data_set(dir.path(), &[sample("scene0000_00", 0), sample("scene0001_00", 0)]);
        let path = dir.path().join(&manifest.shards[0].files[2].file);
        let whole = read_table(&path, None).unwrap();
        assert_eq!(whole.schema().fields(), Table::Descriptions.schema(&Layout::default()).fields());
        assert_eq!(whole.num_rows(), 2);
        let some = read_table(&path, Some(&["tokens".into(), "text".into()])).unwrap();
        assert_eq!((some.num_columns(), some.num_rows()), (2, 2));
        let error = read_table(&path, Some(&["txt".into()])).unwrap_err();
        assert_eq!((error.kind(), error.remedy()), (Kind::Config, Some("did you mean text?")));
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert_eq!(read_table(&path, None).unwrap_err().kind(), Kind::Corrupt);
    }
}

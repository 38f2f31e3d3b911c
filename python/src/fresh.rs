//! Variants made at load time.

use std::path::PathBuf;

use dataprep::augment::TextAction;
use dataprep::pipeline::{Fresh as Inner, FreshSample};
use dataprep::write::{BlobColumn, on_threads};
use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::{exception, raised};
use crate::fill::{cut, slices, writable};

/// Originals and a pipeline. Holds no thread and no open file: it may be used after a fork.
#[pyclass(frozen, module = "dataprep._native")]
#[derive(Debug)]
pub(crate) struct Fresh(Inner);

/// What became of a sentence: row, object, annotation, action, text, reason.
type Sentence = (u32, i32, String, &'static str, String, Option<String>);

#[pymethods]
impl Fresh {
    /// Opens a data set's folder and a pipeline file.
    #[new]
    fn new(py: Python<'_>, path: PathBuf, pipeline: PathBuf, seed: Option<u64>) -> PyResult<Self> {
        let opened = py.detach(|| Inner::open(&path, &pipeline, seed));
        opened.map(Self).map_err(|error| raised(py, &error))
    }

    /// Makes the variants of samples in an epoch, without the interpreter's lock.
    fn make(&self, py: Python<'_>, samples: Vec<usize>, epoch: u32, threads: usize) -> FreshBatch {
        FreshBatch(py.detach(|| self.0.samples(&samples, epoch, threads)))
    }
}

/// Variants that were made, still in Rust's memory.
#[pyclass(frozen, module = "dataprep._native")]
#[derive(Debug)]
pub(crate) struct FreshBatch(Vec<dataprep::Result<FreshSample>>);

#[pymethods]
impl FreshBatch {
    /// Number of points of each sample, or the exception that says why there is none.
    fn points<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let told = |made: &dataprep::Result<FreshSample>| match made {
            Ok(sample) => Ok(sample.num_points().into_pyobject(py)?.into_any()),
            Err(error) => exception(py, error),
        };
        self.0.iter().map(told).collect()
    }

    /// What became of the sentences of each sample that was made, and how it was made (JSON).
    fn told(&self) -> Vec<(Vec<Sentence>, String)> {
        let made = self.0.iter().filter_map(|made| made.as_ref().ok());
        made.map(|sample| {
            let sentences = sample.sentences.iter().map(|s| {
                let action = match s.action {
                    TextAction::Keep => "keep",
                    TextAction::Adapt => "adapt",
                    TextAction::Drop => "drop",
                };
                (s.row, s.object_id, s.ann_id.clone(), action, s.text.clone(), s.reason.clone())
            });
            (sentences.collect(), sample.provenance.clone())
        })
        .collect()
    }

    /// Writes columns of the samples that were made one after the other into writable uint8 arrays,
    /// one for each column.
    fn fill(
        &self,
        py: Python<'_>,
        columns: Vec<String>,
        buffers: Vec<Bound<'_, PyArray1<u8>>>,
        threads: usize,
    ) -> PyResult<()> {
        let columns: Vec<BlobColumn> = columns
            .iter()
            .map(|name| {
                BlobColumn::named(name).ok_or_else(|| PyValueError::new_err(format!("no column {name}")))
            })
            .collect::<PyResult<_>>()?;
        let samples: Vec<&FreshSample> = self.0.iter().filter_map(|made| made.as_ref().ok()).collect();
        let mut rooms = Vec::new();
        for (buffer, column) in columns.iter().enumerate() {
            let mut start = 0;
            for sample in &samples {
                let bytes = column.nbytes(sample.num_points());
                rooms.push((buffer, start, bytes));
                start += bytes;
            }
        }
        let mut buffers = writable(&buffers)?;
        let rooms = cut(slices(&mut buffers)?, rooms.into_iter())?;
        let work = columns.iter().flat_map(|column| samples.iter().map(move |&sample| (column, sample)));
        let work: Vec<_> = work.zip(rooms).collect();
        let done =
            py.detach(|| on_threads(work, threads, |((column, sample), out)| sample.encode(column, out)));
        done.into_iter().collect::<Result<(), _>>().map_err(|error| raised(py, &error))
    }
}

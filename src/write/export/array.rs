//! An array as a `.npy` file, version 1.0 of NumPy's format.

/// An array of numbers: NumPy dtype, shape, and values in C order, little-endian.
pub(super) struct Array {
    pub dtype: &'static str,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

impl Array {
    pub(super) fn new<const B: usize>(
        dtype: &'static str,
        shape: &[usize],
        values: impl IntoIterator<Item = [u8; B]>,
    ) -> Self {
        Self { dtype, shape: shape.to_vec(), bytes: values.into_iter().flatten().collect() }
    }

    /// `(3,)`, `(2, 3)`.
    fn shape_text(&self) -> String {
        match self.shape.as_slice() {
            [one] => format!("({one},)"),
            more => format!("({})", more.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        }
    }

    /// The bytes of a `.npy` file.
    pub(super) fn npy(&self) -> Vec<u8> {
        let header = format!(
            "{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}",
            self.dtype,
            self.shape_text()
        );
        // Magic, version, length: 10 bytes; values start at a multiple of 64, after a new line.
        let padded = (10 + header.len() + 1).next_multiple_of(64) - 10;
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend((padded as u16).to_le_bytes());
        file.extend(format!("{header:<width$}\n", width = padded - 1).bytes());
        file.extend(&self.bytes);
        file
    }
}

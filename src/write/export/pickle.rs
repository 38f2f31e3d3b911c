//! A tuple of NumPy arrays as a file that `torch.load` reads.
//!
//! The file is of torch's older form, a run of pickles: a magic number, the form's version, facts of the
//! machine, the object, and the keys of tensors, of which there are none. Every torch reads it, and needs no
//! archive for it. Arrays are pickled as NumPy does; their bytes as bytes, where torch's own protocol 2 takes
//! them for text, which is two fifths longer and far slower to read.

use super::array::Array;

/// The pickle of the number that such a file begins with.
const MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
/// The pickle of the form's version, 1001.
const VERSION: &[u8] = b"\x80\x02M\xe9\x03.";

/// The file.
pub(super) fn torch_file(arrays: &[Array]) -> Vec<u8> {
    let mut file = [MAGIC, VERSION].concat();
    machine(&mut file);
    file.extend(b"\x80\x03(");
    for one in arrays {
        array(&mut file, one);
    }
    file.extend(b"t.");
    file.extend(b"\x80\x02].");
    file
}

fn machine(out: &mut Vec<u8>) {
    out.extend(b"\x80\x02}(");
    text(out, "protocol_version");
    out.extend(b"M\xe9\x03");
    text(out, "little_endian");
    out.push(b'\x88');
    text(out, "type_sizes");
    out.extend(b"}(");
    for (name, size) in [("short", 2), ("int", 4), ("long", 4)] {
        text(out, name);
        out.extend([b'K', size]);
    }
    out.extend(b"uu.");
}

/// `_reconstruct(ndarray, (0,), b"b")`, then its state: version, shape, dtype, order, bytes.
fn array(out: &mut Vec<u8>, array: &Array) {
    // The old name of the module, which NumPy 1 and 2 both know.
    out.extend(b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01(");
    for &length in &array.shape {
        out.push(b'\x8a');
        out.push(9);
        out.extend((length as u64).to_le_bytes());
        // Numbers are signed: a last byte of 0 says that this one is not below 0.
        out.push(0);
    }
    out.push(b't');
    dtype(out, array.dtype);
    out.push(b'\x89');
    if let Ok(length) = u32::try_from(array.bytes.len()) {
        out.push(b'B');
        out.extend(length.to_le_bytes());
    } else {
        out.push(b'\x8e');
        out.extend((array.bytes.len() as u64).to_le_bytes());
    }
    out.extend(&array.bytes);
    out.extend(b"tb");
}

/// `dtype("f8", False, True)`, then its state: version, byte order, and what only structures have.
fn dtype(out: &mut Vec<u8>, dtype: &str) {
    let (order, kind) = dtype.split_at(1);
    out.extend(b"cnumpy\ndtype\n");
    text(out, kind);
    out.extend(b"\x89\x88\x87R(K\x03");
    text(out, order);
    out.extend(b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb");
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}

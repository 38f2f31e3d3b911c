//! Noise that belongs to source vertices.

use std::ops::Range;

use crate::math::{Stream, widest};

/// Vertices that draw together.
const BLOCK: usize = 64;

/// Standard normals of the vertices of a block, per axis.
type Normals = [[f32; BLOCK]; 3];

/// Calls `put(rows, noise)` for runs of rows that make up all rows, with three standard normals for
/// each row, per axis. They depend only on the stream and the row's source vertex: the same vertex
/// gets the same noise whatever was removed before it and in whatever order the rows stand.
pub(crate) fn normals(
    stream: &mut Stream,
    orig_index: &[u32],
    mut put: impl FnMut(Range<usize>, [&[f32]; 3]),
) {
    widest(
        #[inline(always)]
        || {
            blocks(
                stream,
                orig_index,
                96,
                #[inline(always)]
                |stream| -> Normals { [stream.normal_block(), stream.normal_block(), stream.normal_block()] },
                #[inline(always)]
                |rows, vertices, block| {
                    let whole = vertices.len() == BLOCK && (vertices[0] as usize).is_multiple_of(BLOCK);
                    let own;
                    let [x, y, z] = if whole && rows_are_vertices(vertices) {
                        block
                    } else {
                        own = own_of(vertices, block);
                        &own
                    };
                    let n = vertices.len();
                    put(rows, [&x[..n], &y[..n], &z[..n]]);
                },
            );
        },
    );
}

/// The normals of these vertices of a block, at the front.
#[inline(always)]
fn own_of(vertices: &[u32], block: &Normals) -> Normals {
    let mut own = [[0.0; BLOCK]; 3];
    for (own, axis) in own.iter_mut().zip(block) {
        for (own, &vertex) in own.iter_mut().zip(vertices) {
            *own = axis[vertex as usize % BLOCK];
        }
    }
    own
}

/// One random word per row, by source vertex.
pub(crate) fn lots(stream: &mut Stream, orig_index: &[u32]) -> Vec<u32> {
    let mut lots = vec![0; orig_index.len()];
    blocks(stream, orig_index, 64, Stream::words::<BLOCK>, |rows, vertices, block| {
        for (lot, &vertex) in lots[rows].iter_mut().zip(vertices) {
            *lot = block[vertex as usize % BLOCK];
        }
    });
    lots
}

#[inline(always)]
fn rows_are_vertices(vertices: &[u32]) -> bool {
    vertices.iter().zip(vertices[0]..).all(|(&vertex, expected)| vertex == expected)
}

/// Calls `each` with runs of at most [`BLOCK`] rows whose vertices lie in one block, those vertices,
/// and what the block drew (`words` words).
#[inline(always)]
fn blocks<T>(
    stream: &mut Stream,
    orig_index: &[u32],
    words: u32,
    draw: impl Fn(&mut Stream) -> T,
    mut each: impl FnMut(Range<usize>, &[u32], &T),
) {
    let block_of = |vertex: u32| vertex as usize / BLOCK;
    // Shuffled rows would draw a block each: they are gone through in the order of vertices.
    let order = (!orig_index.is_sorted()).then(|| {
        let mut order: Vec<usize> = (0..orig_index.len()).collect();
        order.sort_unstable_by_key(|&row| (orig_index[row], row));
        order
    });
    let mut at: Option<(usize, T)> = None;
    let mut done = 0;
    while done < orig_index.len() {
        let start = order.as_ref().map_or(done, |order| order[done]);
        let block = block_of(orig_index[start]);
        let reach = if order.is_some() { 1 } else { BLOCK };
        let window = &orig_index[start..orig_index.len().min(start + reach)];
        let vertices = match window.last() {
            // Mostly the whole window lies in one block.
            Some(&last) if block_of(last) == block => window,
            _ => &window[..window.partition_point(|&vertex| block_of(vertex) == block)],
        };
        done += vertices.len();
        if at.as_ref().is_none_or(|(held, _)| *held != block) {
            // The stream stands behind the block that was drawn last.
            if at.as_ref().is_none_or(|(held, _)| held + 1 != block) {
                stream.seek(block as u64, words);
            }
            at = Some((block, draw(stream)));
        }
        if let Some((_, drawn)) = &at {
            each(start..start + vertices.len(), vertices, drawn);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Key, Purpose};

    fn stream() -> Stream {
        Key::new(1, "s", 1, "noise").stream(Purpose::Points)
    }

    fn all_normals(orig_index: &[u32]) -> Vec<[f32; 3]> {
        let mut of = vec![[9.0; 3]; orig_index.len()];
        normals(&mut stream(), orig_index, |rows, noise| {
            for (i, row) in rows.enumerate() {
                of[row] = noise.map(|axis| axis[i]);
            }
        });
        of
    }

    #[test]
    fn noise_follows_the_vertex_through_any_order_and_gap() {
        let all: Vec<u32> = (0..1000).collect();
        let (of, every) = (all_normals(&all), lots(&mut stream(), &all));
        let thinned: Vec<u32> = all.iter().copied().filter(|v| v % 7 < 3 || *v > 900).collect();
        let strange = vec![999, 3, 4, 9, 60, 61, 2, 2, 130, 64];
        let repeated = [vec![5; 200], vec![6; 3]].concat();
        for some in [thinned, strange, repeated, vec![]] {
            let expected: Vec<[f32; 3]> = some.iter().map(|&v| of[v as usize]).collect();
            assert_eq!(all_normals(&some), expected);
            let expected: Vec<u32> = some.iter().map(|&v| every[v as usize]).collect();
            assert_eq!(lots(&mut stream(), &some), expected);
        }
        assert_eq!(all_normals(&[u32::MAX]).len(), 1);
    }
}

//! Noise that belongs to source vertices.

use crate::math::Stream;

/// Words of the stream that belong to one vertex: enough for four normals.
const WORDS: u32 = 4;

/// Calls `put(row, noise)` for every row with three standard normals that depend only on the
/// stream and the row's source vertex: the same vertex gets the same noise whatever was removed
/// before it and in whatever order the rows stand.
pub(crate) fn normals(stream: &mut Stream, orig_index: &[u32], mut put: impl FnMut(usize, [f32; 3])) {
    each(stream, orig_index, WORDS, |row, stream| {
        let ([a, b], [c, _]) = (stream.normals(), stream.normals());
        put(row, [a, b, c]);
    });
}

/// One random word per row, by source vertex.
pub(crate) fn lots(stream: &mut Stream, orig_index: &[u32]) -> Vec<u32> {
    let mut lots = vec![0; orig_index.len()];
    each(stream, orig_index, 1, |row, stream| lots[row] = stream.word());
    lots
}

fn each(stream: &mut Stream, orig_index: &[u32], words: u32, mut draw: impl FnMut(usize, &mut Stream)) {
    let mut next = None;
    for (row, &vertex) in orig_index.iter().enumerate() {
        let vertex = u64::from(vertex);
        // Seeking makes a new block of words; over a small gap it is cheaper to draw and forget.
        match next.and_then(|next| vertex.checked_sub(next)) {
            Some(gap) if gap <= u64::from(16 / words) => {
                for _ in 0..gap * u64::from(words) {
                    stream.word();
                }
            }
            _ => stream.seek(vertex, words),
        }
        draw(row, stream);
        next = Some(vertex + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Key, Purpose};

    fn stream() -> Stream {
        Key::new(1, "s", 1, "noise").stream(Purpose::Points)
    }

    #[test]
    fn noise_follows_the_vertex_through_any_order_and_gap() {
        let all: Vec<u32> = (0..200).collect();
        let mut of = vec![[0.0; 3]; 200];
        normals(&mut stream(), &all, |row, n| of[row] = n);
        let some = [199, 3, 4, 9, 60, 61, 2, 2];
        normals(&mut stream(), &some, |row, n| assert_eq!(n, of[some[row] as usize]));
        let (every, few) = (lots(&mut stream(), &all), lots(&mut stream(), &some));
        assert_eq!(few, some.map(|v| every[v as usize]));
    }
}

"""BLAKE3, the digest that manifests use, with NumPy and nothing else.

Chunks and then the nodes of the tree are hashed side by side, one lane each, so that a file of
some megabytes takes fractions of a second. Source: the BLAKE3 paper (O'Connor, Aumasson, Neves,
Wilcox-O'Hearn, 2020), section 2.
"""

from __future__ import annotations

import numpy as np

_IV = np.array(
    [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19],
    dtype=np.uint32,
)
_PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_CHUNK, _BLOCK = 1024, 64
_START, _END, _PARENT, _ROOT = 1, 2, 4, 8
#: Lanes hashed at once: bounds the working memory to some tens of megabytes.
_LANES = 1 << 14


def _rotate(x: np.ndarray, bits: int) -> np.ndarray:
    return (x >> np.uint32(bits)) | (x << np.uint32(32 - bits))


def _compress(
    value: np.ndarray, block: np.ndarray, counter: np.ndarray, length: np.ndarray, flags: np.ndarray
) -> np.ndarray:
    """The chaining value after one block in every lane.

    `value` uint32 [8, L], `block` uint32 [16, L], `counter` uint64 [L], `length` and `flags`
    uint32 [L]; uint32 [8, L].
    """
    lanes = value.shape[1]
    v = np.empty((16, lanes), np.uint32)
    v[:8] = value
    v[8:12] = _IV[:4, None]
    v[12] = counter & np.uint64(0xFFFFFFFF)
    v[13] = counter >> np.uint64(32)
    v[14], v[15] = length, flags
    # Four columns, or four diagonals, are mixed at once: rows a, b, c, d of the state.
    a, b, c, d = v[0:4], v[4:8], v[8:12], v[12:16]
    words = list(range(16))
    for turn in range(7):
        for half in range(2):
            order = words[8 * half : 8 * half + 8]
            x, y = block[order[0::2]], block[order[1::2]]
            if half:
                b, c, d = np.roll(b, -1, 0), np.roll(c, -2, 0), np.roll(d, -3, 0)
            a = a + b + x
            d = _rotate(d ^ a, 16)
            c = c + d
            b = _rotate(b ^ c, 12)
            a = a + b + y
            d = _rotate(d ^ a, 8)
            c = c + d
            b = _rotate(b ^ c, 7)
            if half:
                b, c, d = np.roll(b, 1, 0), np.roll(c, 2, 0), np.roll(d, 3, 0)
        if turn < 6:
            words = [words[i] for i in _PERMUTATION]
    return np.concatenate([a ^ c, b ^ d])


def _chunks(data: np.ndarray, first: int, root: bool) -> np.ndarray:
    """The chaining values of the chunks of `data`, the first of which is number `first`."""
    count = max(1, -(-data.size // _CHUNK))
    padded = np.zeros(count * _CHUNK, np.uint8)
    padded[: data.size] = data
    blocks = padded.view("<u4").reshape(count, 16, 16)
    sizes = np.full(count, _CHUNK, np.int64)
    sizes[-1] = data.size - (count - 1) * _CHUNK
    last = np.maximum(-(-sizes // _BLOCK), 1) - 1
    counter = np.arange(first, first + count, dtype=np.uint64)
    value = np.repeat(_IV[:, None], count, axis=1)
    for b in range(int(last.max()) + 1):
        flags = np.where(last == b, _END | (_ROOT if root else 0), 0) | (_START if b == 0 else 0)
        length = np.clip(sizes - b * _BLOCK, 0, _BLOCK)
        block = np.ascontiguousarray(blocks[:, b].T)
        after = _compress(value, block, counter, length.astype(np.uint32), flags.astype(np.uint32))
        value = np.where(b <= last, after, value)
    return value


def _parents(value: np.ndarray, root: bool) -> np.ndarray:
    lanes = value.shape[1] // 2
    block = np.concatenate([value[:, 0 : 2 * lanes : 2], value[:, 1 : 2 * lanes : 2]])
    flags = np.full(lanes, _PARENT | (_ROOT if root else 0), np.uint32)
    zero, whole = np.zeros(lanes, np.uint64), np.full(lanes, _BLOCK, np.uint32)
    return _compress(np.repeat(_IV[:, None], lanes, axis=1), block, zero, whole, flags)


def blake3(data: bytes | memoryview | np.ndarray) -> str:
    """The 32-byte BLAKE3 digest of `data`, in hexadecimal."""
    bytes_ = np.frombuffer(data, np.uint8)
    count = max(1, -(-bytes_.size // _CHUNK))
    step = _LANES * _CHUNK
    parts = [
        _chunks(bytes_[start : start + step], start // _CHUNK, root=count == 1)
        for start in range(0, max(bytes_.size, 1), step)
    ]
    value = np.concatenate(parts, axis=1)
    # Neighbours are joined level by level; one without a neighbour waits for the next level. That
    # gives the tree of the paper, whose left parts are the largest powers of two.
    while value.shape[1] > 1:
        lanes = value.shape[1]
        joined = _parents(value, root=lanes == 2)
        value = joined if lanes % 2 == 0 else np.concatenate([joined, value[:, -1:]], axis=1)
    return np.ascontiguousarray(value[:, 0]).astype("<u4").tobytes().hex()

//! Augmentation: scene in, new scene out, with the sentences that still fit it.

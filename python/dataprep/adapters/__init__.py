"""Samples in the very form that known trainers expect; each takes torch.

| module | trainer | an item |
|---|---|---|
| `stmn` | 3D-STMN | tuple of 12 |
| `reason3d` | Reason3D, referring | dict |
| `spformer` | SPFormer | tuple of 6, a scene |
| `pointcept` | Pointcept | dict, a scene |

What the trainers do at random (noise, flips, rotations, elastic distortion, crops) is left out:
shards hold variants whose text still fits. Instance ids are never renumbered, as the trainers'
loaders do when an id has no point, since that moves masks to other objects; where every id has
points, the values are theirs.
"""

"""What a rank does in the tests with real processes: `python ranks.py RANK WORLD RENDEZVOUS JOB`."""

import json
import sys

import torch.distributed as dist
from torch.utils.data import DataLoader

from dataprep import ReferDataset, ReferIterable, Shards, errors


def main(rank: int, world: int, rendezvous: str, job: dict) -> None:
    dist.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=world)
    shards = Shards(job["data"][rank % len(job["data"])], split="train")
    dataset = ReferDataset(shards, columns=["xyz"])
    loader = ReferIterable(dataset, job["batch"], seed=3, group=4, tail=job["tail"], rank=rank, world=world)
    try:
        loader.check_ranks()
    except errors.DatasetMismatch as error:
        print(json.dumps({"mismatch": str(error)}))
        return
    loader.resume(job["position"])
    seen = []
    for batch in DataLoader(loader, batch_size=None, num_workers=job["workers"]):
        mine = (
            batch["position"],
            batch["index"].tolist(),
            batch["padding"],
            float(batch["xyz"].double().sum()),
        )
        together = [None] * world
        # Deadlocks unless every rank takes equally many steps.
        dist.all_gather_object(together, mine)
        seen.append(together)
        if len(seen) == job["steps"]:
            break
    if rank == 0:
        print(json.dumps({"seen": seen}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4]))

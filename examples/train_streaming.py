"""Train a tiny audio-language model on a stream of Audio-FLAN, and go on exactly after a stop.

    pip install ".[train]"
    python examples/train_streaming.py out speech_gender_recognition
    python examples/train_streaming.py HKUSTAudio/Audio-FLAN speech_asr --checkpoint run.pt --resume
    torchrun --standalone --nproc-per-node 2 examples/train_streaming.py out speech_asr

The first argument is a repo on the Hub or a folder of a build; the task is any that asks about one
audio and answers in text, which the model learns byte by byte. At the end it answers the rows of
the validation split, beside a guess of their most frequent answer. Put your own model in place of
tiny_model.py; on GPUs, move it and the batches there and keep `torch.cuda.get_rng_state()` too.
"""

import argparse
import os
import random
import re
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import torch
from datasets import load_dataset
from datasets.distributed import split_dataset_by_node
from tiny_model import LONGEST_TEXT, PAD, RATE, TinyAudioLanguageModel, spectrum
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

import audio_flan
from audio_flan.model.instance import END_OF_AUDIO, START_OF_AUDIO

LONGEST_SECONDS, LEARNING_RATE, HELD_OUT_BATCHES = 10, 3e-3, 32
AUDIO, END = 1, 2  # bytes that occur in no text, as PAD
MARKER = re.compile(re.escape(START_OF_AUDIO) + ".*?" + re.escape(END_OF_AUDIO))


class Batches(IterableDataset):
    """The batches of an epoch, each with its worker and the position of this worker after it.

    Workers read ahead of the training, which `rows.state_dict()` of the main process does not see.
    So each batch brings its position along, and a checkpoint keeps, for every worker, the position
    of the last batch trained on. Rows come sorted by corpus and language. They are shuffled in
    windows, because a resume loses those in the buffer of `rows.shuffle()`. A position is the state
    at the start of the window and how many of its batches are done: a resumed worker reads the
    window again and skips these. Last, each brings the rows passed over for want of audio.
    """

    def __init__(self, rows, batch_size, window, positions, next_worker=0):
        self.rows, self.batch_size, self.window = rows, batch_size, window
        self.positions, self.next_worker = positions, next_worker

    def __iter__(self):
        worker, silent = get_worker_info().id, 0
        start, done = self.positions[worker]
        if worker < self.next_worker:
            yield [], worker, None, 0  # pass: loaders ask worker 0 first, but it is another's turn
        if start is not None:
            self.rows.load_state_dict(start)
        rows = iter(self.rows)  # `datasets` gives every worker its own files
        while window := list(islice(rows, self.window)):
            heard = [row for row in window if has_audio(row)]
            silent += len(window) - len(heard)
            random.Random(f"{self.rows.epoch} {window[0]['uuid']}").shuffle(heard)
            for first in range(done * self.batch_size, len(heard), self.batch_size):
                done += 1
                yield heard[first : first + self.batch_size], worker, (start, done), silent
                silent = 0
            start, done = self.rows.state_dict(), 0
        yield [], worker, None, silent


def has_audio(row):
    """Whether the audio was published with the row; an error where the task is unsuitable."""
    # The text tells which audio there should be, also where none was published.
    asked = MARKER.findall(row["instruction"] + row["input"])
    if len(asked) != 1 or MARKER.search(row["output"]):
        raise ValueError("this example trains on tasks of one input audio and a text answer")
    return row["input_audio"] is not None


def collate(item):
    """Decode and pad a batch, in the worker; the rest passes through."""
    rows, *rest = item
    if not rows:
        return None, [], *rest
    spectra, texts, answers = [], [], []
    for row in rows:
        samples, _ = audio_flan.decode(row["input_audio"], sampling_rate=RATE, mono=True)
        spectra.append(spectrum(torch.from_numpy(samples[0, : RATE * LONGEST_SECONDS])))
        # The audio's id, which would tell rows apart, gives way to one token.
        prompt = MARKER.sub(chr(AUDIO), f"{row['instruction']}\n{row['input']}\n").encode()
        answer = row["output"].encode() + bytes([END])
        texts.append(torch.tensor(list(prompt + answer)[-LONGEST_TEXT:]))
        answers.append(torch.tensor(([-100] * len(prompt) + list(answer))[-LONGEST_TEXT:]))
    batch = {
        "spectra": torch.stack(spectra),
        "texts": pad_sequence(texts, batch_first=True, padding_value=PAD),
        "answers": pad_sequence(answers, batch_first=True, padding_value=-100),
    }
    return batch, [(row["uuid"], row["output"]) for row in rows], *rest


class Training:
    """The model and all that a checkpoint keeps of a run."""

    def __init__(self, args, rank, world, workers):
        self.args, self.rank, self.world, self.workers = args, rank, world, workers
        self.bare = self.model = TinyAudioLanguageModel()
        if world > 1:
            torch.distributed.init_process_group("gloo")
            self.model = nn.parallel.DistributedDataParallel(self.bare)
        self.optimizer = torch.optim.AdamW(self.model.parameters())
        self.step = self.epoch = self.silent = 0
        self.positions, self.next_worker = [(None, 0)] * workers, 0
        # Positions hold for these.
        self.settings = [args.task, args.batch_size, args.window, workers, world]
        if args.resume and args.checkpoint and args.checkpoint.exists():
            self.restore()

    def restore(self):
        """Go on from the checkpoint."""
        saved = torch.load(self.args.checkpoint)
        if saved["settings"] != self.settings:
            raise SystemExit(f"{self.args.checkpoint} is of a run with {saved['settings']}")
        self.bare.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.step, here = saved["step"], saved["ranks"][self.rank]
        self.epoch, self.positions, self.next_worker, rng = here
        torch.set_rng_state(rng)

    def save(self):
        """Write one checkpoint of all ranks; a stop in the middle leaves the one before whole."""
        here = [self.epoch, self.positions, self.next_worker, torch.get_rng_state()]
        ranks = [here] * self.world
        if self.world > 1:
            torch.distributed.all_gather_object(ranks, here)
        if self.rank == 0:
            kept = {"settings": self.settings, "step": self.step, "ranks": ranks}
            kept |= {"model": self.bare.state_dict(), "optimizer": self.optimizer.state_dict()}
            part = Path(f"{self.args.checkpoint}.part")
            torch.save(kept, part)
            part.replace(self.args.checkpoint)

    def train_epoch(self, rows):
        """Train to the end of the epoch or of the run."""
        rows.set_epoch(self.epoch)
        args, start = self.args, (self.positions, self.next_worker)
        batches = load(Batches(rows, args.batch_size, args.window, *start), self.workers)
        for batch, seen, worker, position, silent in batches:
            self.silent += silent
            if batch is None:
                continue
            loss = self.learn(batch)
            self.positions[worker], self.next_worker = position, (worker + 1) % self.workers
            ids = " ".join(uuid[:8] for uuid, _ in seen)
            line = f"step {self.step} epoch {self.epoch} rank {self.rank} loss {loss:.6f} {ids}\n"
            print(line, end="", flush=True)  # one write, so that lines of ranks do not mix
            if args.checkpoint and (self.step % args.save_every == 0 or self.step == args.steps):
                self.save()
            if self.step == args.steps:
                break
        if self.positions == [(None, 0)] * self.workers:
            reason = f"{self.silent} without audio" if self.silent else "there are too few"
            raise SystemExit(f"rank {self.rank} of {self.world} gets no rows: {reason}")
        self.epoch += 1
        self.positions, self.next_worker = [(None, 0)] * self.workers, 0

    def learn(self, batch):
        """Take one step, at a rate that falls to 0, and return its loss."""
        self.optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 - self.step / self.args.steps)
        loss, _ = self.model(**batch)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.step += 1
        return loss.item()

    @torch.no_grad()
    def examine(self, rows):
        """Print how many held-out rows are answered rightly, to the letter."""
        self.bare.eval()
        workers = min(self.workers, rows.num_shards)
        unread = Batches(rows, self.args.batch_size, self.args.window, [(None, 0)] * workers)
        right, answers = 0, Counter()
        for batch, seen, *_ in islice(load(unread, workers), HELD_OUT_BATCHES):
            if batch is not None:
                right += self.bare(**batch)[1].sum().item()
                answers.update(answer for _, answer in seen)
        if count := answers.total():
            guess = answers.most_common(1)[0][1]
            print(f"held-out rows {count} right {right / count:.3f} by guess {guess / count:.3f}")


def load(batches, workers):
    """The loader of batches that are read and decoded in worker processes."""
    # Its own generator, as starting a loader draws a seed, which would shift the dropout's.
    own = torch.Generator()
    return DataLoader(batches, None, num_workers=workers, collate_fn=collate, generator=own)


def parse_arguments():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("dataset", help="repo on the Hub, or folder of a build")
    add("task", help="config name, such as speech_gender_recognition")
    add("--steps", type=int, default=200)
    add("--batch-size", type=int, default=8, help="rows for each rank and step")
    add("--window", type=int, default=256, help="rows that each worker holds and shuffles")
    add("--workers", type=int, default=2, help="processes for each rank that read and decode")
    add("--checkpoint", type=Path, help="file to write, and to resume from")
    add("--save-every", type=int, default=50, metavar="STEPS")
    add("--resume", action="store_true", help="go on from the checkpoint, if there is one")
    return parser.parse_args()


def main():
    """Train; the same arguments give the same rows and losses, stopped and resumed or not."""
    args = parse_arguments()
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    splits = load_dataset(args.dataset, args.task, streaming=True)
    rows = split_dataset_by_node(splits["train"].decode(False), rank, world)
    torch.set_num_threads(1)  # more would only wait for one another: the model is tiny
    torch.manual_seed(rank)  # ranks drop out differently; DDP makes weights equal
    training = Training(args, rank, world, max(1, min(args.workers, rows.num_shards)))
    while training.step < args.steps:  # not epochs, so that all ranks take equally many steps
        training.train_epoch(rows)
    if training.silent:
        print(
            f"rank {rank} skipped {training.silent} rows without audio, over all epochs",
            file=sys.stderr,
        )
    if rank == 0 and "validation" in splits:
        training.examine(splits["validation"].decode(False))


if __name__ == "__main__":
    main()

"""Train a tiny audio-language model on a stream of Audio-FLAN, and go on exactly after a stop.

    pip install "audio-flan[train]"
    python examples/train_streaming.py HKUSTAudio/Audio-FLAN speech_language_identification
    python examples/train_streaming.py build/out speech_asr --checkpoint run.pt --resume
    torchrun --standalone --nproc-per-node 2 examples/train_streaming.py build/out speech_asr

The first argument is a repo on the Hub or a folder of a build; the task is any that asks about one
audio and answers in text, which the model learns byte by byte. Put your own model in its place; on
GPUs, move it and the batches there and keep `torch.cuda.get_rng_state()` in the checkpoint as well.
"""

import argparse
import math
import os
import random
import re
from itertools import islice
from pathlib import Path

import torch
from datasets import load_dataset
from datasets.distributed import split_dataset_by_node
from torch import nn
from torch.nn.functional import cross_entropy, pad
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

import audio_flan
from audio_flan.schema import END_OF_AUDIO, START_OF_AUDIO

RATE, LONGEST_SECONDS, LONGEST_TEXT, SHUFFLED_BATCHES = 16_000, 10, 384, 8
PAD, AUDIO, END = 0, 1, 2  # bytes that occur in no text
MARKER = re.compile(re.escape(START_OF_AUDIO) + ".*?" + re.escape(END_OF_AUDIO))


class Batches(IterableDataset):
    """The batches of an epoch, each with its worker and the position of this worker after it.

    Workers read ahead of the training, which `rows.state_dict()` of the main process does not see.
    So each batch brings its position along, and a checkpoint keeps, for every worker, the position
    of the last batch trained on. Rows are shuffled in blocks, because a resume loses those in the
    buffer of `rows.shuffle()`. A position is the state at the start of the block and how many of
    its batches are done: a resumed worker reads the block again and skips these.
    """

    def __init__(self, rows, batch_size, positions, next_worker):
        self.rows, self.batch_size = rows, batch_size
        self.positions, self.next_worker = positions, next_worker

    def __iter__(self):
        worker = get_worker_info().id
        if worker < self.next_worker:
            yield None  # pass: loaders ask worker 0 first, but it is the turn of another
        start, done = self.positions[worker]
        if start is not None:
            self.rows.load_state_dict(start)
        rows = iter(self.rows)  # `datasets` gives every worker its own files
        while block := list(islice(rows, SHUFFLED_BATCHES * self.batch_size)):
            random.Random(f"{self.rows.epoch} {block[0]['uuid']}").shuffle(block)
            for first in range(done * self.batch_size, len(block), self.batch_size):
                done += 1
                yield block[first : first + self.batch_size], worker, (start, done)
            start, done = self.rows.state_dict(), 0


def collate(item):
    """Decode and pad a batch, in the worker; positions pass through."""
    if item is None:
        return None
    rows, worker, position = item
    waves, texts, answers = [], [], []
    for row in rows:
        if row["input_audio"] is None or row["output_audio"] is not None:
            raise ValueError("this example trains on tasks of one input audio and a text answer")
        samples, _ = audio_flan.decode(row["input_audio"], sampling_rate=RATE, mono=True)
        waves.append(torch.from_numpy(samples[0, : RATE * LONGEST_SECONDS]))
        # The audio's id gives way to one token, whose embedding the model takes from the audio.
        prompt = MARKER.sub(chr(AUDIO), f"{row['instruction']}\n{row['input']}\n").encode()
        answer = row["output"].encode() + bytes([END])
        texts.append(torch.tensor(list(prompt + answer)[-LONGEST_TEXT:]))
        answers.append(torch.tensor(([-100] * len(prompt) + list(answer))[-LONGEST_TEXT:]))
    batch = {
        "waves": pad_sequence(waves, batch_first=True),
        "samples": torch.tensor([len(wave) for wave in waves]),
        "texts": pad_sequence(texts, batch_first=True, padding_value=PAD),
        "answers": pad_sequence(answers, batch_first=True, padding_value=-100),
    }
    return batch, [row["uuid"][:8] for row in rows], worker, position


class TinyAudioLanguageModel(nn.Module):
    """A causal transformer over bytes; the pooled log-mel spectrum of the audio is a token."""

    def __init__(self, width=64, mels=40):
        super().__init__()
        # Triangular filters of the 201 frequencies, their edges evenly spaced in mel.
        edges = 700 * (torch.logspace(0, math.log10(1 + RATE / 2 / 700), mels + 2) - 1)
        hertz = torch.linspace(0, RATE / 2, 201).unsqueeze(1)
        up, down = (hertz - edges[:-2]) / edges.diff()[:-1], (edges[2:] - hertz) / edges.diff()[1:]
        self.register_buffer("filters", torch.minimum(up, down).clamp(min=0))
        self.listen = nn.Sequential(nn.Linear(mels, width), nn.GELU(), nn.Linear(width, width))
        self.bytes, self.places = nn.Embedding(256, width), nn.Embedding(LONGEST_TEXT, width)
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2)
        self.dropout, self.answer = nn.Dropout(0.1), nn.Linear(width, 256)

    def forward(self, waves, samples, texts, answers):
        """The loss: mean cross-entropy of the answers' bytes, in nats."""
        audio = self.hear(waves, samples).unsqueeze(1)
        tokens = torch.where((texts == AUDIO).unsqueeze(-1), audio, self.bytes(texts))
        tokens = self.dropout(tokens + self.places(torch.arange(texts.shape[1])))
        mask = nn.Transformer.generate_square_subsequent_mask(texts.shape[1])
        logits = self.answer(self.layers(tokens, mask, is_causal=True))
        return cross_entropy(logits[:, :-1].transpose(1, 2), answers[:, 1:], ignore_index=-100)

    def hear(self, waves, samples):
        """One embedding for each audio: the mean over its frames, without the padding."""
        windows = pad(waves, (200, 200)).unfold(1, 400, 160) * torch.hann_window(400)
        power = torch.fft.rfft(windows).abs().square()
        mel = (power @ self.filters + 1e-6).log() / 4 + 1
        heard = torch.arange(mel.shape[1]) <= (samples // 160).unsqueeze(1)
        return (self.listen(mel) * heard.unsqueeze(-1)).sum(1) / heard.sum(1, keepdim=True)


def save(path, here, rank, world, **shared):
    """Write one checkpoint of all ranks; a stop in the middle leaves the one before whole."""
    ranks = [here] * world
    if world > 1:
        torch.distributed.all_gather_object(ranks, here)
    if rank == 0:
        torch.save({**shared, "ranks": ranks}, f"{path}.part")
        Path(f"{path}.part").replace(path)


def parse_arguments():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("dataset", help="repo on the Hub, or folder of a build")
    add("task", help="config name, such as speech_language_identification")
    add("--steps", type=int, default=100)
    add("--batch-size", type=int, default=8, help="rows for each rank and step")
    add("--workers", type=int, default=2, help="processes for each rank that read and decode")
    add("--checkpoint", type=Path, help="file to write, and to resume from")
    add("--save-every", type=int, default=50, metavar="STEPS")
    add("--resume", action="store_true", help="go on from the checkpoint, if there is one")
    return parser.parse_args()


def main():
    """Train; the same arguments give the same rows and losses, stopped and resumed or not."""
    args = parse_arguments()
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    rows = load_dataset(args.dataset, args.task, split="train", streaming=True).decode(False)
    rows = split_dataset_by_node(rows, rank, world)
    workers = max(1, min(args.workers, rows.num_shards))
    torch.set_num_threads(1)  # more would only wait for one another: the model is tiny
    torch.manual_seed(rank)  # ranks drop out differently; DDP makes weights equal
    bare = model = TinyAudioLanguageModel()
    if world > 1:
        torch.distributed.init_process_group("gloo")
        model = nn.parallel.DistributedDataParallel(bare)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    step, epoch, positions, next_worker = 0, 0, [(None, 0)] * workers, 0
    settings = [args.task, args.batch_size, workers, world]  # positions hold for these
    if args.resume and args.checkpoint and args.checkpoint.exists():
        saved = torch.load(args.checkpoint)
        if saved["settings"] != settings:
            raise SystemExit(f"{args.checkpoint} is of a run with {saved['settings']}")
        bare.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        step, (epoch, positions, next_worker, rng) = saved["step"], saved["ranks"][rank]
        torch.set_rng_state(rng)
    while step < args.steps:  # steps rather than epochs, so that all ranks take equally many
        rows.set_epoch(epoch)
        batches = Batches(rows, args.batch_size, positions, next_worker)
        # Its own generator, as starting a loader draws a seed, which would shift the dropout's.
        own = torch.Generator()
        loader = DataLoader(batches, None, num_workers=workers, collate_fn=collate, generator=own)
        for batch, ids, worker, position in islice(filter(None, loader), args.steps - step):
            loss = model(**batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step, positions[worker], next_worker = step + 1, position, (worker + 1) % workers
            line = f"step {step} epoch {epoch} rank {rank} loss {loss:.6f} {' '.join(ids)}\n"
            print(line, end="", flush=True)  # one write, so that lines of ranks do not mix
            if args.checkpoint and (step % args.save_every == 0 or step == args.steps):
                states = {"model": bare.state_dict(), "optimizer": optimizer.state_dict()}
                here = [epoch, positions, next_worker, torch.get_rng_state()]
                save(args.checkpoint, here, rank, world, settings=settings, step=step, **states)
        if positions == [(None, 0)] * workers:
            raise SystemExit(f"rank {rank} of {world} gets no rows: there are too few")
        epoch, positions, next_worker = epoch + 1, [(None, 0)] * workers, 0


if __name__ == "__main__":
    main()

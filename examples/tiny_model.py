"""The model of train_streaming.py: tiny, but it does listen."""

import math

import torch
from torch import nn
from torch.nn.functional import cross_entropy, pad

RATE, MELS, LONGEST_TEXT, HIDDEN_BYTES, PAD = 16_000, 40, 384, 0.5, 0


def spectrum(wave):
    """Mean and deviation over time of the bands of the log-mel spectrum."""
    # Triangular filters of the 201 frequencies, their edges evenly spaced in mel.
    edges = 700 * (torch.logspace(0, math.log10(1 + RATE / 2 / 700), MELS + 2) - 1)
    hertz = torch.linspace(0, RATE / 2, 201).unsqueeze(1)
    up, down = (hertz - edges[:-2]) / edges.diff()[:-1], (edges[2:] - hertz) / edges.diff()[1:]
    windows = pad(wave, (200, 200)).unfold(0, 400, 160) * torch.hann_window(400)
    power = torch.fft.rfft(windows).abs().square() @ torch.minimum(up, down).clamp(min=0)
    mel = (power + 1e-6).log() / 2
    mean, deviation = mel.mean(0), mel.std(0, correction=0)
    return torch.cat([mean - mean.mean(), deviation])  # without the loudness


class TinyAudioLanguageModel(nn.Module):
    """A causal transformer over bytes, to each of which the spectrum of the audio is added."""

    def __init__(self, width=64):
        super().__init__()
        self.listen = nn.Sequential(nn.Linear(2 * MELS, width), nn.GELU(), nn.Linear(width, width))
        self.bytes, self.places = nn.Embedding(256, width), nn.Embedding(LONGEST_TEXT, width)
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2)
        self.dropout, self.answer = nn.Dropout(0.1), nn.Linear(width, 256)

    def forward(self, spectra, texts, answers):
        """The loss, mean cross-entropy of the answers' bytes in nats; which answers are right."""
        if self.training:  # else it learns rows by heart from their prompts and need not listen
            hidden = (torch.rand(texts.shape) < HIDDEN_BYTES) & (answers < 0)
            texts = texts.masked_fill(hidden, PAD)
        audio = self.listen(spectra).unsqueeze(1)
        tokens = self.bytes(texts) + self.places(torch.arange(texts.shape[1])) + 2 * audio
        mask = nn.Transformer.generate_square_subsequent_mask(texts.shape[1])
        logits = self.answer(self.layers(self.dropout(tokens), mask, is_causal=True))[:, :-1]
        wanted = answers[:, 1:]
        right = ((logits.argmax(-1) == wanted) | (wanted < 0)).all(1)
        return cross_entropy(logits.transpose(1, 2), wanted, ignore_index=-100), right

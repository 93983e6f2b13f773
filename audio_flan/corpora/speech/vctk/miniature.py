"""A miniature VCTK 0.92: nine speakers of two utterances, by one or two microphones.

Quirks in it: speakers without the second microphone, one of them without texts and one of unknown
accent; s5, who is British; an accent of two words; a region of two words, one that is absent; a log
between the speakers' folders.
"""

from __future__ import annotations

from audio_flan.miniatures.stage import Stage

SPEAKERS = {
    "p225": ("en_f1", 1.0, "23  F    English    Southern  England"),
    "p238": ("en_f3", 1.06, "22  F    NorthernIrish  Belfast"),
    "p246": ("en_m1", 1.06, "22  M    Scottish  Selkirk"),
    "p280": ("en_f2", 1.0, "25  F    Unknown  France  (mic2 files unavailable)"),
    "p285": ("en_m2", 1.06, "21  M    Scottish  Edinburgh"),
    "p294": ("en_f2", 1.06, "33  F    American  San  Francisco"),
    "p315": ("en_m2", 1.0, "18  M    American  New  England  (Text and mic2 files unavailable)"),
    "p335": ("en_f3", 1.0, "25  F    NewZealand  English"),
    "s5": ("en_f1", 1.06, "24  F    British "),
}
"""Voice of the bank, its speed, and line of speaker-info.txt of each speaker."""
SENTENCES = 2
WITHOUT_TEXTS = ("p315",)
WITHOUT_SECOND = ("p280", "p315")


def write(stage: Stage) -> None:
    """Lay out VCTK-Corpus-0.92."""
    lines = ["ID  AGE  GENDER  ACCENTS  REGION COMMENTS "]
    for speaker, (voice, speed, about) in SPEAKERS.items():
        lines.append(f"{speaker}  {about}")
        for said in stage.speech(voice)[:SENTENCES]:
            id = f"{speaker}_{said.sentence:03d}"
            wave = stage.wave(said, 48_000, speed)
            for microphone, level in (("mic1", 0.9), ("mic2", 1.0)):
                if microphone == "mic1" or speaker not in WITHOUT_SECOND:
                    name = f"wav48_silence_trimmed/{speaker}/{id}_{microphone}.flac"
                    stage.audio(name, level * wave, 48_000)
            if speaker not in WITHOUT_TEXTS:
                stage.text(f"txt/{speaker}/{id}.txt", f"{said.text}\n")
    stage.text("speaker-info.txt", "\n".join(lines) + "\n")
    stage.text("wav48_silence_trimmed/log.txt", "trimmed\n")

'''What tools/audit_answers.py stands on: corpora read a second time, answers rebuilt from them.

The file `<domain>/<key>.py` audits a corpus; it is found by its name, and there is no list to add
it to. `FOLDERS` names the corpus's folder, if that is not always the key. `facts(folder)` says of
each clip where its audio is and what the raw files say of it. Nothing comes from the package: that
the two agree is worth something because they were written apart. The smallest example:

    """Example: one man reads."""

    from __future__ import annotations

    from collections.abc import Iterator
    from pathlib import Path

    from audits.facts import Fact, sound, table

    FOLDERS = ("Example-1.0",)


    def facts(folder: Path) -> Iterator[Fact]:
        """metadata.csv: id|text."""
        for id, text in table(folder / "metadata.csv", "|"):
            audio = sound(folder, f"wavs/{id}.wav")
            yield Fact(id, audio, transcript=text, text=text, language="English", gender="male")

Ids are those of the dataset. An annotation that is None or absent is unknown, and no row may state
it. Where clips are stretches of long recordings, `facts` returns `Excerpts`, which cuts out a clip
when its id is asked for (speech/alimeeting.py). Where an audio is no plain file, a `Sound` says how
to read it (audio/wavcaps.py). A row that needs a corpus without a file is counted as not audited.
The rules of the tasks, in tasks/, ask for these annotations:

    transcript      what is said, as it is written
    text            the same as it is to be spoken: numbers spelled out if the publisher has that
    phones          of the utterance, with spaces between
    descriptions    all sentences that may describe the voice
    language, gender, age, emotion, accent, intent, phone_notation, scene, sound_kind,
    speech_presence, key        a label in the dataset's words
    event_labels, instruments   labels, sorted
    speaker, sentence, paragraph, meaning, piece
                    equal where clips share it; sentence: in one language, meaning: in all
    turns, events   (start, end, speaker or class), seconds, in any order
    voices, speakers, utterances
                    of a recorded mixture: the sounds of the voices, and who says what in each
    caption         a sentence on the sound
    lyrics          lines of a song
    pitch           of a single note, MIDI number
    notes           (onset, offset, MIDI number, whether two annotators agree)
    notes_of, stems notes (onset, offset, MIDI number) and sounds by instrument
    chords          (start, end, name), without gaps
    beats           seconds, ascending
    tempo           beats a minute
'''

"""ARFF tables: what is read with tolerance, and what is told."""

from __future__ import annotations

from pathlib import Path

from audio_flan.corpora.read.arff import read_arff
from audio_flan.corpora.read.folder import Folder


def test_arff_may_have_comments_blank_lines_carriage_returns_and_no_data_line(
    tmp_path: Path,
) -> None:
    lines = ["% a comment", "@relation x", "", "@attribute time numeric", "@Attribute 'a b' STRING"]
    for data in ([], ["@DATA"], ["@data", "", "% more"]):
        rows = ["1.5,'[a,b]'", "001, plain "]
        (tmp_path / "x.arff").write_bytes("\r\n".join(lines + data + rows).encode("utf-8-sig"))
        relation = read_arff(Folder("aam", str(tmp_path)), "x.arff", ("time",))
        assert relation.columns == ("time", "a b")
        assert [list(row.values) for row in relation.rows] == [["1.5", "[a,b]"], ["001", "plain"]]
        assert relation.rows[0].line == 6 + len(data)

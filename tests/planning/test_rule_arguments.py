"""What a rule of the workflow hands over is checked too: other data is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from carryover.cli import main


@pytest.mark.parametrize("text", ["null", "[]", "5", '"a"', "[{}]", "[5]", "{"])
@pytest.mark.parametrize(
    "command",
    [
        "generate {file} {folder}",
        "evaluate {folder}/run {file} {folder}/out --datasets {folder} --trained-on x",
        "train-run {file} {folder} {folder}/out --state {folder}/state --device cpu",
    ],
    ids=["generate", "evaluate", "train-run"],
)
def test_other_data_is_one_line(
    text: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "settings.json"
    file.write_text(text)
    with pytest.raises(SystemExit) as ended:
        main([part.format(file=file, folder=tmp_path) for part in command.split()])
    assert ended.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert [*tmp_path.iterdir()] == [file]

"""What a killed call has left is removed by the next, and what is in use stays."""

from pathlib import Path

from machineconfig_node import scratch


def test_what_a_killed_call_has_left_is_swept_and_what_is_in_use_is_not(disk: Path) -> None:
    run = disk / "run"
    (run / "units-left").mkdir(parents=True)
    (run / "units-left" / "a.service").write_text("contents")
    (run / "digests.json").touch()

    first, second = (scratch.folder(str(run), "units-") for _ in range(2))
    with first as used, second as used_too:
        assert {str(each) for each in run.iterdir()} == {used, used_too, f"{run}/digests.json"}

    assert [each.name for each in run.iterdir()] == ["digests.json"]

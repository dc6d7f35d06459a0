"""Where files are."""

from studio.paths import report_folder


def test_reports_on_different_runs_have_different_folders() -> None:
    assert report_folder(["a"]).name == "report-a"
    assert report_folder(["a", "b", "c"]).name == "report-a+b+c"


def test_the_folder_of_a_report_on_many_runs_has_a_short_name() -> None:
    many = [f"秋{number}" for number in range(100)]
    names = {report_folder(runs).name for runs in (many, many[:-1], ["秋" * 60], ["秋" * 59])}
    assert len(names) == 4
    assert max(len(name.encode()) for name in names) < 200

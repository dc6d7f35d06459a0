"""What leaves the training pane as files: the report of the runs shown, a picture of the charts."""

from textual.worker import get_current_worker

from studio.collection.picture import as_png, as_svg
from studio.errors import StudioError
from studio.files import write_atomically
from studio.paths import report_folder
from studio.translation import as_option, tr, tr_n
from studio.tui.pane import Pane
from studio.tui.training.curve_grid import CurveGrid
from studio.tui.training.folder_tasks import FolderTasks
from studio.tui.training.log_panel import LogPanel
from studio.tui.training.report_writer import write_report
from studio.tui.training.under_way import is_under_way
from studio.tui.training.watched import Watched


class RunFiles:
    """Writes the report and the picture. Both are made in threads."""

    def __init__(self, pane: Pane, watched: Watched) -> None:
        self._pane, self._watched = pane, watched
        self._tasks = FolderTasks(pane)

    def write_report(self) -> None:
        """Let a process of its own write the report of the runs whose curves are shown."""
        runs = [history.run for history in self._watched.histories()]
        if not runs:
            self._say(tr("There is no run to report on. Open one in the list of runs (r)."))
            return
        if is_under_way(self._pane, "report"):
            self._say(tr("A report is being written. Write the next one when it is complete."))
            return
        folder = self._pane.studio.export_folder / report_folder(runs)
        chosen = self._pane.studio.settings.report_language
        language = as_option() if chosen == "auto" else chosen

        def write() -> str:
            worker = get_current_worker()
            return write_report(runs, folder, language, lambda: worker.is_cancelled)

        self._say(
            tr_n(
                "Writing the report of {count:,} run takes a while.",
                "Writing the report of {count:,} runs takes a while.",
                len(runs),
            )
        )

        def wrote(path: str) -> None:
            self._say(tr("The report: {path}", path=path))

        self._tasks.run("report", runs[0], write, wrote)

    def save_picture(self) -> None:
        """Save the charts as they stand, as SVG and as PNG."""
        sheet = self._pane.query_one(CurveGrid).picture()
        histories = self._watched.histories()
        if sheet is None or not histories:
            self._say(tr("There are no curves to save."))
            return
        stem = f"charts-{histories[0].run}-step-{histories[0].step}"
        exports = self._pane.studio.export_folder

        def save() -> str:
            path, count = exports / f"{stem}.svg", 1
            while path.exists():
                count += 1
                path = exports / f"{stem}-{count}.svg"
            write_atomically(path, as_svg(sheet).encode())
            try:
                write_atomically(path.with_suffix(".png"), as_png(sheet))
            except StudioError as error:
                return tr("Saved {path}, but no PNG: {reason}", path=path, reason=error)
            return tr("Saved {path}, and the same as PNG.", path=path)

        self._tasks.run("picture", histories[0].run, save, self._say)

    def _say(self, text: str) -> None:
        self._pane.studio.show_notice(text)
        self._pane.query_one(LogPanel).add(text)

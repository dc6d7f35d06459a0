"""The progress of a run, the time left, and the figures of the last step."""

from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from studio.messages import TrainingStarted
from studio.model.config import RunConfig
from studio.runs.training_folder import TrainingProcess
from studio.translation import again, tr
from studio.tui.drawing.charts import shortened
from studio.tui.training.history import History
from studio.tui.training.text_panel import TextPanel
from studio.wording import compact, device_in_words, duration, figure, perplexities, printable

_MARKS = {"starting": ">", "training": ">", "paused": "=", "diverged": "!", "failed": "!"}


@dataclass(frozen=True, slots=True)
class Shown:
    """The run that the pane shows. `started` is None for a run opened from its folder.

    The last three are of such a run: whether another process trains it, which one if that is known,
    and how a process without a terminal failed.
    """

    history: History
    state: str
    config: RunConfig | None = None
    started: TrainingStarted | None = None
    total_steps: int = 0
    is_trained_elsewhere: bool = False
    process: TrainingProcess | None = None
    error: tuple[str, ...] = ()


class StatusPanel(TextPanel):
    """Three lines if there is room; a narrow pane has more."""

    COMPONENT_CLASSES = {  # noqa: RUF012
        "status--name",
        "status--label",
        "status--value",
        "status--done",
        "status--rest",
        "status--alarm",
    }

    def __init__(self, plain: bool = False) -> None:
        super().__init__(id="status")
        self._plain = plain
        self._shown: Shown | None = None
        self._hint = ""

    def show(self, shown: Shown | None, hint: str = "") -> None:
        """Show the progress of a run, and `hint` above it or in its place."""
        self._shown, self._hint = shown, hint
        self.update()

    def lines(self, width: int) -> list[Text]:
        if self._shown and not self._hint:
            return self._of_run(self._shown, width)
        hint = Text(printable(self._hint), self._style("label"))
        lines = list(hint.wrap(self.app.console, max(1, width)))
        return lines + self._of_run(self._shown, width) if self._shown else lines

    def _of_run(self, shown: Shown, width: int) -> list[Text]:
        narrow = width < 60
        lines = [self._headline(shown, width), self._progress(shown, width, narrow)]
        lines += self._flow(self._figures(shown), width)
        facts = self._flow(self._facts(shown), width)
        if len(facts) == 1 and lines[0].cell_len + 2 + facts[0].cell_len <= width:
            lines[0].append("  ")
            lines[0].append_text(facts[0])
        else:
            lines += facts
        if shown.history.ended and shown.history.ended.reason:
            reason = Text(printable(again(shown.history.ended.reason)), self._style("alarm"))
            lines += reason.wrap(self.app.console, max(1, width))
        for line in lines:
            line.truncate(width, overflow="ellipsis")
        return lines

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"status--{part}", partial=True)

    def _headline(self, shown: Shown, width: int) -> Text:
        line = Text(no_wrap=True, overflow="ellipsis", end="")
        alarm = shown.state in ("diverged", "failed")
        mark = _MARKS.get(shown.state, "-")
        line.append(f"{mark} {tr(shown.state)}  ", self._style("alarm" if alarm else "done"))
        line.append(
            shortened(printable(shown.history.run), width - line.cell_len), self._style("name")
        )
        return line

    def _progress(self, shown: Shown, width: int, narrow: bool) -> Text:
        history, total = shown.history, shown.total_steps
        share = min(1.0, history.step / total) if total else 0.0
        parts = [f"{share:.0%}"] if total else []
        if not narrow:
            steps = f"{history.step:,}" + (f"/{total:,}" if total else "")
            parts.append(tr("step {value}", value=steps))
            if shown.config:
                epochs = f"{history.epoch}/{shown.config.train.epochs}"
                parts.append(tr("epoch {value}", value=epochs))
        left = history.seconds_left(total) if shown.state == "training" and total else None
        if left is not None:
            parts.append(tr("{time} left", time=duration(left)))
        elif history.elapsed:
            parts.append(tr("took {time}", time=duration(history.elapsed[-1])))
        words = "  ".join(parts)
        if not total:
            return Text(words, self._style("value"), no_wrap=True, end="")
        room = max(4, width - cell_len(words) - 1)
        done = round(share * room)
        full, empty = ("#", "-") if self._plain else ("━", "━")
        bar = Text(no_wrap=True, end="")
        bar.append(full * done, self._style("done"))
        bar.append(empty * (room - done), self._style("rest"))
        bar.append(f" {words}", self._style("value"))
        return bar

    def _figures(self, shown: Shown) -> list[tuple[str, str]]:
        history = shown.history
        last = history.losses[-1] if history.losses else None
        best = history.best
        both = perplexities(best.perplexity_all, best.perplexity) if best else "-"
        figures = [
            (tr("loss"), figure(last)),
            (tr("best perplexity"), both),
            (tr("rate"), figure(history.rates[-1], 3) if history.rates else "-"),
            (tr("gradient"), figure(history.norms[-1], 3) if history.norms else "-"),
        ]
        if (speed := history.speed_now()) is not None:
            figures.append((tr("char/s"), compact(speed)))
        return figures

    def _facts(self, shown: Shown) -> list[tuple[str, str]]:
        facts: list[tuple[str, str]] = []
        if shown.config:
            facts += [("", f"{shown.config.recipe} {shown.config.model.cell}")]
        if started := shown.started:
            facts += [
                ("", tr("{count} parameters", count=compact(started.parameters))),
                (
                    "",
                    tr(
                        "{precision} on {device}",
                        precision=started.precision,
                        device=device_in_words(started.device),
                    ),
                ),
            ]
        if process := shown.process:
            where = tr("process {pid} on {host}", pid=process.pid, host=printable(process.host))
            facts.append((tr("trained by"), where))
            if process.device:
                facts.append(("", device_in_words(process.device)))
        return facts

    def _flow(self, pairs: list[tuple[str, str]], width: int) -> list[Text]:
        """Labels and values side by side, on as many lines as necessary."""
        lines: list[Text] = []
        for label, value in pairs:
            item = Text(end="")
            if label:
                item.append(f"{label} ", self._style("label"))
            item.append(value, self._style("value" if label else "label"))
            if lines and lines[-1].cell_len + 2 + item.cell_len <= width:
                lines[-1].append("  ")
                lines[-1].append_text(item)
            else:
                line = Text(no_wrap=True, overflow="ellipsis", end="")
                line.append_text(item)
                lines.append(line)
        return lines

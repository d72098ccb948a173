"""Commands: each a thin function over the package below. Errors end with their text, not with a traceback."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ..compiler.errors import BifrontError, EngineMissing
from . import check, claims, debug, mistakes

# What a command needs is imported by the command, so that the help is there at once.
if TYPE_CHECKING:
    from rich.progress import Progress

    from ..comparison import Comparison
    from ..compiler.ir import Graph

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)
out = Console()
err = Console(stderr=True)


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 graphs differ or an error, 2 wrong usage."""
    try:
        app()
    except BifrontError as error:
        # No wrapping: a path, or a line over its caret, is of use only as it is.
        err.print(f"bifront: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


@contextmanager
def _working(text: str) -> Iterator[Progress]:
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(),
        console=err, transient=True,
    ) as progress:  # fmt: skip
        progress.add_task(text)
        yield progress


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="a script, or a folder with a pair")],
    second: Annotated[Path | None, typer.Argument(help="the other script")] = None,
    json_: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="folder for the picture and the text IR")
    ] = Path(),
    html: Annotated[
        Path | None, typer.Option("--html", help="write one page that shows it all (.html)")
    ] = None,
) -> None:
    """Run the same program in two styles and tell what they have in common. Exit code 1 if the graphs differ."""
    from ..comparison import compare_scripts, find_pair
    from ..comparison.report import show as show_comparison
    from .page import check_target, write_page

    a, b = find_pair(first, second)
    if html is not None:
        check_target(html)
    with _working("starting") as progress:
        result = compare_scripts(
            a,
            b,
            lambda text: progress.update(progress.task_ids[0], description=text),
            detail=html is not None,
        )
    if json_:
        print(json.dumps(result.to_json(), indent=2, allow_nan=False))
    else:
        show_comparison(result, out)
        if html is None:
            _write_pictures(result, a, b, output)
    if html is not None:
        write_page(result, html, err if json_ else out)
    if not result.same_graph:
        raise typer.Exit(1)


def _write_pictures(result: Comparison, a: Path, b: Path, folder: Path) -> None:
    if result.graph is None:
        return
    name = a.resolve().parent.name if a.parent == b.parent else f"{a.stem}-{b.stem}"
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / f"{name}.bf"
    text.write_text(result.graph.to_text())
    against = result.other if not result.same_graph else None
    _draw(result.graph, folder / f"{name}.svg", against)
    out.print(f"text IR: {text}", highlight=False, soft_wrap=True)


def _draw(graph: Graph, target: Path, against: Graph | None = None, fused: bool = False) -> None:
    from ..compiler.pictures import render
    from ..insight.drawing import draw as draw_graph

    try:
        written = render(draw_graph(graph, against, fused=fused), target)
        out.print(f"picture: {written}", highlight=False, soft_wrap=True)
    except EngineMissing as missing:
        err.print(str(missing), style="yellow", markup=False, highlight=False, soft_wrap=True)


@app.command()
def draw(
    script: Annotated[Path, typer.Argument(help="a Python script, or a graph as text (.bf)")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="folder for the pictures")
    ] = Path(),
    fused: Annotated[
        bool, typer.Option("--fused", help="as the native backend runs them: in kernels")
    ] = False,
) -> None:
    """Draw the graphs that a script runs, or the graph of a .bf file."""
    from .files import read_graph

    if script.suffix != ".bf" and not script.is_file():
        raise BifrontError(f"there is no script {script}")
    output.mkdir(parents=True, exist_ok=True)
    if script.suffix == ".bf":
        _draw(read_graph(script), output / f"{script.stem}.svg", fused=fused)
        return
    graphs = _captured(script)
    for number, graph in enumerate(graphs):
        suffix = f"-{number + 1}" if len(graphs) > 1 else ""
        _draw(graph, output / f"{script.stem}{suffix}.svg", fused=fused)


def _captured(script: Path) -> list[Graph]:
    """The graphs that a script runs, each once; what it prints is printed."""
    from ..comparison.observing import capture_script

    with _working(f"running {script.name}"):
        runs, printed = capture_script(script)
    out.print(printed, end="", markup=False, highlight=False)
    graphs = {run.graph.fingerprint(): run.graph for run in runs if not run.initializes}
    if not graphs:
        raise BifrontError(
            f"{script} ran no graph",
            hint="look at a value (print it, or fetch it) or step an optimizer in it",
        )
    return list(graphs.values())


@app.command()
def explain(
    script: Annotated[Path, typer.Argument(help="a Python script, or a graph as text (.bf)")],
    rounding: Annotated[
        bool, typer.Option("--rounding", help="apply rules that change the last digits too")
    ] = False,
) -> None:
    """Tell what the compiler's passes make of the graphs that a script runs."""
    from ..compiler.ir.verify import verify
    from ..compiler.pipeline import explain as explain_graph
    from .files import read_graph

    if script.suffix != ".bf" and not script.is_file():
        raise BifrontError(f"there is no script {script}")
    graphs = [read_graph(script)] if script.suffix == ".bf" else _captured(script)
    for graph in graphs:
        verify(graph)
        text = str(explain_graph(graph, rounding))
        out.print(text, markup=False, highlight=False, soft_wrap=True)


@app.command()
def profile(
    script: Annotated[Path, typer.Argument(help="a Python script")],
    trace: Annotated[
        Path | None, typer.Option("--trace", help="write a trace for chrome://tracing (.json)")
    ] = None,
    flame: Annotated[
        Path | None, typer.Option("--flame", help="write a flame picture (.svg)")
    ] = None,
    rows: Annotated[int, typer.Option("--rows", help="of each table at most")] = 20,
    roofline: Annotated[
        bool, typer.Option(help="hold kernels against what the machine can do, measured once")
    ] = True,
) -> None:
    """Run a script and tell what its kernels, and its lines, took."""
    from ..comparison.observing import run_script
    from ..insight.profiling import profile as take_profile

    if not script.is_file():
        raise BifrontError(f"there is no script {script}")
    for path, suffix in ((trace, ".json"), (flame, ".svg")):
        if path is not None and path.suffix != suffix:
            raise BifrontError(
                f"{path.name!r} is no name for that", hint=f"end the name in {suffix}"
            )
    with take_profile(roofline=roofline) as found:
        run_script(script)
    if not found.measured:
        raise BifrontError(
            f"{script} ran no graph and evaluated no operation", hint="profile a script that does"
        )
    out.print(found.table(rows), markup=False, highlight=False, soft_wrap=True)
    if trace is not None:
        written = found.save(trace)
        out.print(f"trace: {written} (open it in ui.perfetto.dev)", highlight=False, soft_wrap=True)
    if flame is not None:
        out.print(f"flame picture: {found.flame(flame)}", highlight=False, soft_wrap=True)


@app.command()
def show(file: Annotated[Path, typer.Argument(help="a graph as text (.bf)")]) -> None:
    """Check the graph in a file and print it, with its fingerprint."""
    from ..compiler.ir.verify import verify
    from .files import read_graph

    graph = read_graph(file)
    verify(graph)
    out.print(graph.to_text(), markup=False, highlight=False, soft_wrap=True)
    out.print(
        f"{len(graph.inputs)} inputs, {len(graph.states)} states, {len(graph.nodes)} nodes, "
        f"{len(graph.outputs)} outputs; fingerprint {graph.fingerprint()}",
        highlight=False, soft_wrap=True,
    )  # fmt: skip


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="a graph as text (.bf)")],
    feed: Annotated[
        list[str] | None, typer.Option(help="NAME=FILE.npy, for each input and state")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="folder for the results as .npy")
    ] = None,
) -> None:
    """Run the graph in a file on arrays from .npy files and print what comes out."""
    from ..compiler.ir.verify import verify
    from ..runtime.executable import compile as compile_graph
    from .files import check_feeds, read_feeds, read_graph, write_outputs

    graph = read_graph(file)
    verify(graph)
    arrays = check_feeds(graph, read_feeds(feed or []))
    executable = compile_graph(graph)
    executable.check(*arrays)
    results = executable(*arrays)
    write_outputs(graph, results, output, out)


@app.command()
def ops() -> None:
    """Print the operator table as Markdown (docs/operators.md)."""
    from .operators import operator_table

    print(operator_table(), end="")


for command in (claims, mistakes, check, debug):
    command.register(app)

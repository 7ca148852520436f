"""``heartbeat run``: a program as it is, with a look into its reactor.

The program is run as ``python SCRIPT`` or ``python -m MODULE`` would run it, in this
process. What is different: as soon as it installs its reactor, whichever that is,
`heartbeat.graph.attach.installation.install` is called, before the program can have made a
timed call. Programs that this one starts are not touched.
"""

from __future__ import annotations

import functools
import importlib.util
import io
import pkgutil
import runpy
import sys
import types
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from heartbeat.graph.attach.installation import install

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

__all__ = ["USAGE", "Program", "main", "on_every_reactor", "parse"]

USAGE: Final = """\
Usage: heartbeat run [--track] [--web] SCRIPT [ARGUMENTS]
       heartbeat run [--track] [--web] -m MODULE [ARGUMENTS]

  Run a program as Python would, so that it can be looked into: `heartbeat ps`
  and SIGUSR2 work as soon as it has a reactor. For twistd:
  heartbeat run $(which twistd) -n ...

Options:
  --track     Note where each timed call is made, at a few microseconds a call.
  --web       Open the live page, and print its address.
  -h, --help  Show this message and exit.
"""

WRONG_USAGE: Final = 2


@attrs.frozen(kw_only=True)
class Program:
    """What to run.

    Attributes:
        name: The path of a script, folder or archive, or the name of a module.
        is_module: Which of both.
        arguments: For the program.
        track: Whether to note where calls are made.
        web: Whether to open the live page.
    """

    name: str
    is_module: bool = False
    arguments: tuple[str, ...] = ()
    track: bool = False
    web: bool = False


def main(arguments: Sequence[str]) -> None:
    """Run what the arguments say; ends as the program does.

    Raises:
        SystemExit: Usage, help, or the program has raised it.
    """
    program = parse(arguments)
    on_every_reactor(functools.partial(install, track=program.track, web=program.web))
    try:
        _run(program)
    except BaseException as error:
        _hide_ourselves(error)
        raise


def parse(arguments: Sequence[str]) -> Program:
    """What the arguments of the command say.

    Raises:
        SystemExit: They are wrong, or ask for help.
    """
    rest = list(arguments)
    wishes = {"--track": False, "--web": False}
    while rest and rest[0] in wishes:
        wishes[rest.pop(0)] = True
    if rest and rest[0] in {"-h", "--help"}:
        sys.stdout.write(USAGE)
        sys.exit()
    is_module = rest[:1] == ["-m"]
    rest = rest[is_module:]
    if not rest or (not is_module and rest[0].startswith("-")):
        wrong = f"no such option: {rest[0]}" if rest else "what is to be run?"
        sys.stderr.write(f"{USAGE}\nheartbeat run: {wrong}\n")
        sys.exit(WRONG_USAGE)
    return Program(
        name=rest[0],
        is_module=is_module,
        arguments=tuple(rest[1:]),
        track=wishes["--track"],
        web=wishes["--web"],
    )


def on_every_reactor(do: Callable[[Any], object]) -> None:
    """Call *do* with each reactor that is installed from now on, at once."""
    from twisted.internet import main as twisted_main  # noqa: PLC0415

    original: Callable[[Any], None] = twisted_main.installReactor

    @functools.wraps(original)
    def install_reactor(reactor: Any) -> None:
        original(reactor)
        do(reactor)

    twisted_main.installReactor = install_reactor


def _run(program: Program) -> None:
    sys.argv = [program.name, *program.arguments]
    if program.is_module:
        _run_module(program.name)
    elif pkgutil.get_importer(program.name) is not None:
        # A folder or an archive: it is put first by whoever runs it.
        del sys.path[: _is_first_ours()]
        runpy.run_path(program.name, run_name="__main__")
    else:
        _run_script(program.name)


def _run_module(name: str) -> None:
    sys.path[: _is_first_ours()] = [str(Path.cwd())] * _is_first_ours()
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError) as error:
        sys.exit(f"heartbeat run: {name}: {error}")
    if found is None:
        sys.exit(f"heartbeat run: No module named {name}")
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def _run_script(name: str) -> None:
    path = Path(name).absolute()
    try:
        with io.open_code(str(path)) as file:
            source = file.read()
    except OSError as error:
        sys.stderr.write(f"heartbeat run: can't open file {name!r}: {error.strerror}\n")
        sys.exit(WRONG_USAGE)
    sys.path[: _is_first_ours()] = [str(path.resolve().parent)] * _is_first_ours()
    # Not runpy: its module is forgotten as soon as the script has been read, and what
    # runs at exit would be in another one.
    module = types.ModuleType("__main__")
    module.__file__ = str(path)
    module.__loader__ = SourceFileLoader("__main__", str(path))
    sys.modules["__main__"] = module
    exec(compile(source, path, "exec", dont_inherit=True), vars(module))  # noqa: S102


def _is_first_ours() -> bool:
    """Whether Python has put the folder of a program first on ``sys.path``: of ours."""
    return not (sys.flags.isolated or getattr(sys.flags, "safe_path", False))


def _hide_ourselves(error: BaseException) -> None:
    """Let Python print the traceback as if it had run the program itself."""
    shown = sys.excepthook

    def hook(
        kind: type[BaseException],
        value: BaseException,
        traceback: TracebackType | None,
    ) -> None:
        if value is error:
            traceback = _beyond_ourselves(traceback)
            value.__traceback__ = traceback
        shown(kind, value, traceback)

    sys.excepthook = hook


def _beyond_ourselves(traceback: TracebackType | None) -> TracebackType | None:
    """The part that begins in the program."""
    while traceback is not None and not _is_ours(traceback):
        traceback = traceback.tb_next
    while traceback is not None and _is_ours(traceback):
        traceback = traceback.tb_next
    return traceback


def _is_ours(traceback: TracebackType) -> bool:
    return traceback.tb_frame.f_code.co_filename == __file__

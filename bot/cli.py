"""The commands: parse what was typed, call one thing, print; a problem is one line on stderr and status 2."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, timedelta
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, NoReturn, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bot import asking, calendars, chatting, checking, consenting, exporting, health, importing, inviting, logs, wiring
from bot.documents import tables
from bot.documents.calendar import calendar_file
from bot.inbox import utc_now
from bot.settings import BadSettings, Settings, load_settings
from bot.simulation import simulate as play
from db import areas
from db.engine import Database
from handlers.questions.lessons import taught
from handlers.rendering import ZONE, short_day
from handlers.summaries.handling import text_of
from handlers.summaries.week import gather, last_week, quarter
from handlers.turn import Turn, understand
from knowledge import answer_eval, check, log_eval
from knowledge.answering import Asker, Outcome
from knowledge.loader import KnowledgeError, load
from knowledge.local import as_yaml
from knowledge.log_sentence import parse
from knowledge.working_days import working_days

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Trợ lý của Tổ công nghệ số cộng đồng.",
)
kb = typer.Typer(no_args_is_help=True, help="Kiểm tra và tra cứu kho kiến thức.")
log = typer.Typer(no_args_is_help=True, help="Thử cách hiểu câu ghi sổ.")
db_commands = typer.Typer(no_args_is_help=True, help="Cơ sở dữ liệu.")
app.add_typer(kb, name="kb")
app.add_typer(log, name="log")
zalo = typer.Typer(no_args_is_help=True, help="Cấp quyền cho Zalo Official Account.")
app.add_typer(db_commands, name="db")
app.add_typer(zalo, name="zalo")

P = ParamSpec("P")
T = TypeVar("T")

_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Day = Annotated[str | None, typer.Option(metavar="YYYY-MM-DD")]
_out = Console(soft_wrap=True)


def main() -> None:
    """Run the command line."""
    try:
        sys.exit(app(standalone_mode=False))
    except typer.Abort:
        sys.exit(130)
    except typer.TyperException as error:  # an unknown command or option, a missing one, a value out of range
        typer.echo(f"Lệnh chưa đúng, xem `cnscd --help`. {error.format_message()}".strip(), err=True)
        sys.exit(2)


def fail(line: str) -> NoReturn:
    """Print one line on stderr and end with status 2."""
    typer.echo(line, err=True)
    raise typer.Exit(2)


def plainly(command: Callable[P, T]) -> Callable[P, T]:
    """Turn what a person can mend into one line and status 2."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except BadSettings as error:
            fail(f"Thiết lập sai: {error}")
        except wiring.CannotRun as error:
            fail(str(error))
        except KnowledgeError as error:
            fail(f"Kho kiến thức có {len(error.problems)} lỗi, xem bằng `cnscd kb check`. Lỗi đầu: {error.problems[0]}")
        except BrokenPipeError:
            sys.stderr.close()  # whoever read our output has gone; there is nothing left to say
            raise typer.Exit(0) from None

    return guarded


@app.command()
@plainly
def run() -> None:
    """Chạy trợ lý: mọi kênh đã đặt, nhắc hạn và bản tin."""
    settings = load_settings()
    logs.configure(settings.log_level)
    wiring.run(settings, Console(stderr=False, soft_wrap=True))


@app.command()
@plainly
def chat(
    as_role: Annotated[
        str | None, typer.Option("--as", help="citizen, member, leader, coordinator (bản trình diễn)")
    ] = None,
) -> None:
    """Nói chuyện với trợ lý ngay trong cửa sổ lệnh."""
    settings = load_settings()
    logs.configure("ERROR")
    chatting.converse(settings, as_role)


@app.command()
@plainly
def invite(
    role: Annotated[str, typer.Option(help="admin, coordinator, leader, member")],
    area: Annotated[str | None, typer.Option(help="Địa bàn: tên xã/phường")] = None,
    team: Annotated[str | None, typer.Option(help="Tên tổ")] = None,
) -> None:
    """In một mã mời dùng một lần; người được mời nhắn /start MÃ."""
    settings = load_settings()
    logs.configure("ERROR")
    with closing(wiring.open_database(settings)) as database:
        wiring.migrate(database)
        invitation = inviting.invite(database, role, area, team, utc_now())
    for note in invitation.notes:
        typer.echo(note, err=True)
    typer.echo(invitation.code)  # alone on stdout, so that a script can use it


@app.command()
@plainly
def ask(
    question: Annotated[list[str] | None, typer.Argument()] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Mỗi dòng vào một đối tượng JSON, mỗi dòng ra một đối tượng")
    ] = False,
    today: Day = None,
) -> None:
    """Trả lời câu hỏi, như trợ lý trả lời trong cuộc chat."""
    day = _day("--today", today) or _today()
    with _quiet_database() as (database, settings):
        brain = wiring.think(settings)
        asked = asking.Asking(brain, database, day)
        if jsonl:
            _jsonl(asked.answer_object)
            return
        if not question:
            fail('Chưa có câu hỏi: cnscd ask "quên mật khẩu vneid"')
        typer.echo(asked.answer_object({"id": None, "q": " ".join(question)})["text"])


@log.command("parse")
@plainly
def log_parse(
    sentence: Annotated[list[str] | None, typer.Argument()] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl")] = False,
    today: Day = None,
) -> None:
    """Xem một câu ghi sổ được hiểu thế nào; không lưu gì."""
    day = _day("--today", today) or _today()
    with _quiet_database() as (database, _):
        known = asking.villages(database)

        def read(given: dict[str, Any]) -> dict[str, Any]:
            text, villages = given.get("text"), given.get("villages", known)
            if not isinstance(text, str):
                raise ValueError('thiếu "text"')
            if not isinstance(villages, list) or not all(isinstance(name, str) for name in villages):
                raise ValueError('"villages" phải là danh sách tên')
            return {"id": given.get("id"), **parse(text, day, villages=villages).as_json()}

        if jsonl:
            _jsonl(read)
            return
        if not sentence:
            fail('Chưa có câu: cnscd log parse "hôm nay giúp 3 bà cài vneid"')
        _print_json(read({"text": " ".join(sentence)}), indent=2)


@app.command()
@plainly
def deadlines(
    from_: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD")] = None,
    to: Day = None,
    area: Annotated[str | None, typer.Option(help="Chỉ các hạn của địa bàn này")] = None,
    adopted: Annotated[bool, typer.Option("--adopted", help="Chỉ các hạn đã áp dụng")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    ics: Annotated[Path | None, typer.Option(help="Ghi thành tệp lịch .ics")] = None,
) -> None:
    """Lịch hạn báo cáo; mặc định từ hôm nay đến 90 ngày nữa."""
    start, end = _span(from_, to, default_days=90)
    with _database_if_any() as (database, _):
        try:
            found = calendars.entries(load(), working_days(), database, start, end, area=area, adopted=adopted)
        except calendars.UnknownPlace:
            fail(f"--area {area}: không có địa bàn hay kế hoạch nào tên này.")
    if ics is not None:
        _write_bytes(calendar_file([entry.as_day() for entry in found], utc_now()), ics)
        return
    if as_json:
        for entry in found:
            _print_json(entry.as_json())
        return
    table = Table("Hạn chót", "Nên nộp", "Kỳ", "Nơi", "Ai nộp", "Nộp cho")
    for entry in found:
        occurrence = entry.occurrence
        days = (short_day(occurrence.last_day), short_day(occurrence.advised_day))
        table.add_row(*days, occurrence.period, entry.place, entry.who, entry.to)
    Console().print(table if found else "Không có hạn nào trong khoảng này.")


@app.command()
@plainly
def simulate(
    from_: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD")],
    to: Annotated[str, typer.Option(metavar="YYYY-MM-DD")],
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Xem mọi tin mà bộ nhắc sẽ gửi trong một khoảng ngày, không gửi thật."""
    start, end = _span(from_, to, default_days=0)
    with _database_if_any() as (database, settings):
        brain = wiring.think(settings)
        source = database if database is not None and asking.has_people(database) else None
        for message in play(source, brain, start, end, today=_today()):
            if as_json:
                _print_json(message.as_json())
            else:
                local = message.at.astimezone(ZONE)
                typer.echo(f"── {local:%H:%M} {short_day(local.date())} → {message.recipient} ({message.reason})")
                typer.echo(f"{message.text}\n")


@app.command()
@plainly
def summary(
    area: Annotated[str | None, typer.Option(help="Địa bàn; mặc định tất cả")] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD")] = None,
    to: Day = None,
    format_: Annotated[str, typer.Option("--format", help="text")] = "text",
    out: Annotated[Path | None, typer.Option(help="Ghi vào tệp")] = None,
) -> None:
    """Bản tin tuần; mặc định của tuần trước."""
    start, end = _reported(from_, to, last_week(_today()))
    _summarise("Bản tin", area, start, end, format_, out)


@app.command()
@plainly
def report(
    area: Annotated[str | None, typer.Option(help="Địa bàn; mặc định tất cả")] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD")] = None,
    to: Day = None,
    format_: Annotated[str, typer.Option("--format", help="text")] = "text",
    out: Annotated[Path | None, typer.Option(help="Ghi vào tệp")] = None,
) -> None:
    """Số liệu cho báo cáo kỳ; mặc định từ đầu quý này đến hôm nay."""
    start, end = _reported(from_, to, quarter(_today()))
    _summarise("Số liệu báo cáo", area, start, end, format_, out)


@app.command("import")
@plainly
def import_(
    file: Annotated[list[Path] | None, typer.Argument(help="Tệp CSV hoặc XLSX")] = None,
    table: Annotated[str | None, typer.Option(help=f"Tệp là bảng nào: {', '.join(importing.TABLES)}")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Chỉ kiểm tra, không ghi")] = False,
    example: Annotated[Path | None, typer.Option(help="Ghi các tệp mẫu vào thư mục này")] = None,
) -> None:
    """Nhập danh sách địa bàn, tổ, thành viên; có dòng sai thì không nhập gì."""
    if example is not None:
        for name, rows in importing.EXAMPLES.items():
            _write_bytes(tables.write(rows, importing.TABLES[name], "csv"), example / f"{name}.csv")
        return
    if not file:
        fail("Chưa có tệp: cnscd import danh-sach.csv")
    if table is not None and table not in importing.TABLES:
        fail(f"--table {table}: phải là một trong {', '.join(importing.TABLES)}.")
    settings = load_settings()
    logs.configure("ERROR")
    try:
        sheets = [sheet for path in file for sheet in tables.read(path)]
        with closing(wiring.open_database(settings)) as database:
            wiring.migrate(database)
            report = importing.take_in(
                database, sheets, utc_now(), table=table, dry_run=dry_run, progress=_with_progress
            )
    except tables.UnreadableTable as error:
        fail(str(error))
    except importing.BadRows as error:
        for problem in error.problems:
            typer.echo(problem, err=True)
        fail(f"Chưa nhập gì: {len(error.problems)} chỗ cần sửa.")
    for note in report.notes:
        typer.echo(note, err=True)
    for name, tally in report.tallies.items():
        said = f"thêm {tally.added}, đổi {tally.changed}, giữ nguyên {tally.same}"
        typer.echo(f"{importing.NAMES[name].capitalize()}: {said}{' (chạy thử, chưa ghi)' if dry_run else ''}.")


@app.command()
@plainly
def export(
    table: Annotated[str, typer.Argument(help=f"Bảng: log (nhật ký hỗ trợ), {', '.join(importing.TABLES)}")] = "log",
    area: Annotated[str | None, typer.Option(help="Nhật ký của địa bàn; mặc định tất cả")] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD")] = None,
    to: Day = None,
    format_: Annotated[str, typer.Option("--format", help="csv, xlsx")] = "csv",
    out: Annotated[Path | None, typer.Option(help="Ghi vào tệp")] = None,
) -> None:
    """Xuất nhật ký hỗ trợ (mặc định của quý này), hoặc danh sách theo dạng mà `import` nhận."""
    if table not in ("log", *importing.TABLES):
        fail(f"{table}: phải là một trong log, {', '.join(importing.TABLES)}.")
    if table != "log" and (area or from_ or to):
        fail("--area, --from, --to chỉ dùng cho nhật ký: cnscd export --area …")
    _check_format(format_, out)
    start, end = _reported(from_, to, quarter(_today()))
    with _database() as (database, _), database.reading() as session:
        if table == "log":
            area_id = None if area is None else _area(session, area).id
            sessions = exporting.log_rows(session, area_id, start, end, load().topics)
            content = tables.write(sessions, exporting.LOG_COLUMNS, format_)
        else:
            content = tables.write(exporting.rows(session, table, utc_now()), exporting.header(table), format_)
    _write_bytes(content, out)


@app.command()
@plainly
def invitations(
    area: Annotated[str | None, typer.Option(help="Địa bàn; mặc định tất cả")] = None,
    format_: Annotated[str, typer.Option("--format", help="csv, xlsx")] = "csv",
    out: Annotated[Path | None, typer.Option(help="Ghi vào tệp")] = None,
) -> None:
    """Làm mã vào cho mọi thành viên chưa có tài khoản; mã chỉ hiện một lần này."""
    _check_format(format_, out)
    with _database() as (database, _):
        with database.reading() as session:
            chosen = None if area is None else _area(session, area).id
        made = exporting.invitations(database, utc_now(), chosen)
    _write_bytes(tables.write(made, exporting.INVITATION_COLUMNS, format_), out)
    typer.echo(f"Đã làm {len(made)} mã, mỗi mã dùng một lần; mã cũ của những người này hết dùng được.", err=True)


@kb.command("check")
@plainly
def kb_check() -> None:
    """Kiểm tra kho kiến thức và các kế hoạch; có lỗi thì trạng thái 1."""
    try:
        load()
    except KnowledgeError as error:
        problems = error.problems
    else:
        problems = checking.problems(wiring.think(load_settings()), _today())
    for problem in problems:
        typer.echo(problem)
    if problems:
        typer.echo(f"{len(problems)} chỗ cần sửa.", err=True)
        raise typer.Exit(1)
    typer.echo("Kho kiến thức không có lỗi.")


@kb.command("search")
@plainly
def kb_search(
    query: Annotated[list[str], typer.Argument()], limit: Annotated[int, typer.Option(min=1, max=50)] = 8
) -> None:
    """Xem một câu hỏi gần những mục nào, với điểm."""
    with _quiet_database() as (database, settings):
        answerer = asking.learned(wiring.think(settings).answerer, database)
        for hit in answerer.search(" ".join(query), limit, asking.all_areas(database)):
            typer.echo(f"{hit.score:.3f}  {hit.id}  {answerer.label(hit.id)}")


@kb.command("export")
@plainly
def kb_export(
    area: Annotated[str | None, typer.Option(help="Địa bàn; mặc định tất cả")] = None,
    out: Annotated[Path | None, typer.Option(help="Ghi vào tệp")] = None,
) -> None:
    """Xuất câu trả lời riêng và cách hỏi đã dạy, theo dạng của kho kiến thức."""
    with _database() as (database, _), database.reading() as session:
        chosen = None if area is None else _area(session, area).id
        items = [item for item in taught(session) if chosen is None or item.area_id == chosen]
    _write(as_yaml(items, {topic.id: topic.title for topic in load().topics.values()}), out)


@kb.command("stats")
@plainly
def kb_stats() -> None:
    """Kho kiến thức có bao nhiêu mục."""
    for line in check.stats(load()):
        typer.echo(line)


@kb.command("eval")
@plainly
def kb_eval(
    sets: Annotated[list[Path], typer.Argument(exists=True)] = [Path("tests/questions/heldout")],  # noqa: B006
    worst: Annotated[int, typer.Option(min=0, help="Số câu sai in ra")] = 20,
) -> None:
    """Đo mức trả lời đúng trên bộ câu hỏi; dưới ngưỡng thì trạng thái 1."""
    answerer = wiring.think(load_settings()).answerer
    results = [(path, answer_eval.evaluate(answerer, answer_eval.load_cases(path))) for path in sets]
    for path, result in results:
        typer.echo("\n".join([str(path), *result.lines(worst)]))
    if not all(result.passes for _, result in results):
        raise typer.Exit(1)


@log.command("eval")
@plainly
def log_eval_command(
    sets: Annotated[
        list[Path] | None,
        typer.Argument(help="Tệp, thư mục, hay phần đầu tên các tệp; mặc định tests/sentences/heldout"),
    ] = None,
    worst: Annotated[
        int | None, typer.Option(min=0, help="Số câu sai in ra; mặc định không in câu nào của bộ heldout")
    ] = None,
) -> None:
    """Đo mức hiểu câu ghi sổ; dưới ngưỡng thì trạng thái 1."""
    passes = True
    for named in sets or [Path("tests/sentences/heldout")]:
        files = log_eval.sentence_files(named)
        if not files:
            fail(f"{named}: không có bộ câu nào.")
        result = log_eval.score(files)
        passes = passes and result.passes
        shown = worst if worst is not None else 0 if "heldout" in named.name else 20
        typer.echo("\n".join([", ".join(map(str, files)), *result.lines(shown)]))
    taken = _questions_taken_for_logs()
    if taken is not None:
        typer.echo(f"câu hỏi bị hiểu là câu ghi sổ: {taken:.2%}")
        passes = passes and taken <= log_eval.FALSE_BAR
    if not passes:
        raise typer.Exit(1)


def _questions_taken_for_logs() -> float | None:
    """Return the share of the project's test questions that the chat takes for log sentences; None without them."""
    if not checking.QUESTIONS.is_dir():
        return None
    answerer = wiring.think(load_settings()).answerer
    questions = log_eval.as_typed(
        case.q for folder in sorted(checking.QUESTIONS.iterdir()) for case in answer_eval.load_cases(folder)
    )
    today = _today()
    return log_eval.taken_for_logs(
        questions, lambda text: understand(text, answerer, Asker(), today, ()).decision.outcome is Outcome.LOG
    )


@db_commands.command("upgrade")
@plainly
def db_upgrade() -> None:
    """Đưa cơ sở dữ liệu lên phiên bản của chương trình."""
    settings = load_settings()
    logs.configure("ERROR")
    with closing(wiring.open_database(settings)) as database:
        before, now = wiring.migrate(database)
    typer.echo(f"Cơ sở dữ liệu ở phiên bản {now}." if before == now else f"Đã nâng từ {before or 'trống'} lên {now}.")


@zalo.command("consent-url")
@plainly
def zalo_consent_url(
    redirect: Annotated[str | None, typer.Option(help="Địa chỉ callback đã khai ở developers.zalo.me")] = None,
) -> None:
    """In đường dẫn để người quản trị Official Account mở và đồng ý."""
    typer.echo(consenting.url(load_settings(), redirect))


@zalo.command("code")
@plainly
def zalo_code(code: Annotated[str | None, typer.Argument(help="Mã sau chữ code= trên thanh địa chỉ")] = None) -> None:
    """Đổi mã nhận được sau khi đồng ý lấy quyền gửi tin; mã chỉ dùng một lần, trong 10 phút."""
    given = code if code is not None else typer.prompt("Mã (code)", hide_input=True, err=True)
    settings = load_settings()
    logs.configure("ERROR")
    with closing(wiring.open_database(settings)) as database:
        wiring.migrate(database)
        until = consenting.take(settings, database, given)
    typer.echo(f"Đã được cấp quyền. Mã hiện tại dùng đến {until.astimezone(ZONE):%H:%M %d/%m}, sau đó tự đổi.")


@app.command()
@plainly
def doctor(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Kiểm tra sức khoẻ; có chỗ hỏng thì trạng thái 1."""
    findings = health.examine(load_settings())
    if as_json:
        _print_json([finding.__dict__ for finding in findings])
    else:
        for finding in findings:
            typer.echo(f"{'✓' if finding.ok else '✗'} {finding.name}: {finding.says}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@contextmanager
def _quiet_database() -> Iterator[tuple[Database | None, Settings]]:
    """Give the configured database if it exists and is up to date, else None; makes nothing."""
    settings = load_settings()
    logs.configure("ERROR")
    with closing(wiring.open_database(settings, create_folder=False)) as database:
        exists = database.path is None or database.path.exists()
        yield (database if exists and wiring.is_usable(database) else None), settings


@contextmanager
def _database_if_any() -> Iterator[tuple[Database | None, Settings]]:
    """Give the configured database, None if there is none yet; one that is there must be up to date."""
    settings = load_settings()
    logs.configure("ERROR")
    with closing(wiring.open_database(settings, create_folder=False)) as database:
        if database.path is not None and not database.path.exists():
            yield None, settings
        else:
            wiring.require_current(database)
            yield database, settings


@contextmanager
def _database() -> Iterator[tuple[Database, Settings]]:
    """Give the configured database; it must exist and be up to date."""
    settings = load_settings()
    logs.configure("ERROR")
    with closing(wiring.open_database(settings, create_folder=False)) as database:
        if database.path is not None and not database.path.exists():
            fail("Chưa có dữ liệu: chạy `cnscd run` (hoặc `cnscd db upgrade`) trước.")
        wiring.require_current(database)
        yield database, settings


def _jsonl(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Answer each line of stdin; a bad line gets its error in its place, and status 2 at the end."""
    bad = False
    for number, line in enumerate(_lines(), start=1):
        given: Any = None
        try:
            given = json.loads(line.decode("utf-8"))
            if not isinstance(given, dict):
                raise ValueError("phải là một đối tượng JSON")
            _print_json(answer(given))
        except (ValueError, RecursionError) as error:
            bad = True
            unreadable = isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError)
            said = "không phải JSON (UTF-8)" if unreadable else str(error)
            ident = given.get("id") if isinstance(given, dict) else None
            _print_json({"id": ident, "error": f"dòng {number}: {said}"})
    if bad:
        raise typer.Exit(2)


def _lines() -> Iterator[bytes]:
    """Yield the lines of stdin that hold anything."""
    for line in sys.stdin.buffer:
        if line.strip():
            yield line


def _reported(from_: str | None, to: str | None, usual: tuple[date, date]) -> tuple[date, date]:
    """Return the first and last day that were asked for, where none was the usual ones."""
    start, end = _day("--from", from_) or usual[0], _day("--to", to) or usual[1]
    if end < start:
        fail("--to không được trước --from.")
    return start, end


def _summarise(title: str, area: str | None, start: date, end: date, format_: str, out: Path | None) -> None:
    """Write the figures of a span of days."""
    if format_ != "text":
        fail(f"--format {format_}: bản này chỉ có text.")
    with _database() as (database, settings):
        brain = wiring.think(settings)
        with database.reading() as session:
            turn = Turn(session, utc_now(), brain.answerer, brain.calendar, brain.rules)
            chosen = _area(session, area) if area is not None else None
            text = text_of(gather(turn, chosen, start, end), turn, title)
    _write(text, out)


def _write(text: str, out: Path | None) -> None:
    """Print a text, or write it to a file."""
    if out is None:
        typer.echo(text)
        return
    try:
        out.write_text(f"{text.rstrip()}\n", encoding="utf-8")
    except OSError as error:
        fail(f"{out}: không ghi được ({error.strerror}).")


def _print_json(value: Any, indent: int | None = None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    # Half a surrogate pair comes back as it came, as its escape.
    typer.echo(text.encode("utf-8", "backslashreplace").decode())


def _check_format(format_: str, out: Path | None) -> None:
    if format_ not in tables.FORMATS:
        fail(f"--format {format_}: phải là một trong {', '.join(tables.FORMATS)}.")
    if format_ == "xlsx" and out is None:
        fail("--format xlsx cần --out TỆP.")


def _write_bytes(content: bytes, out: Path | None) -> None:
    """Write a file, or to stdout where none is named."""
    if out is None:
        typer.echo(content.decode("utf-8-sig"), nl=False)
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(content)
    except OSError as error:
        fail(f"{out}: không ghi được ({error.strerror}).")


def _with_progress(rows: Sequence[tables.Row], name: str) -> Iterable[tables.Row]:
    """Show how far a long table has come, where somebody is looking."""
    shown = Console(stderr=True)
    return track(rows, description=name, console=shown, transient=True, disable=not shown.is_terminal)


def _area(session: Any, name: str) -> areas.AreaInfo:
    """Return an area by id or name; a name need not have marks."""
    found = inviting.find_area(areas.areas(session), name)
    if found is None:
        known = ", ".join(area.name for area in areas.areas(session)) or "chưa có địa bàn nào"
        fail(f"--area {name}: không có địa bàn này (đang có: {known}).")
    return found


def _day(option: str, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        # By pattern first: fromisoformat alone would also take 20261214 and 2026-W51-1.
        day = date.fromisoformat(value) if _ISO_DAY.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None or not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        fail(f"{option} {value}: ngày phải viết dạng YYYY-MM-DD, năm {_FIRST_YEAR}-{_LAST_YEAR}, ví dụ 2026-12-14.")
    return day


def _span(start: str | None, end: str | None, *, default_days: int) -> tuple[date, date]:
    first = _day("--from", start) or _today()
    last = _day("--to", end) or first + timedelta(days=default_days)
    if last < first:
        fail("--to không được trước --from.")
    return first, last


def _today() -> date:
    return utc_now().astimezone(ZONE).date()

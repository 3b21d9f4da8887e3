"""press refresh against sources that work, and against each way in which one can be broken. All are on loopback."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import json
import re
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from conftest import ROOT, amend, field
from press.cli import main
from press.cli.refresh import run
from press.errors import DataError, PressError, SourceError
from press.package import Package
from press.refresh.fetch import Patience
from press.refresh.sources import Source, load_sources
from press.validate import validate

DAY = date(2026, 12, 5)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Answer = Callable[["Handler"], None]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        answers = self.server.answers  # type: ignore[attr-defined]
        answer = answers[self.path.partition("?")[0]]
        (answer.pop(0) if isinstance(answer, list) and len(answer) > 1 else answer[0])(self)

    def log_message(self, *args: Any) -> None:
        pass


class Web:
    """A server on loopback: ``answers[path]`` are given one after the other, the last again and again."""

    def __init__(self) -> None:
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.answers, self.server.asked = {}, []  # type: ignore[attr-defined]
        self.asked: list[str] = self.server.asked  # type: ignore[attr-defined]
        self.closing = threading.Event()
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def give(self, path: str, *answers: Answer) -> str:
        self.server.answers[path] = list(answers)  # type: ignore[attr-defined]
        return self.url(path)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setenv("NO_PROXY", "*")
    found = Web()
    yield found
    found.closing.set()
    found.server.shutdown()
    found.server.server_close()


def sends(content: bytes, kind: str = XLSX, status: int = 200, **headers: str) -> Answer:
    def answer(handler: Handler) -> None:
        handler.send_response(status)
        for name, text in {"Content_Type": kind, "Content_Length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), text)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def unannounced(block: bytes, times: int) -> Answer:
    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(times):
                handler.wfile.write(block)
        except OSError:
            pass  # who asked has had enough

    return answer


# The monthly workbook as the World Bank lays it out: banner, day, header in row 5, units in row 6, a month a row.

COLUMN = "Potassium chloride **"
MONTHS = {"2026M04": 401.25, "2026M05": 405, "2026M06": 402.5}


def workbook(
    months: dict[str, Any] | None = None,
    *,
    sheet: str = "Monthly Prices",
    column: str = COLUMN,
    unit: str = "($/mt)",
    updated: str = "Updated on December 02, 2026",
) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "AFOSHEET"
    prices = book.create_sheet(sheet)
    prices.append(["World Bank Commodity Price Data (The Pink Sheet)"])
    prices.append(["monthly prices in nominal US dollars, 1960 to present"])
    prices.append(["(monthly series are available only in nominal US dollar terms)"])
    prices.append([updated])
    prices.append([None, "Crude oil, average", "Urea ", column, "Beef **"])
    prices.append([None, "($/bbl)", "($/mt)", unit, "($/kg)"])
    for month, price in (months or MONTHS).items():
        prices.append([month, 70.1, 410, price, "…"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def bomb() -> bytes:
    """A workbook of 30 MB that is 30 kB in its archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\x00" * 30_000_000)
    return file.getvalue()


HENS = """id,period,value,unit,qualifier,status,source_id,locator,known_from
H001,2026-04,401.25,eggs,exact,reported,farm_2026_06,,2026-05-31
H002,2026-05,405,eggs,exact,reported,farm_2026_06,,2026-06-02
"""


@pytest.fixture
def farm(tiny: Path) -> Path:
    """The small book, with eggs by month that an outside source publishes."""
    amend(tiny)
    path = tiny / "data/datapackage.json"
    descriptor = json.loads(path.read_text("utf-8"))
    hens = next(resource for resource in descriptor["resources"] if resource["name"] == "hens")
    hens["schema"]["fields"].insert(-1, field("locator"))
    path.write_text(json.dumps(descriptor), "utf-8")
    (tiny / "data/hens.csv").write_text(HENS, "utf-8")
    sources = tiny / "data/sources.csv"
    text = sources.read_text("utf-8") + "farm_2026_06,The farm,Eggs,2026-06-02,,primary\n"
    sources.write_text(text, "utf-8")
    return tiny


def eggs(url: str, **changed: Any) -> Source:
    settings = {
        "sheet": "Monthly Prices",
        "column": COLUMN,
        "unit": "($/mt)",
        "decimals": 2,
        "first": "2020-01",
        "fields": {"unit": "eggs", "qualifier": "exact", "status": "reported"},
    }
    register = {"id": "farm_{published:%Y_%m}", "publisher": "The farm", "title": "Eggs", "reliability": "primary"}
    told = {
        "name": "eggs",
        "title": "The farm's workbook",
        "url": url,
        "format": "xlsx",
        "most_bytes": 1_000_000,
        "loader": "thaw.sources.world_bank:monthly_prices",
        "table": "hens",
        "ids": "H{:03}",
        "key": ["period"],
        "series": "^farm_",
        "plausible": [0, 1000],
        "known_basis": "published",
        "register": register,
        "settings": settings,
    }
    return Source(**told | changed)


def snapshot(root: Path) -> dict[str, str]:
    files = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def refresh(root: Path, *sources: Source, accept: bool = False, **patience: Any) -> None:
    patient = Patience(**{"wait": lambda seconds: pytest.fail("nobody asked to wait"), **patience})
    run(root, list(sources), DAY, accept_revisions=accept, patience=patient)


def test_new_months_are_written_with_their_source_and_day(
    farm: Path, web: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    content = workbook()
    refresh(farm, eggs(web.give("/eggs.xlsx", sends(content))))
    text = (farm / "data/hens.csv").read_text("utf-8")
    assert text == HENS + (
        'H003,2026-06,402.5,eggs,exact,reported,farm_2026_12,"sheet Monthly Prices, column Potassium chloride **, '
        'row 2026M06",2026-12-02\n'
    )
    assert (farm / "data/sources.csv").read_text("utf-8").endswith("farm_2026_12,The farm,Eggs,,,primary\n")
    out = capsys.readouterr().out
    assert "eggs: 1 new, 0 revised, 2 as before" in out and "+ hens H003: 2026-06 402.5 eggs" in out
    (raw,) = (farm / "raw/eggs/2026-12-05").glob("*-eggs.xlsx")
    receipt = json.loads(raw.with_name(raw.name + ".receipt.json").read_text("utf-8"))
    assert raw.read_bytes() == content and receipt["sha256"] == hashlib.sha256(content).hexdigest()
    assert receipt["fetched"] == "2026-12-05" and receipt["bytes"] == len(content)
    assert validate(farm) == []


def test_a_second_run_changes_nothing(farm: Path, web: Web) -> None:
    source = eggs(web.give("/eggs.xlsx", sends(workbook())))
    refresh(farm, source)
    before = snapshot(farm)
    refresh(farm, source)
    assert snapshot(farm) == before


def test_a_changed_value_is_a_revision_once_it_is_accepted(
    farm: Path, web: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    source = eggs(web.give("/eggs.xlsx", sends(workbook({"2026M04": 401.25, "2026M05": 405.75}))))
    before = snapshot(farm)
    with pytest.raises(SourceError, match="found 1 accepted value that the publisher changed") as error:
        refresh(farm, source)
    assert snapshot(farm) == before and "--accept-revisions" in str(error.value)
    assert "~ hens H002, value: 405 -> 405.75" in capsys.readouterr().out
    refresh(farm, source, accept=True)
    assert (farm / "data/hens.csv").read_text("utf-8") == HENS  # the accepted value stays where it was
    assert "REV001,hens,H002,value,405,405.75," in (farm / "data/revisions.csv").read_text("utf-8")
    package = Package(farm)
    assert [package.rows("hens", day)[1]["value"] for day in ("2026-12-01", "2026-12-02")] == ["405", "405.75"]
    assert validate(farm) == []
    refresh(farm, source)  # and is not found again


def test_a_corrected_value_is_no_revision_until_the_publisher_changes_it(farm: Path, web: Web) -> None:
    amend(farm, "COR001,hens,H002,value,405,406,A slip.,farm,2026-07-01\n")
    known = {"2026M04": 401.25, "2026M05": 405}
    refresh(farm, eggs(web.give("/eggs.xlsx", sends(workbook(known)))))
    before = snapshot(farm)
    with pytest.raises(DataError, match=r"COR001.*must be looked at again"):
        refresh(farm, eggs(web.give("/eggs.xlsx", sends(workbook(known | {"2026M05": 406})))), accept=True)
    assert snapshot(farm) == before


def hangs(web: Web) -> Answer:
    return lambda handler: web.closing.wait() and None


def cut(handler: Handler) -> None:
    sends(workbook(), Content_Length="900000")(handler)


#: A name for the report, what the server does (or the address), what is told.
BROKEN: list[tuple[str, Callable[[Web], Answer | str], str]] = [
    ("404", lambda web: sends(b"gone", "text/plain", 404), "found status 404 Not Found, expected 200; has the address"),
    (
        "a web page for a workbook",
        lambda web: sends(b"<!DOCTYPE html><html><head><title>We are sorry</title></head></html>"),
        "found a web page ('We are sorry'), expected a workbook (xlsx)",
    ),
    ("another format", lambda web: sends(b"a,b\n1,2\n"), "found b'a,b\\n1,2\\n' at the start, expected a workbook"),
    (
        "a moved column",
        lambda web: sends(workbook(column="Potassium chloride")),
        "sheet 'Monthly Prices': found no column 'Potassium chloride **' in the first 12 rows, but 'Potassium chloride'"
        "; expected it",
    ),
    (
        "another unit",
        lambda web: sends(workbook(unit="(EUR/mt)")),
        "column Potassium chloride **: found the unit '(EUR/mt)', expected '($/mt)'",
    ),
    (
        "a missing sheet",
        lambda web: sends(workbook(sheet="Prices")),
        "found the sheets AFOSHEET, Prices; expected 'Monthly Prices'",
    ),
    ("no day", lambda web: sends(workbook(updated="")), "found no line 'Updated on', expected the day of the edition"),
    (
        "a day to come",
        lambda web: sends(workbook(updated="Updated on January 05, 2027")),
        "found an edition of 2027-01-05, which is still to come",
    ),
    ("a truncated download", lambda web: cut, "that broke off, expected the whole file"),
    ("a cut-off file", lambda web: sends(workbook()[:-900]), "found a damaged or cut-off archive, expected a workbook"),
    ("an empty answer", lambda web: sends(b""), "found an empty answer, expected a file"),
    (
        "a zip bomb",
        lambda web: sends(bomb()),
        "found a workbook that unpacks to 30,000,000 bytes, expected at most 20,000,000",
    ),
    (
        "a gzip bomb",
        lambda web: sends(gzip.compress(b"\x00" * 5_000_000), Content_Encoding="gzip"),
        "found more than 1,000,000 bytes, expected at most that",
    ),
    ("too much, announced", lambda web: sends(b"x" * 1_500_000), "found 1,500,000 bytes announced, expected at most"),
    ("too much, without end", lambda web: unannounced(b"x" * 65536, 10_000), "found more than 1,000,000 bytes"),
    (
        "a redirect in a circle",
        lambda web: sends(b"", status=302, Location="/eggs.xlsx"),
        "found a redirect that comes to no end",
    ),
    (
        "a redirect to another host",
        lambda web: sends(b"", status=302, Location="https://example.org/eggs.xlsx"),
        "found a redirect to example.org, expected to stay on 127.0.0.1",
    ),
    ("no https", lambda web: "http://example.org/eggs.xlsx", "found the address http://example.org, expected https"),
    ("a file address", lambda web: "file:///etc/passwd", "found the address file://, expected https"),
    ("no network", lambda web: f"http://127.0.0.1:{free_port()}/", "; is there a network?"),
    ("no answer in time", hangs, "found no answer from 127.0.0.1"),
    (
        "a value out of range",
        lambda web: sends(workbook({"2026M06": 99999})),
        "found the value 99999 for 2026-06, expected 0 to 1,000",
    ),
    (
        "a text for a price",
        lambda web: sends(workbook({"2026M06": "n.a."})),
        "sheet 'Monthly Prices', row 7: found 'n.a.', expected a price",
    ),
    ("no rows", lambda web: sends(workbook({"2026M06": "…"})), "found no rows, expected some"),
]


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.mark.parametrize(("make", "told"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_source_is_told_and_changes_nothing(
    farm: Path, web: Web, make: Callable[[Web], Answer | str], told: str
) -> None:
    answer = make(web)
    url = answer if isinstance(answer, str) else web.give("/eggs.xlsx", answer)
    before = snapshot(farm)
    with pytest.raises(SourceError) as error:
        refresh(farm, eggs(url), accept=True, retries=0, read=0.3)
    message = str(error.value)
    assert message.startswith("eggs (The farm's workbook): ") and told in message
    assert message.endswith("\nnothing was written") and error.value.exit_code == 6
    assert snapshot(farm) == before


def test_a_busy_source_is_asked_again_when_it_says(farm: Path, web: Web) -> None:
    waits: list[float] = []
    busy = sends(b"", status=429, Retry_After="7")
    refresh(farm, eggs(web.give("/eggs.xlsx", busy, busy, sends(workbook()))), wait=waits.append)
    assert waits == [7, 7] and len(web.asked) == 3
    assert "H003" in (farm / "data/hens.csv").read_text("utf-8")


@pytest.mark.parametrize(
    ("answer", "waits", "told"),
    [
        (sends(b"", status=429, Retry_After="7"), [7, 7, 7], "found status 429 Too Many Requests again and again"),
        (sends(b"", status=429, Retry_After="86400"), [], "it asks to come back in 86400 s, expected a file within"),
        (sends(b"", status=503), [2, 4], "found status 503 Service Unavailable again and again"),
    ],
)
def test_a_source_that_stays_busy_is_left_alone(
    farm: Path, web: Web, answer: Answer, waits: list[float], told: str
) -> None:
    before, waited = snapshot(farm), list[float]()
    with pytest.raises(SourceError, match=re.escape(told)):
        refresh(farm, eggs(web.give("/eggs.xlsx", answer)), wait=waited.append)
    assert waited == waits and snapshot(farm) == before


def test_a_download_without_end_is_left_in_time(farm: Path, web: Web) -> None:
    with pytest.raises(SourceError, match="and no end in the time that there is"):
        refresh(farm, eggs(web.give("/eggs.xlsx", unannounced(b"x", 10))), whole=0)


def test_a_named_host_may_be_redirected_to(farm: Path, web: Web) -> None:
    away = sends(b"", status=302, Location=web.give("/new.xlsx", sends(workbook())).replace("127.0.0.1", "localhost"))
    refresh(farm, eggs(web.give("/eggs.xlsx", away), hosts=["localhost"]))
    assert "H003" in (farm / "data/hens.csv").read_text("utf-8")


def test_one_failure_of_two_leaves_both_untouched(farm: Path, web: Web) -> None:
    before = snapshot(farm)
    good = eggs(web.give("/eggs.xlsx", sends(workbook())))
    bad = eggs(web.give("/gone.xlsx", sends(b"", status=404)), name="gone")
    with pytest.raises(SourceError, match=r"gone .*found status 404"):
        refresh(farm, good, bad)
    assert snapshot(farm) == before


def test_a_write_that_fails_half_way_is_taken_back(farm: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    before, replace, moved = snapshot(farm), Path.replace, list[Path]()

    def fails(self: Path, target: Path) -> Path:
        moved.append(target)
        if len(moved) == 2:
            raise OSError(28, "No space left on device", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(DataError, match="No space left on device"):
        refresh(farm, eggs(web.give("/eggs.xlsx", sends(workbook()))))
    assert len(moved) == 3 and snapshot(farm) == before  # one in place, one that failed, the first put back


def test_what_does_not_fit_the_data_is_not_written(farm: Path, web: Web) -> None:
    source = eggs(web.give("/eggs.xlsx", sends(workbook())))
    source.settings["fields"]["unit"] = "ducks"
    before = snapshot(farm)
    with pytest.raises(DataError, match="row 4, field unit: found 'ducks', expected one of eggs"):
        refresh(farm, source)
    assert snapshot(farm) == before


DESCRIBED = """
[eggs]
title = "The farm's workbook"
url = "URL"
format = "xlsx"
most_bytes = 1_000_000
loader = "thaw.sources.world_bank:monthly_prices"
table = "hens"
ids = "H{:03}"
key = ["period"]
series = "^farm_"
plausible = [0, 1000]
known_basis = "published"
register = { id = "farm_{published:%Y_%m}", publisher = "The farm", title = "Eggs", reliability = "primary" }
[eggs.settings]
sheet = "Monthly Prices"
column = "Potassium chloride **"
unit = "($/mt)"
decimals = 2
first = "2020-01"
fields = { unit = "eggs", qualifier = "exact", status = "reported" }
"""


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        (("", ""), 6, "eggs (The farm's workbook): found status 404"),
        (("format", "fromat"), 3, "refresh.toml, [eggs]: found 'fromat', which no source has; did you mean 'format'?"),
        (('table = "hens"\n', ""), 3, "refresh.toml, [eggs]: found no 'table', expected it"),
        (('"xlsx"', '"xls"'), 3, "refresh.toml, [eggs], format: found 'xls', expected one of csv, json, xlsx"),
        (("[eggs]", "[eggs"), 3, "refresh.toml: cannot be read"),
    ],
)
def test_the_command_line_gives_one_message_and_a_code(
    farm: Path, web: Web, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str], code: int, told: str
) -> None:
    monkeypatch.chdir(farm)
    text = DESCRIBED.replace("URL", web.give("/eggs.xlsx", sends(b"", status=404)))
    Path("refresh.toml").write_text(text.replace(*change, 1), "utf-8")
    result = CliRunner().invoke(main, ["refresh"])
    assert result.exit_code == code and told in result.output and "Traceback" not in result.output


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"loader": "thaw.sources.world_bank:prices"}, "expected 'module:function'"),
        ({"settings": {"sheet": "Monthly Prices"}}, "found no setting 'column', which the loader needs"),
    ],
)
def test_a_description_that_its_loader_cannot_use(farm: Path, web: Web, changed: dict[str, Any], told: str) -> None:
    with pytest.raises(PressError, match=told):
        refresh(farm, eggs(web.give("/eggs.xlsx", sends(workbook())), **changed))


def test_without_a_description_there_is_nothing_to_do(farm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(farm)
    result = CliRunner().invoke(main, ["refresh"])
    assert result.exit_code == 3 and "refresh.toml: found no source" in result.output


# The sources of this book, each in its own layout


def sdn(*entries: tuple[str, str], others: int = 1000) -> bytes:
    """The list as OFAC sends it: no header, twelve columns, "-0- " for nothing, an end-of-file mark."""
    nothing = '"-0- "'
    lines = [
        f'{number},"NAME {number}","{kind}","{program}",' + ",".join([nothing] * 7) + ',"DOB 01 Jan 1960."'
        for number, (kind, program) in enumerate([*entries, *[("-0- ", "SDGT")] * others], 36)
    ]
    return ("\r\n".join(lines) + "\r\n\x1a").encode()


LISTED = [("individual", "BELARUS"), ("individual", "SDGT] [BELARUS-EO14038"), ("-0- ", "BELARUS-EO14038")]
LISTED += [("aircraft", "BELARUS-EO14038"), ("individual", "RUSSIA-EO14024")]

MCS = "MCS chapter,Section,Commodity,Country,Statistics,Statistics_detail,Unit,Year,Value,Notes,Is critical mineral"
MCS += " 2025,Other notes\n"


def summaries(*rows: tuple[str, str, str], chapter: str = "POTASH", unit: str = "thousand metric tons") -> bytes:
    """The table of all commodities as the survey sends it: Windows-1252, a row for each figure."""
    section = "World Mine Production and Reserves"
    text = MCS + f"COPPER,{section},Copper,Côte d’Ivoire,Production,Mine production,{unit},2024,1,,Yes,\n"
    for country, year, value in rows:
        detail = "Mine production: rounded" if country == "World total" else "Mine production"
        text += f'{chapter},{section},Potash,{country},Production,{detail},{unit},{year},"{value}",,Yes,\n'
    text += f'{chapter},{section},Potash,Canada,Reserves,Reserves,{unit},2025_estimated,"1,100,000",,Yes,\n'
    text += (
        f"{chapter},Salient Statistics—United States,Potash,United States,Production,Mine production,{unit},2021,W,,,\n"
    )
    return text.encode("cp1252")


def trade(**changed: Any) -> dict[str, Any]:
    """One row as UN Comtrade sends it."""
    return {
        **{
            "typeCode": "C",
            "freqCode": "A",
            "refPeriodId": 20250101,
            "refYear": 2025,
            "refMonth": 52,
            "period": "2025",
        },
        **{"reporterCode": 76, "reporterISO": "BRA", "reporterDesc": "Brazil", "flowCode": "M", "flowDesc": "Import"},
        **{"partnerCode": 112, "partnerISO": "BLR", "partnerDesc": "Belarus", "partner2Code": 0, "cmdCode": "310420"},
        **{"qty": 1.5e9, "netWgt": 1500000000.0, "isNetWgtEstimated": False, "cifvalue": 450000000.0},
        **{"primaryValue": 450000000.0, "isReported": True, "isAggregate": False},
    } | changed


def answered(*rows: dict[str, Any]) -> bytes:
    return json.dumps({"elapsedTime": "0.1 secs", "count": len(rows), "data": rows, "error": ""}).encode()


def load(name: str, content: bytes) -> list[dict[str, str]]:
    source = load_sources(ROOT)[name]
    return source.load_function()(content, source.settings, DAY).rows


def test_entries_are_counted_by_program() -> None:
    counts = {row["metric"]: row["value"] for row in load("sdn-list", sdn(*LISTED))}
    expected = {"total": "4", "individuals": "2", "entities": "1", "aircraft_and_other": "1", "tagged_eo14038": "3"}
    assert counts == expected


def test_mine_production_is_read_by_country_and_year() -> None:
    rows = load("usgs-potash", summaries(("Belarus", "2025_estimated", "6,000"), ("World total", "2024", "46,700")))
    assert [(r["country"], r["period"], r["value"], r["status"]) for r in rows] == [
        ("Belarus", "2025", "6000", "estimate"),
        ("World", "2024", "46700", "reported"),
    ]


def test_trade_is_read_by_partner() -> None:
    rows = load("comtrade", answered(trade(), trade(partnerCode=4), trade(partnerCode=0, isNetWgtEstimated=True)))
    assert [(r["origin"], r["measure"], r["value"], r["unit"], r["status"]) for r in rows] == [
        ("Belarus", "volume", "1500", "kt product", "reported"),
        ("Belarus", "value", "450", "USD million", "reported"),
        ("World", "volume", "1500", "kt product", "estimate"),
        ("World", "value", "450", "USD million", "reported"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("sdn-list", sdn(*LISTED, others=10), "found 15 entries on the whole list, expected 1,000 at least"),
        ("sdn-list", sdn(), "found no entry of a programme 'BELARUS' among 1 programmes"),
        ("sdn-list", sdn(*LISTED)[:-50], "expected 12 columns that start with a number"),
        ("sdn-list", b"ent_num,name\n1,a\n", "line 1: found 2 columns that start with 'ent_num', expected 12 columns"),
        ("usgs-potash", summaries(chapter="POTASSIUM"), "found 2 chapters, none of them 'POTASH'"),
        ("usgs-potash", summaries().replace(b"Country,", b"Nation,"), "expected a column 'Country'"),
        (
            "usgs-potash",
            summaries(("Belarus", "2024", "5"), unit="metric tons"),
            "line 3: found the unit 'metric tons', expected 'thousand metric tons'",
        ),
        ("usgs-potash", summaries(("Belarus", "2024", "many")), "line 3: found 'many' for '2024', expected a number"),
        ("comtrade", answered(trade())[:-30], "found JSON that is cut off or broken"),
        ("comtrade", b'{"statusCode": 403, "message": "Out of call volume quota"}', "'Out of call volume quota'"),
        ("comtrade", answered(*[trade()] * 500), "found 500 rows, the most that is sent at once"),
        ("comtrade", answered(trade(cmdCode="310430")), "found the commodity 310430 and flow M, expected 310420 and M"),
        ("comtrade", answered({"period": "2025"}), "row 1 of data: found no 'reporterCode', expected it"),
        ("comtrade", answered(trade(netWgt="much")), "found 'much' for the volume, expected a number"),
    ],
)
def test_what_a_source_of_this_book_may_not_send(name: str, content: bytes, told: str) -> None:
    with pytest.raises(SourceError, match=re.escape(told)):
        load(name, content)


@pytest.fixture
def book(tmp_path: Path, web: Web) -> Path:
    """The data of this book, and its sources on loopback: what they published before, and something new."""
    import shutil

    shutil.copytree(ROOT / "data", tmp_path / "data")
    package = Package(ROOT)
    published = [row for row in package.published("potash_prices") if row["series"] == "current_definition"]
    prices = {row["period"]: float(row["value"]) for row in published}
    prices = {month: value for month, value in prices.items() if month >= "2020"} | {"2026-07": 404.125}
    mined = [row for row in package.published("potash_production") if row["source_id"] == "usgs_mcs2026"]
    contents = {
        "pink-sheet": workbook({month.replace("-", "M"): value for month, value in prices.items()}),
        "sdn-list": sdn(*LISTED),
        "usgs-potash": summaries(*[(row["country"], row["period"], row["value"]) for row in mined]),
        "comtrade": answered(trade()),
    }
    text = (ROOT / "refresh.toml").read_text("utf-8")
    for name, source in load_sources(ROOT).items():
        assert source.url.startswith("https://")
        kind = {"csv": "text/csv", "json": "application/json", "xlsx": XLSX}[source.format]
        text = text.replace(f'url = "{source.url}"', f'url = "{web.give(f"/{name}", sends(contents[name], kind))}"', 1)
    (tmp_path / "refresh.toml").write_text(text, "utf-8")
    return tmp_path


def test_the_sources_of_this_book_fit_its_data(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refresh(book, *load_sources(book).values())
    out = capsys.readouterr().out
    assert "pink-sheet: 1 new, 0 revised" in out and "sdn-list: 5 new, 0 revised, 0 as before" in out
    assert "usgs-potash: 0 new, 0 revised, 28 as before" in out and "comtrade: 2 new, 0 revised" in out
    package = Package(book)
    price, listed, traded = (package.rows(t)[-1] for t in ("potash_prices", "sanctions_listings", "potash_imports"))
    assert (price["id"], price["period"], price["known_from"]) == ("PPM0839", "2026-07", "2026-12-02")
    assert price["source_id"] == "wb_pink_2026_12" and listed["source_id"] == "ofac_sdn_20261205"
    assert (traded["id"], traded["measure"], traded["known_basis"]) == ("PIC002", "value", "undated")
    new = set(package.sources.index) - set(Package(ROOT).sources.index)
    assert new == {"wb_pink_2026_12", "ofac_sdn_20261205", "comtrade_310420_20261205"}


def test_the_scheduled_run_has_a_job_for_each_source() -> None:
    import yaml

    workflow = yaml.safe_load((ROOT / ".github/workflows/refresh.yml").read_text("utf-8"))
    assert workflow["jobs"]["refresh"]["strategy"]["matrix"]["source"] == list(load_sources(ROOT))
    assert workflow["permissions"] == {}

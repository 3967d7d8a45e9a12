#!/usr/bin/env python3
"""Writes the tables of this folder: tests/batch/tables/make.py

Needs LibreOffice Calc (`soffice`), and openpyxl 3.1.5, XlsxWriter 3.3.1 and msoffcrypto-tool 6.1.0 from PyPI. README.md says
what each file is. Tests need none of these: the files are committed.
"""

import csv
import datetime
import io
import pathlib
import shutil
import subprocess
import tempfile
import zipfile

import msoffcrypto.format.ooxml
import openpyxl
import xlsxwriter

HERE = pathlib.Path(__file__).parent
HEADER = ["channel", "key", "case", "contact", "timeline", "from", "to", "text", "closed", "title"]


def sms(key, text, closed, title):
    return ["sms", key, 2219, 751069, 2108, "+12513188609", "+919666929552", text, closed, title]


PEOPLE = [
    HEADER,
    sms("ann", "Grüße, Frau Müller – 5 € für Sie", True, "007"),
    sms("bob", 'Er sagte: "Ja"; 1,5 Tage', False, None),
    sms("eve", "Zeile 1\nZeile 2", True, "x"),
    [None] * len(HEADER),
    sms("zoë", "Straße 5, Café Noël", False, "y"),
]


def text_of(cell):
    if cell is None:
        return ""
    return str(cell).upper() if isinstance(cell, bool) else str(cell)


def table(delimiter, newline, quoting=csv.QUOTE_MINIMAL, rows=PEOPLE):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=newline, quoting=quoting)
    writer.writerows([text_of(cell) for cell in row] for row in rows)
    return out.getvalue()


def write(name, text, encoding="utf-8", mark=b""):
    (HERE / name).write_bytes(mark + text.encode(encoding))


def soffice(source, target, form):
    with tempfile.TemporaryDirectory() as folder:
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = ["soffice", profile, "--headless", "--convert-to", form, "--outdir", f"{folder}/out", str(source)]
        subprocess.run(command, check=True, capture_output=True)
        (made,) = pathlib.Path(folder, "out").iterdir()
        shutil.copyfile(made, HERE / target)


def texts():
    crlf, excel = "\r\n", table(";", "\r\n")
    write("excel-german.csv", excel, "cp1252")
    write("excel-utf-8.csv", table(",", crlf), mark=b"\xef\xbb\xbf")
    write("excel-unicode-text.txt", table("\t", crlf), "utf-16-le", b"\xff\xfe")
    write("excel-sep.csv", "sep=;\r\n" + excel, "cp1252")
    write("excel-short-rows.csv", excel_short_rows(), "cp1252")
    write("mac-line-ends.csv", table(";", "\r", csv.QUOTE_ALL), "cp1252")
    write("mac-roman.csv", table(";", "\r", csv.QUOTE_ALL).replace("–", "-"), "mac-roman")
    write("google-sheets.csv", table(",", crlf).removesuffix(crlf))
    write("utf-16-be.csv", table(";", crlf), "utf-16-be", b"\xfe\xff")
    write("utf-16-le-without-mark.csv", table(",", "\n"), "utf-16-le")
    write("all-quoted.csv", table(",", "\n", csv.QUOTE_ALL))
    empty = [row + [None, None] for row in PEOPLE] + [[None] * (len(HEADER) + 2)] * 3
    write("trailing-columns-and-rows.csv", table(";", crlf, rows=empty) + crlf)
    russian = [row[:7] + ["Здравствуйте, Анна" if row[0] == "sms" else row[7]] + row[8:] for row in PEOPLE]
    russian = [[cell if cell != "zoë" else "zoe" for cell in row] for row in russian]
    write("windows-1251.csv", table(";", crlf, rows=russian), "cp1251")
    mixed = table(";", crlf).encode().replace("Straße".encode(), "Straße".encode("cp1252"))
    (HERE / "mixed.csv").write_bytes(mixed)


def excel_short_rows():
    """Excel leaves the delimiters at the end out where sixteen rows have nothing in the last columns."""
    rows = PEOPLE + [sms(f"n{number}", "Hallo", None, None) for number in range(7, 41)]
    lines = table(";", "\r\n", rows=PEOPLE)
    for number, row in enumerate(rows[6:], start=7):
        width = len(HEADER) if number <= 16 else len(HEADER) - 2
        lines += ";".join(text_of(cell) for cell in row[:width]) + "\r\n"
    return lines


def workbooks():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Kunden"
    for row in PEOPLE:
        sheet.append(row)
    book.save(HERE / "openpyxl.xlsx")

    book = xlsxwriter.Workbook(HERE / "inline-strings.xlsx", {"constant_memory": True, "in_memory": False})
    book.set_properties({"created": datetime.datetime(2026, 1, 1)})
    sheet = book.add_worksheet("Kunden")
    for number, row in enumerate(PEOPLE):
        for column, cell in enumerate(row):
            if cell is not None:
                sheet.write(number, column, cell)
    book.close()

    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["nothing", "of a message"])
    hidden = book.create_sheet("Old")
    hidden.sheet_state = "hidden"
    for row in PEOPLE[:2]:
        hidden.append(row)
    sheet = book.create_sheet("Kunden 2026")
    for row in PEOPLE:
        sheet.append(row)
    sheet.auto_filter.ref = "A1:J6"
    sheet.row_dimensions[3].hidden = True
    sheet.row_dimensions[4].hidden = True
    book.save(HERE / "sheets.xlsx")

    values()
    soffice(HERE / "openpyxl.xlsx", "libreoffice.xlsx", "xlsx:Calc MS Excel 2007 XML")
    soffice(HERE / "openpyxl.xlsx", "libreoffice.csv", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false")
    soffice(HERE / "openpyxl.xlsx", "libreoffice-semicolons.csv", "csv:Text - txt - csv (StarCalc):59,34,1,1,,0,true,true,true,false")
    soffice(HERE / "openpyxl.xlsx", "libreoffice-utf-16.csv", "csv:Text - txt - csv (StarCalc):9,34,65535,1,,0,false,true,true,false")
    soffice(HERE / "values.xlsx", "values-libreoffice.xlsx", "xlsx:Calc MS Excel 2007 XML")
    soffice(HERE / "values.xlsx", "values-libreoffice.csv", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false")
    soffice(HERE / "openpyxl.xlsx", "refused.ods", "ods")
    soffice(HERE / "openpyxl.xlsx", "refused.xls", "xls:MS Excel 97")
    soffice(HERE / "openpyxl.xlsx", "refused-html.xls", "html:HTML (StarCalc)")
    with (HERE / "openpyxl.xlsx").open("rb") as plain, (HERE / "refused-password.xlsx").open("wb") as encrypted:
        msoffcrypto.format.ooxml.OOXMLFile(plain).encrypt("secret", encrypted)
    with zipfile.ZipFile(HERE / "refused-numbers.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Index/Document.iwa", b"\0")
    whole = (HERE / "openpyxl.xlsx").read_bytes()
    (HERE / "refused-cut-off.xlsx").write_bytes(whole[: len(whole) // 2])
    bomb()


def values():
    """Each kind of value as the text of a chat message. The values of formulas are kept, as Excel keeps them."""
    book = xlsxwriter.Workbook(HERE / "values.xlsx")
    book.set_properties({"created": datetime.datetime(2026, 1, 1)})
    sheet = book.add_worksheet()
    form = lambda code: book.add_format({"num_format": code})
    day, time = datetime.date(2026, 7, 1), datetime.datetime(2026, 7, 1, 9, 30)
    rows = [
        lambda at: sheet.write_number(*at, 5),
        lambda at: sheet.write_number(*at, 19.9),
        lambda at: sheet.write_formula(*at, "=0.1+0.2", None, 0.30000000000000004),
        lambda at: sheet.write_number(*at, 4915112345678, form("0")),
        lambda at: sheet.write_number(*at, 1234, form("00000")),
        lambda at: sheet.write_number(*at, 19.9, form("0.00")),
        lambda at: sheet.write_number(*at, 4.9151123456789e20),
        lambda at: sheet.write_datetime(*at, day, form("yyyy-mm-dd")),
        lambda at: sheet.write_datetime(*at, time, form("yyyy-mm-dd hh:mm:ss")),
        lambda at: sheet.write_datetime(*at, datetime.time(9, 30), form("hh:mm:ss")),
        lambda at: sheet.write_datetime(*at, datetime.timedelta(hours=49.5), form("[hh]:mm:ss")),
        lambda at: sheet.write_boolean(*at, True),
        lambda at: sheet.write_formula(*at, '=IF(TRUE,"Ann","Bob")', None, "Ann"),
        lambda at: sheet.write_formula(*at, "=NA()", None, "#N/A"),
        lambda at: sheet.write_formula(*at, "=1/0", None, "#DIV/0!"),
        lambda at: sheet.write_string(*at, "0044 7911 123456"),
        lambda at: sheet.write_string(*at, "=1+1"),
        lambda at: sheet.write_rich_string(*at, "Hello ", book.add_format({"bold": True}), "Ann", "!"),
        lambda at: sheet.write_string(*at, "a_x000D_b <&> \U0001F600"),
    ]
    sheet.write_row(0, 0, ["channel", "case", "text"])
    for number, put in enumerate(rows, start=1):
        sheet.write_row(number, 0, ["chat", 28])
        put((number, 2))
    # Not below the table: only a format.
    sheet.write_blank(40, 5, None, form("0.00"))
    book.close()


def bomb():
    """A text that is small as it is packed."""
    with zipfile.ZipFile(HERE / "openpyxl.xlsx") as whole, zipfile.ZipFile(
        HERE / "refused-bomb.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=9
    ) as archive:
        for name in whole.namelist():
            content = whole.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"<sheetData>", b"<sheetData><row r='1'><c t='inlineStr'><is><t>" + b" " * (8 << 20) + b"</t></is></c></row>")
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    texts()
    workbooks()

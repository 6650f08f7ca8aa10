"""A small but valid PDF of an invoice."""

from sandbox.numbers import Json


def invoice_pdf(invoice: Json) -> bytes:
    """One page with number, customer, total and balance."""
    rows = [
        f"Invoice {invoice.get('DocNumber', '')}",
        str(invoice["CustomerRef"].get("name", "")),
        f"Date {invoice['TxnDate']}   Due {invoice['DueDate']}",
        f"Total {invoice['TotalAmt']} {invoice['CurrencyRef']['value']}   Balance due {invoice['Balance']}",
    ]
    drawn = "".join(f"({_escaped(row)}) Tj 0 -18 Td\n" for row in rows)
    content = f"BT /F1 12 Tf 72 720 Td\n{drawn}ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    return _assembled(objects)


def _assembled(objects: list[bytes]) -> bytes:
    written = b"%PDF-1.4\n"
    offsets: list[int] = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(written))
    return written + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (count, table, trailer)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")

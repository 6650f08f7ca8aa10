"""Notes and files: made, tied to records, uploaded in several parts, and fetched by a link."""

import base64
import json

import pytest
import requests

FILE = b"%PDF-1.4\r\n\x00\x01 two\r\n\r\nparagraphs"


def upload(app, metadata=None, content=FILE, **headers):
    """As node-quickbooks and Intuit's own SDKs send it: file_metadata_01 and file_content_01."""
    files = {"file_content_01": ("plan.pdf", content, "application/pdf", headers)}
    if metadata is not None:
        files["file_metadata_01"] = (None, json.dumps(metadata), "application/json")
    wanted = {"Authorization": f"Bearer {app.access_token}", "Accept": "application/json"}
    return app.session.post(f"{app.base}/upload", files=files, headers=wanted, timeout=20)


def uploaded(app, metadata=None, **more):
    answer = upload(app, metadata, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()["AttachableResponse"][0]["Attachable"]


@pytest.mark.behaviour(
    "Other transactions", "A note is made, read, changed, found by its tag and deleted as an Attachable.", "reported"
)
def test_a_note_is_made_read_changed_and_deleted(app):
    note = app.post("/attachable", {"Note": "Leave the key", "Tag": "door"})["Attachable"]
    changed = app.post("/attachable", {**note, "Note": "Take the key"}, operation="update")["Attachable"]
    assert (changed["Note"], changed["SyncToken"], changed["Tag"]) == ("Take the key", "1", "door")
    assert app.query("select * from Attachable where Tag = 'door'")["Attachable"] == [changed]
    gone = app.post("/attachable", changed, operation="delete")["Attachable"]
    assert gone["status"] == "Deleted"
    assert app.query("select * from Attachable") == {}


@pytest.mark.behaviour("Other transactions", "An Attachable is tied to records; to nothing, it is refused.", "assumed")
def test_a_note_is_tied_to_a_record(app):
    invoice = app.invoice()
    ref = {"EntityRef": {"type": "invoice", "value": invoice["Id"]}, "IncludeOnSend": True}
    note = app.post("/attachable", {"Note": "thanks", "AttachableRef": [ref]})["Attachable"]
    assert note["AttachableRef"] == [{"EntityRef": {"value": invoice["Id"], "type": "Invoice"}, "IncludeOnSend": True}]
    ref = {"EntityRef": {"type": "Invoice", "value": "99"}}
    assert app.refused("/attachable", {"Note": "x", "AttachableRef": [ref]})["code"] == "2500"


@pytest.mark.behaviour(
    "Queries", "Attachables are found by what they are tied to: AttachableRef.EntityRef.Type and .value.", "assumed"
)
def test_notes_are_found_by_what_they_are_tied_to(app):
    one, other = app.invoice(), app.invoice()
    for invoice in (one, other):
        ref = {"EntityRef": {"type": "Invoice", "value": invoice["Id"]}}
        app.post("/attachable", {"Note": f"for {invoice['Id']}", "AttachableRef": [ref]})
    tied = f"AttachableRef.EntityRef.Type = 'invoice' and AttachableRef.EntityRef.value = '{other['Id']}'"
    found = app.query(f"select * from Attachable where {tied}")["Attachable"]
    assert [note["Note"] for note in found] == [f"for {other['Id']}"]
    assert not [name for name in found[0] if "." in name]


@pytest.mark.behaviour("Change data capture", "Attachables and their deletions are captured.", "assumed")
def test_changes_of_notes_are_captured(app):
    since = app.books.clock.now().isoformat()
    app.books.clock.advance(60)
    kept, gone = (app.post("/attachable", {"Note": note})["Attachable"] for note in ("kept", "gone"))
    app.post("/attachable", gone, operation="delete")
    found = app.get("/cdc", entities="Attachable", changedSince=since)["CDCResponse"][0]["QueryResponse"][0]
    assert [(one["Id"], one.get("status")) for one in found["Attachable"]] == [
        (kept["Id"], None),
        (gone["Id"], "Deleted"),
    ]


@pytest.mark.behaviour(
    "Other transactions", "An upload keeps the file byte for byte and answers an AttachableResponse.", "reported"
)
def test_an_uploaded_file_comes_back_byte_for_byte(app):
    customer = app.customer()
    tie = {"EntityRef": {"type": "Customer", "value": customer["Id"]}}
    made = uploaded(app, {"AttachableRef": [tie], "FileName": "garden.pdf", "ContentType": "application/pdf"})
    assert (made["FileName"], made["Size"], made["ContentType"]) == ("garden.pdf", len(FILE), "application/pdf")
    assert made["AttachableRef"][0]["EntityRef"]["value"] == customer["Id"]
    fetched = requests.get(made["TempDownloadUri"], timeout=20)
    assert (fetched.content, fetched.headers["content-type"]) == (FILE, "application/pdf")
    link = app.call("GET", f"/download/{made['Id']}")
    assert (link.status_code, link.text) == (200, made["TempDownloadUri"])
    assert app.read("Attachable", made["Id"]) == made


def test_a_file_without_metadata_keeps_the_name_of_its_part(app):
    assert uploaded(app)["FileName"] == "plan.pdf"


def test_a_file_in_base64_is_kept_decoded(app):
    made = uploaded(app, content=base64.encodebytes(FILE), **{"Content-Transfer-Encoding": "base64"})
    assert requests.get(made["TempDownloadUri"], timeout=20).content == FILE


def test_lines_that_end_without_a_carriage_return_are_read(app):
    """As python-quickbooks writes them."""
    body = (
        '\n--edge\nContent-Disposition: form-data; name="file_metadata_01"\nContent-Type: application/json\n\n'
        '{"FileName": "a.txt", "Note": "n", "ContentType": "text/plain"}\n\n'
        '--edge\nContent-Disposition: form-data; name="file_content_01"\nContent-Type: text/plain\n'
        "Content-Transfer-Encoding: base64\n\naGVsbG8=\n\n--edge--\n"
    )
    answer = app.session.post(
        f"{app.base}/upload",
        data=body,
        headers={
            "Authorization": f"Bearer {app.access_token}",
            "Accept": "application/json",
            "Content-Type": "multipart/form-data; boundary=edge",
        },
        timeout=20,
    )
    made = answer.json()["AttachableResponse"][0]["Attachable"]
    assert (made["FileName"], made["Note"], made["Size"]) == ("a.txt", "n", 5)


def test_a_changed_note_keeps_its_file(app):
    made = uploaded(app)
    changed = app.post("/attachable", {"Id": made["Id"], "SyncToken": made["SyncToken"], "Note": "plan"})["Attachable"]
    assert (changed["FileName"], changed["Size"], changed["Note"]) == ("plan.pdf", len(FILE), "plan")
    assert requests.get(changed["TempDownloadUri"], timeout=20).content == FILE


@pytest.mark.behaviour("Validation", "An upload without a file is refused with 6041.", "assumed")
def test_an_upload_without_a_file_is_refused(app):
    answer = app.call("POST", "/upload", {"FileName": "x"})
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, "6041")


def test_a_file_whose_metadata_is_refused_is_not_kept(app):
    tie = {"EntityRef": {"type": "Invoice", "value": "99"}}
    answer = upload(app, {"AttachableRef": [tie], "FileName": "x.pdf"})
    assert answer.json()["AttachableResponse"][0]["Fault"]["Error"][0]["code"] == "2500"
    assert app.query("select count(*) from Attachable") == {"totalCount": 0}


def test_a_file_with_broken_metadata_does_not_spoil_the_others(app):
    files = {
        "file_metadata_01": (None, "{broken", "application/json"),
        "file_content_01": ("one.txt", b"one", "text/plain"),
        "file_content_02": ("two.txt", b"two", "text/plain"),
    }
    wanted = {"Authorization": f"Bearer {app.access_token}", "Accept": "application/json"}
    answer = app.session.post(f"{app.base}/upload", files=files, headers=wanted, timeout=20)
    broken, kept = answer.json()["AttachableResponse"]
    assert (answer.status_code, broken["Fault"]["Error"][0]["code"]) == (200, "2010")
    assert app.query("select * from Attachable")["Attachable"] == [kept["Attachable"]]


def test_a_file_name_may_hold_a_semicolon(app):
    files = {"file_content_01": ("plans; north.txt", b"one", "text/plain")}
    wanted = {"Authorization": f"Bearer {app.access_token}", "Accept": "application/json"}
    answer = app.session.post(f"{app.base}/upload", files=files, headers=wanted, timeout=20)
    assert answer.json()["AttachableResponse"][0]["Attachable"]["FileName"] == "plans; north.txt"


def test_a_guessed_link_leads_nowhere(app):
    made = uploaded(app)
    before, _, name = made["TempDownloadUri"].rpartition("/")
    guessed = before.rpartition("/")[0] + "/0000/" + name
    assert requests.get(guessed, timeout=20).status_code == 404
    assert app.call("GET", "/download/99").json()["Fault"]["Error"][0]["code"] == "610"


@pytest.mark.behaviour("Meter", "An upload is free, as other writes are.", "documented")
def test_an_upload_is_free(app):
    uploaded(app)
    counted = app.control("GET", "/meter").json()[app.realm]
    assert (counted["core"], counted["coreplus"]) == ({"upload": 1}, {})


def test_files_survive_an_export(app, connect):
    made = uploaded(app)
    held = app.control("GET", f"/realms/{app.realm}/export").json()
    other = connect()
    assert app.control("POST", f"/realms/{other.realm}/import", held).status_code == 200
    link = other.call("GET", f"/download/{made['Id']}").text
    assert requests.get(link, timeout=20).content == FILE


def test_the_content_is_never_shown_as_a_property(app):
    made = uploaded(app)
    assert "content" not in app.read("Attachable", made["Id"])
    assert "content" not in app.query("select * from Attachable")["Attachable"][0]

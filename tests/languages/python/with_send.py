"""Sends a message of each kind with openapi/clients/send.py."""

import json
import os
from pathlib import Path

import send
from send import Accepted, Acquire, NotSent, Refused

url, key = os.environ["ACQUIRE_URL"], os.environ["ACQUIRE_API_KEY"]
acquire = Acquire(url, key)

as_agent = acquire.send_chat(
    {"caseId": 2069, "message": {"type": "message", "message": "Hey"}}, user_type="user"
)
assert isinstance(as_agent, Accepted) and as_agent.message_id and as_agent.case_id == 2069

as_contact = acquire.send_chat(
    {"caseId": 2069, "message": {"type": "message", "message": "Hi"}}, user_type="contact", contact_id=597759
)
assert isinstance(as_contact, Accepted) and as_contact.case_id == 2069

mail = acquire.send_mail(
    {
        "data": {
            "caseId": 1128,
            "contactId": 9156860,
            "from": "test@acquire.io",
            "to": ["user@gmail.com"],
            "cc": [],
            "bcc": [],
            "subject": "test",
            "type": "message",
            "htmlBody": "<p>Hi</p>",
        }
    }
)
assert isinstance(mail, Accepted) and mail.message_id

sms = acquire.send_sms(
    {
        "threadId": 2219,
        "contactId": 751069,
        "timelineId": 2108,
        "From": "+12513188609",
        "To": "+919666929552",
        "Body": "hi",
    },
    user_type="user",
)
assert isinstance(sms, Accepted) and sms.case_id == 2219 and sms.timeline_id == 2108

closed_case = acquire.send_chat({"caseId": 27, "message": {"type": "message", "message": "Hey"}})
assert isinstance(closed_case, Refused) and closed_case.next_step == "fix_message"
assert (closed_case.status, closed_case.code) == (400, "ERROR_INVALID_INPUT")

wrong_key = Acquire(url, "wrong").send_chat({"caseId": 2069, "message": {"type": "message", "message": "Hey"}})
assert isinstance(wrong_key, Refused) and wrong_key.next_step == "fix_setup"
assert (wrong_key.status, wrong_key.code) == (401, "ERROR_UNAUTHORIZED")

no_json = acquire.send_chat(
    {"caseId": 2069, "message": {"type": "message", "message": "Hey"}, "meta": {"price": float("nan")}}
)
assert isinstance(no_json, NotSent) and no_json.next_step == "fix_message"
for wrong in [("http://acme.acquire.io", key), ("ftp://127.0.0.1", key), (url, ""), (url, "key\n")]:
    try:
        Acquire(*wrong)
        raise AssertionError(f"{wrong[0]} and such a key can't work")
    except ValueError:
        pass

# What counts as a proof is what the document says.
with (Path(__file__).parents[3] / "openapi/acquire.json").open() as document:
    proof = json.load(document)["x-delivery"]["byFailure"]["no-connection"]["proof"]
assert send._WHILE_CONNECTING == {*proof["urllib3"], *proof["httpx"]}

"""Sends a message of each kind with the client that openapi-generator makes."""

import os

from urllib3 import Retry

import acquire

url, key = os.environ["ACQUIRE_URL"], os.environ["ACQUIRE_API_KEY"]
# By default urllib3 tries again and follows redirects.
client = acquire.ApiClient(acquire.Configuration(host=url, access_token=key, retries=Retry(False)))
chat, mail, sms = acquire.ChatApi(client), acquire.MailApi(client), acquire.SmsApi(client)


def message(case: int, text: str) -> acquire.ChatMessageRequest:
    content = acquire.NewChatMessage(type=acquire.ChatMessageType.MESSAGE, message=text)
    return acquire.ChatMessageRequest(caseId=case, message=content)


as_agent = chat.send_chat_message(message(2069, "Hey"), x_user_type=acquire.UserType.USER)
assert as_agent.data and as_agent.data.message == "Hey"

as_contact = chat.send_chat_message(message(2069, "Hi"), x_user_type=acquire.UserType.CONTACT, contact_id=597759)
assert as_contact.data and as_contact.data.case_id == 2069

sent_mail = mail.send_mail_message(
    # In the names of the wire: `from` is a keyword of Python.
    acquire.MailMessageRequest.model_validate(
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
)
assert sent_mail.data and sent_mail.data.subject == "test"

sent_sms = sms.send_sms(
    acquire.SmsRequest(
        threadId=2219,
        contactId=751069,
        timelineId=2108,
        From="+12513188609",
        To="+919666929552",
        Body="hi",
    ),
    x_user_type=acquire.UserType.USER,
)
assert sent_sms.data and sent_sms.data.data and sent_sms.data.data.meta
assert sent_sms.data.data.case_id == 2219
assert sent_sms.data.data.meta.to == "+919666929552"


def error_code(error: acquire.ApiException) -> str | None:
    assert isinstance(error.data, acquire.ApiError) and error.data.error
    return error.data.error.code


try:
    chat.send_chat_message(message(27, "Hey"))
    raise AssertionError("a closed case took a message")
except acquire.ApiException as error:
    assert error.status == 400 and error_code(error) == "ERROR_INVALID_INPUT"

try:
    stranger = acquire.ApiClient(acquire.Configuration(host=url, access_token="wrong", retries=Retry(False)))
    acquire.ChatApi(stranger).send_chat_message(message(2069, "Hey"))
    raise AssertionError("a wrong key was let in")
except acquire.ApiException as error:
    assert error.status == 401 and error_code(error) == "ERROR_UNAUTHORIZED"

try:
    chat.send_chat_message(message(2069, "Hey"), _headers={"x-acquire-sandbox-fault": os.environ["REDIRECT"]})
    raise AssertionError("a redirect is no answer")
except acquire.ApiException as error:
    assert error.status == 307

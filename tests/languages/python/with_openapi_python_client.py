"""Sends a message of each kind with the client that openapi-python-client makes."""

import os

from acquire import AuthenticatedClient
from acquire.api.chat import send_chat_message
from acquire.api.mail import send_mail_message
from acquire.api.sms import send_sms
from acquire.models import (
    ApiError,
    ChatMessageRequest,
    ChatMessageResponse,
    ChatMessageType,
    MailMessageRequest,
    MailMessageResponse,
    MailMessageType,
    NewChatMessage,
    NewMailMessage,
    SmsRequest,
    SmsResponse,
    UserType,
)

client = AuthenticatedClient(base_url=os.environ["ACQUIRE_URL"], token=os.environ["ACQUIRE_API_KEY"])


def message(text: str, case: int = 2069) -> ChatMessageRequest:
    return ChatMessageRequest(case_id=case, message=NewChatMessage(type_=ChatMessageType.MESSAGE, message=text))


as_agent = send_chat_message.sync(client=client, body=message("Hey"), x_user_type=UserType.USER)
assert isinstance(as_agent, ChatMessageResponse) and as_agent.data
assert as_agent.data.message == "Hey"

as_contact = send_chat_message.sync(client=client, body=message("Hi"), x_user_type=UserType.CONTACT, contact_id=597759)
assert isinstance(as_contact, ChatMessageResponse) and as_contact.data
assert as_contact.data.case_id == 2069

sent_mail = send_mail_message.sync(
    client=client,
    body=MailMessageRequest(
        data=NewMailMessage(
            case_id=1128,
            contact_id=9156860,
            from_="test@acquire.io",
            to=["user@gmail.com"],
            cc=[],
            bcc=[],
            subject="test",
            type_=MailMessageType.MESSAGE,
            html_body="<p>Hi</p>",
        )
    ),
)
assert isinstance(sent_mail, MailMessageResponse) and sent_mail.data
assert sent_mail.data.subject == "test"

sent_sms = send_sms.sync(
    client=client,
    body=SmsRequest(
        thread_id=2219,
        contact_id=751069,
        timeline_id=2108,
        from_="+12513188609",
        to="+919666929552",
        body="hi",
    ),
    x_user_type=UserType.USER,
)
assert isinstance(sent_sms, SmsResponse) and sent_sms.data and sent_sms.data.data and sent_sms.data.data.meta
assert sent_sms.data.data.caseId == sent_sms.data.data.case_id == 2219
assert sent_sms.data.data.meta.To == sent_sms.data.data.meta.to == "+919666929552"

closed_case = send_chat_message.sync_detailed(client=client, body=message("Hey", case=27))
assert closed_case.status_code == 400
assert isinstance(closed_case.parsed, ApiError) and closed_case.parsed.error
assert closed_case.parsed.error.code == "ERROR_INVALID_INPUT"

stranger = AuthenticatedClient(base_url=os.environ["ACQUIRE_URL"], token="wrong")
wrong_key = send_chat_message.sync_detailed(client=stranger, body=message("Hey"))
assert wrong_key.status_code == 401
assert isinstance(wrong_key.parsed, ApiError) and wrong_key.parsed.error
assert wrong_key.parsed.error.code == "ERROR_UNAUTHORIZED"

redirected = send_chat_message.sync_detailed(
    client=client.with_headers({"x-acquire-sandbox-fault": os.environ["REDIRECT"]}), body=message("Hey")
)
assert redirected.status_code == 307

//! A message of each channel that the client accepts, for tests to change.

use acquire_io::{CaseId, Chat, ContactId, Mail, Sms, TimelineId};

pub(crate) fn chat() -> Chat {
    Chat::new(CaseId(28)).text("hi")
}

pub(crate) fn mail() -> Mail {
    mail_of(575, 597_632)
}

pub(crate) fn mail_of(case: i64, contact: i64) -> Mail {
    Mail::new(CaseId(case), ContactId(contact))
        .from("user@acquire.io")
        .to("ann@example.com")
        .subject("test")
        .html("<p>hi</p>")
}

pub(crate) fn sms() -> Sms {
    sms_of(2219, 751_069, 2108)
}

pub(crate) fn sms_of(case: i64, contact: i64, timeline: i64) -> Sms {
    Sms::new(CaseId(case), ContactId(contact), TimelineId(timeline))
        .from("+12513188609")
        .to("+919666929552")
        .text("hi")
}

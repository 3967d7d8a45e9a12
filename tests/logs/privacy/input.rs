//! Messages and settings that are rejected: the error repeats nothing of them.

use super::*;

/// Each is wrong and would be named by a careless error.
#[tokio::test]
async fn no_rejected_input_comes_out() -> Result {
    let recorder = Recorder::of_process()?;
    let sandbox = Sandbox::start().await?;
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .api_key(sandbox.api_key())
        .build()?;
    let mut failures = Vec::new();
    for wrong in [
        TEXT.to_owned(),
        format!("{TEXT}@"),
        format!("@{TEXT}"),
        format!("{TEXT}@-{TEXT}"),
        format!("{TEXT}@{TEXT}..com"),
        format!("{TEXT} <{FROM}>"),
        format!("{TEXT}\u{e9} {FROM}"),
        TEXT.repeat(20) + "@example.com",
        FROM_NUMBER.repeat(2),
    ] {
        failures.extend([
            failure(client.send(mail().from(&wrong))).await?,
            failure(client.send(mail().to(&wrong))).await?,
            failure(client.send(mail().cc(&wrong))).await?,
            failure(client.send(mail().bcc(&wrong))).await?,
            failure(client.send(sms().from(&wrong))).await?,
            failure(client.send(sms().to(&wrong))).await?,
            failure(client.send(chat().translate_lang_key(&wrong))).await?,
        ]);
    }
    failures.push(failure(client.send(chat().json("/nowhere/x", ADDITION))).await?);
    failures.push(failure(client.send(chat().json("/message/message/x", ADDITION))).await?);
    let mut printed = Printed::default();
    for error in &failures {
        assert!(error.is_input(), "{error}");
        printed.error("input", error);
    }
    assert_eq!(sandbox.received().len(), 0);
    printed.assert_clean();
    assert_nothing_traced(recorder);
    Ok(())
}

#[test]
fn no_setting_comes_out() -> Result {
    let recorder = Recorder::of_process()?;
    let mut printed = Printed::default();
    let good = || Client::builder().account_id("acme").api_key(KEY);
    printed.debug("builder", &good());
    printed.debug("client", &good().user_agent(TEXT).build()?);
    let with_password = format!("http://user:{KEY}@127.0.0.1:1");
    let wrong = [
        good().api_key(format!("{KEY}\n")),
        good().api_key(format!(" {KEY}")),
        good().account_id(format!("{KEY}.")),
        good().account_id(format!("{KEY}/")),
        good().account_id(KEY.repeat(9)),
        good().base_url(&with_password),
        good().base_url(format!("http://{KEY}")),
        good().base_url(format!("{KEY}://127.0.0.1")),
        good().base_url(format!("http://127.0.0.1/{KEY}")),
        good().base_url(KEY),
        good().user_agent(format!("{TEXT}\n")),
        good().proxy(format!("http://{KEY}:{KEY}@:x")),
        good().root_certificates_pem(KEY),
        good().root_certificates_pem(format!(
            "-----BEGIN CERTIFICATE-----\n{KEY}\n-----END CERTIFICATE-----\n"
        )),
    ];
    for builder in wrong {
        printed.debug("builder", &builder);
        let error = builder.build().err().ok_or("built")?;
        printed.error("setting", &error);
    }
    printed.assert_clean();
    assert_nothing_traced(recorder);
    Ok(())
}
